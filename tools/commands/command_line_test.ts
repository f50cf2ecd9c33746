import assert from "node:assert/strict";
import { join } from "node:path";
import { configure } from "../../lib/run/configuration.ts";
import { configurationSchema } from "../../lib/run/schema.ts";
import { withEnvironment } from "../../lib/testdata/folder.ts";
import { type Command, fromHere, parseCommandLine, showPath } from "./command_line.ts";

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
    ...["--evaluateOn=validation", "--method", "lwm", "--classes", "", "--cacheTeacher", "--no-skipBroken"],
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

Deno.test("parseCommandLine() reads switches as the help spells them, and negative numbers", () => {
  for (const args of [["--cacheTeacher", "false"], ["--cacheTeacher=false"], ["--no-cacheTeacher"]]) {
    assert.deepEqual(parse(...args, "--seed", "1").fields, { cacheTeacher: false, seed: 1 });
  }
  assert.equal(parse("--cacheTeacher", "true").fields.cacheTeacher, true);
  assert.deepEqual(parse("--json", "run-1").positionals, ["run-1"]);
  assert.deepEqual(parse("--seed", "-1", "--gamma", "-.5").fields, { seed: -1, gamma: -0.5 });
});

Deno.test("parseCommandLine() suggests what an unknown option may mean", () => {
  const meant = {
    "--lr": "learningRate",
    "--learning-rate=0.1": "learningRate",
    "--epoch": "epochs",
    "--gama": "gamma",
    "--wd": "weightDecay",
    "--dir": "directory",
    "--xyz": undefined,
  };
  for (const [option, name] of Object.entries(meant)) {
    const question = name === undefined ? "" : `Did you mean --${name}\\? `;
    const found = option.split("=")[0];
    refuses(
      [option, "1"],
      new RegExp(`^Expected an option of .deno task train. but found ${found}\\. ${question}See .deno task`),
    );
  }
  refuses(["-x"], /but found -x\. See `deno task train --help`\.$/);
  assert.throws(() => parseCommandLine(["--seed", "1"], { ...COMMAND, takesFields: false }), {
    message: /but found --seed\. See/,
  });
});

Deno.test("parseCommandLine() refuses a value that is missing, and options given twice", () => {
  refuses(["--gamma"], /^Expected a value for --gamma but found none\. See/);
  refuses(["--gamma", "--seed", "1"], /^Expected a value for --gamma but found --seed\. See/);
  refuses(["--directory", "--json"], /^Expected a value for --directory but found --json\. See/);
  refuses(["--directory", ""], /^Expected a value for --directory but found none\. See/);
  for (const name of ["seed", "data"]) refuses([`--${name}= `], /^Expected a value for --\w+ but found none/);
  refuses(["--json=yes"], /^Expected true or false for --json but found yes\. See/);
  refuses(
    ["--seed", "1", "--seed=2"],
    /^Expected --seed once but found it twice, with 1 and 2\. Leave one out/,
  );
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

Deno.test("the help of fields has each with what it accepts, its default and its meaning", () => {
  const start = ["--preset", "paper", "--dataset", "caltech-101", "--method", "c"];
  const help = parse(...start, "--help").help!;
  assert.match(help, /preset paper, data set caltech-101 and\nmethod C/);
  const defaults = configure({ preset: "paper", dataset: "caltech-101", method: "C" });
  for (const [field, value] of Object.entries(defaults)) {
    const { description } = configurationSchema.shape[field as keyof typeof defaults];
    assert.match(
      help,
      RegExp(`--${field}  .*   \\[${RegExp.escape(`${value}`)}\\]\n      ${RegExp.escape(description!)}`),
    );
  }
  for (
    const line of [
      "--norm  L1, L2 ",
      "--gamma  number, at least 0, at most 10 ",
      "--momentum  number, at least 0, less than 1 ",
      "--temperature  number, more than 0 ",
      "--seed  integer, at least 0 ",
      "--widths  list of 1 to 5 times integer, at least 1, at most 4096 ",
      "--firstClasses  list of text ",
      "--cacheTeacher  true, false ",
    ]
  ) assert.ok(help.includes(line), line);
});

/** How a command ends that throws: its exit code and signal, and what stands on standard error. */
async function outcomeOf(thrown: string) {
  const script = `
    import { runCommand } from "${import.meta.resolve("./command_line.ts")}";
    import { UserError } from "${import.meta.resolve("../../lib/user_error.ts")}";
    import { Stopped } from "${import.meta.resolve("../../lib/stop_signals.ts")}";
    await runCommand(() => { throw ${thrown}; });`;
  const { code, signal, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    cwd: import.meta.dirname,
    env: { NO_COLOR: "1" },
  }).output();
  return { code, signal, text: new TextDecoder().decode(stderr) };
}

Deno.test("runCommand() prints the user's mistake alone, and a bug with its stack", async () => {
  const mistake = await outcomeOf('new UserError("Expected a but found \\x1b[31mb.")');
  assert.deepEqual(mistake, { code: 1, signal: null, text: "Expected a but found \\x1b[31mb.\n" });
  const { code, text } = await outcomeOf('new Error("a bug")');
  assert.equal(code, 1);
  assert.match(text, /Error: a bug\n(.*\n)+\s+at runCommand /);
});

Deno.test({
  name: "runCommand() ends by the signal that stopped the work, so that a shell ends the loop around it",
  ignore: Deno.build.os === "windows",
  async fn() {
    for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
      const outcome = await outcomeOf(`new Stopped("Stopped.", ${code})`);
      assert.deepEqual(outcome, { code, signal, text: "Stopped.\n" });
    }
  },
});
