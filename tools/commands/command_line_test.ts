import assert from "node:assert/strict";
import { join } from "node:path";
import { configurationHelp } from "../../lib/run/configuration_help.ts";
import { type Command, describeFields, fromHere, parseCommandLine, showPath } from "./command_line.ts";

const COMMAND: Command = {
  name: "train",
  usage: "[--json]",
  about: "Trains.",
  options: { "directory DIRECTORY": "folder of runs,\nand of data", json: "print JSON" },
  takesFields: true,
};
const parse = (...args: string[]) => parseCommandLine(args, COMMAND);
const refuses = (args: string[], message: RegExp) =>
  assert.throws(() => parse(...args), { name: "UserError", message });

Deno.test("parseCommandLine() reads fields of every type", () => {
  const { fields } = parse(
    ...["--seed", "3", "--gamma=0.3", "--widths", "16,32, 64", "--firstClasses", "telephone,alarm clock"],
    ...[
      "--evaluateOn",
      "validation",
      "--method",
      "lwm",
      "--classes",
      "",
      "--cacheTeacher",
      "--no-skipBroken",
    ],
  );
  assert.deepEqual(fields, {
    seed: 3,
    gamma: 0.3,
    widths: [16, 32, 64],
    firstClasses: ["telephone", "alarm clock"],
    evaluateOn: "validation",
    method: "LwM",
    classes: [],
    cacheTeacher: true,
    skipBroken: false,
  });
});

Deno.test("parseCommandLine() leaves values of the wrong type to the schema", () => {
  assert.deepEqual(parse("--gamma", "much", "--method", "EWC", "--beta=-1").fields, {
    gamma: "much",
    method: "EWC",
    beta: -1,
  });
});

Deno.test("parseCommandLine() separates fields, the command's own options and the rest", () => {
  assert.deepEqual(parse("run-1", "--directory", "d", "run-2", "--json", "--seed", "1"), {
    fields: { seed: 1 },
    own: { directory: "d" },
    switches: new Set(["json"]),
    positionals: ["run-1", "run-2"],
  });
});

Deno.test("parseCommandLine() makes the help from the options", () => {
  const command = { ...COMMAND, takesFields: false };
  assert.equal(
    parseCommandLine(["-h"], command).help,
    `deno task train [--json]

Trains.

--directory DIRECTORY   folder of runs,
                        and of data
--json                  print JSON
--help                  this text`,
  );
});

Deno.test("paths are relative to where the command was called, and ~ is the home folder", () => {
  assert.equal(parse("--data", "x").fields.data, fromHere("x"));
  withEnvironment({ INIT_CWD: join("/", "somewhere"), HOME: join("/", "home", "me") }, () => {
    assert.equal(fromHere("x"), join("/", "somewhere", "x"));
    assert.equal(fromHere("~"), join("/", "home", "me"));
    assert.equal(parse("--data=~/pictures").fields.data, join("/", "home", "me", "pictures"));
    assert.equal(fromHere("~other"), join("/", "somewhere", "~other"));
    assert.equal(showPath(join("/", "somewhere", "data", "runs")), join("data", "runs"));
    assert.equal(showPath(join("/", "runs")), join("/", "runs"));
    assert.equal(showPath(join("/", "somewhere")), ".");
  });
});

Deno.test("parseCommandLine() refuses an unknown option, and a value that is missing or too many", () => {
  refuses(["--gama", "1"], /^Unknown option '--gama'\. See `deno task train --help` for the options\.$/);
  refuses(["-x"], /^Unknown option '-x'\. See/);
  refuses(["--gamma"], /^Option '--gamma <value>' argument missing\. See/);
  refuses(["--gamma", "--seed", "1"], /^Option '--gamma' argument is ambiguous\. See/);
  refuses(
    ["--directory", ""],
    /^Expected a value for --directory but found none\. See `deno task train --help`\.$/,
  );
  for (const name of ["seed", "data"]) refuses([`--${name}= `], /^Expected a value for --\w+ but found none/);
  refuses(["--json=yes"], /^Option '--json' does not take an argument\. See/);
  assert.throws(() => parseCommandLine(["--seed", "1"], { ...COMMAND, takesFields: false }), {
    message: /^Unknown option '--seed'/,
  });
});

Deno.test("parseCommandLine() refuses options of a loss that the method does not have", () => {
  const message = /^Expected options that C uses \(--classification\) but found --gamma, --norm\. Leave/;
  refuses(["--method", "c", "--gamma", "0.3", "--norm", "L2"], message);
  refuses(
    ["--method", "lwf-mc", "--gamma", "0"],
    /options that LwF-MC uses \(.*--beta\) but found --gamma\./,
  );
  assert.match(parse("--method", "c", "--gamma", "0.3", "--help").help!, /^deno task train /);
  assert.deepEqual(parse("--gamma", "0.3").fields, { gamma: 0.3 });
});

Deno.test("describeFields() names every field with its default", () => {
  const help = describeFields({ preset: "paper", dataset: "caltech-101", method: "C" });
  assert.match(help, /preset paper, data set caltech-101 and\nmethod C/);
  for (const { field, values, default: value } of configurationHelp({ preset: "paper", method: "C" })) {
    if (field !== "data" && field !== "dataset") assert.ok(help.includes(`--${field}  ${values}   [`), field);
    assert.equal(typeof value, "string");
  }
});

/** Runs some work with other variables in the environment. */
function withEnvironment(variables: Record<string, string>, work: () => void): void {
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  Object.entries(variables).forEach(([name, value]) => Deno.env.set(name, value));
  try {
    work();
  } finally {
    before.forEach(([name, value]) =>
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value)
    );
  }
}

/** Runs a command that throws; @returns exit code and what stands on standard error */
async function outcomeOf(thrown: string): Promise<[number, string]> {
  const script = `
    import { runCommand } from "${import.meta.resolve("./command_line.ts")}";
    import { UserError } from "${import.meta.resolve("../../lib/user_error.ts")}";
    await runCommand(() => { throw ${thrown}; });`;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    cwd: import.meta.dirname,
    env: { NO_COLOR: "1" },
  }).output();
  return [code, new TextDecoder().decode(stderr)];
}

Deno.test("runCommand() prints the user's mistake alone, and a bug with its stack", async () => {
  assert.deepEqual(await outcomeOf('new UserError("Expected a but found b.")'), [
    1,
    "Expected a but found b.\n",
  ]);
  const [code, text] = await outcomeOf('new Error("a bug")');
  assert.equal(code, 1);
  assert.match(text, /Error: a bug\n(.*\n)+\s+at runCommand /);
});
