import assert from "node:assert/strict";
import { join } from "node:path";
import { type CommandOptions, fromHere, parseCommandLine } from "./command_line.ts";

const OPTIONS: CommandOptions = { command: "train", own: ["directory"], takesFields: true };
const parse = (...args: string[]) => parseCommandLine(args, OPTIONS);
const refuses = (args: string[], message: RegExp) =>
  assert.throws(() => parse(...args), { name: "UserError", message });

Deno.test("parseCommandLine() reads fields of every type", () => {
  const { fields } = parse(
    ...["--seed", "3", "--gamma=0.3", "--widths", "16,32, 64", "--firstClasses", "telephone,alarm clock"],
    ...["--evaluateOn", "validation", "--cacheTeacher", "--skipBroken", "false"],
  );
  assert.deepEqual(fields, {
    seed: 3,
    gamma: 0.3,
    widths: [16, 32, 64],
    firstClasses: ["telephone", "alarm clock"],
    evaluateOn: "validation",
    cacheTeacher: true,
    skipBroken: false,
  });
});

Deno.test("parseCommandLine() takes names with dashes, words in any case, and a no- before a switch", () => {
  const { fields } = parse(
    ...["--learning-rate", "1e-2", "--method", "lwf-mc", "--norm", "l2", "--first-classes", ""],
    ...["--no-cache-teacher", "--BATCHSIZE", "8"],
  );
  assert.deepEqual(fields, {
    learningRate: 0.01,
    method: "LwF-MC",
    norm: "L2",
    firstClasses: [],
    cacheTeacher: false,
    batchSize: 8,
  });
});

Deno.test("parseCommandLine() leaves what cannot be a value to the schema", () => {
  assert.deepEqual(parse("--gamma", "much", "--method", "EWC", "--beta", "-1").fields, {
    gamma: "much",
    method: "EWC",
    beta: -1,
  });
});

Deno.test("parseCommandLine() separates fields, the command's own options and the rest", () => {
  assert.deepEqual(parse("run-1", "--directory", "d", "run-2", "-h", "--seed", "1"), {
    fields: { seed: 1 },
    own: { directory: "d" },
    positionals: ["run-1", "run-2"],
    help: true,
  });
});

Deno.test("parseCommandLine() means data relative to where the command was called", () => {
  assert.equal(parse("--data", "x").fields.data, fromHere("x"));
  assert.equal(parse("--data", "").fields.data, "");
  const before = Deno.env.get("INIT_CWD");
  Deno.env.set("INIT_CWD", join("/", "somewhere"));
  try {
    assert.equal(fromHere("x"), join("/", "somewhere", "x"));
  } finally {
    before === undefined ? Deno.env.delete("INIT_CWD") : Deno.env.set("INIT_CWD", before);
  }
});

Deno.test("parseCommandLine() refuses an unknown option and suggests the nearest", () => {
  refuses(
    ["--gama", "1"],
    /^Expected a known option but found --gama\. Did you mean --gamma\? See `deno task train --help`\.$/,
  );
  refuses(["--lerning-rate", "1"], /Did you mean --learningRate\?/);
  refuses(["-x"], /found -x\. Choose another/);
  assert.throws(() => parseCommandLine(["--seed", "1"], { ...OPTIONS, takesFields: false }), {
    message: /a known option but found --seed/,
  });
});

Deno.test("parseCommandLine() refuses an option without its value, and one that is given twice", () => {
  refuses(["--gamma"], /a value behind --gamma but found none/);
  refuses(["--gamma", "--seed", "1"], /a value behind --gamma but found --seed/);
  refuses(["--seed", "1", "--seed=2"], /--seed once but found it twice/);
});

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
