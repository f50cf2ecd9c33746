import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../../lib/testdata/folder.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { writeSealedJson } from "../../lib/files.ts";
import { keepConfiguration, runFolders, stepFolder } from "../../lib/run/folder.ts";
import { someMetrics, tinyConfiguration } from "../../lib/run/testdata/tiny_run.ts";
import { runs as runsCommand } from "./runs.ts";

/** What a run of two steps would have left, with these accuracies after M_1 and this attention. */
async function leaveRun(
  directory: string,
  fields: Partial<Configuration>,
  { accuracy, cosine, steps = 2 }: { accuracy: number; cosine: number; steps?: number },
): Promise<string> {
  const configuration = { ...tinyConfiguration({ increments: 1, ...fields }), engine: "wasm" as const };
  const folders = await runFolders(configuration, "wasm", directory);
  await keepConfiguration(folders.base, { ...configuration, increments: 0 });
  await keepConfiguration(folders.method, configuration);
  for (let step = 0; step < steps; step++) {
    const metrics = step === 0 ? someMetrics(0, 0.8) : someMetrics(step, accuracy, cosine);
    await writeSealedJson(join(stepFolder(folders, step), "metrics.json"), metrics);
  }
  return folders.method;
}

const compare = (args: string[], log: (line: string) => void) => runsCommand(["--compare", ...args], log);

async function compared(directory: string, ...args: string[]): Promise<string> {
  const lines: string[] = [];
  await compare([...args, "--out", join(directory, "out")], (line) => lines.push(line));
  return lines.join("\n");
}

Deno.test("compare prints mean and interval over seeds of each method, and draws the curves", () =>
  withFolder(async (directory) => {
    for (const [i, accuracy] of [0.4, 0.42, 0.44].entries()) {
      await leaveRun(directory, { method: "LwM", seed: i + 1 }, { accuracy, cosine: 0.9 + i / 100 });
    }
    await leaveRun(directory, { method: "C", seed: 1, gamma: 0.9 }, { accuracy: 0.2, cosine: 0.3 });
    const home = join(directory, "runs", "iemoji-100");
    // As a shell gives them for `*`: the folders of M_0 are among them.
    const folders = Array.from(Deno.readDirSync(home), ({ name }) => join(home, name));
    assert.equal(folders.length, 7);
    const text = await compared(directory, ...folders);

    const cells = text.split("\n").map((line) => line.split(/ {2,}/));
    assert.deepEqual(cells.slice(0, 3), [
      [
        "method",
        "seeds",
        "average incremental accuracy",
        "accuracy after the last step",
        "forgetting",
        "accuracy of the newest classes",
        "attention cosine",
      ],
      ["C", "1", "50.0 %", "20.0 %", "60.0 %", "20.0 %", "0.300"],
      // Student's t of two degrees of freedom is 4.303: 4.303 · 0.02 / √3 = 0.0497.
      ["LwM", "3", "61.0 ± 2.5 %", "42.0 ± 5.0 %", "38.0 ± 5.0 %", "42.0 ± 5.0 %", "0.910 ± 0.025"],
    ]);
    const { runs: [run] } = JSON.parse(await compared(directory, "--json", ...folders));
    assert.deepEqual([run.engine, run.metrics.length], ["wasm", 2]);
    assert.equal(typeof run.summary.averageAccuracy, "number");
    const written = Array.from(Deno.readDirSync(join(directory, "out")), ({ name }) => name).sort();
    const expected = ["accuracy-curve", "attention-retention-curve"]
      .flatMap((name) => ["json", "png", "svg"].map((ending) => `${name}.${ending}`));
    assert.deepEqual(written, expected);
    assert.match(
      await Deno.readTextFile(join(directory, "out", "accuracy-curve.svg")),
      /LwM: 61\.0 ± 2\.5 %/,
    );
  }));

Deno.test("compare tells settings of one method apart, and then draws no curves", () =>
  withFolder(async (directory) => {
    const folders = [
      await leaveRun(directory, { gamma: 0.1 }, { accuracy: 0.4, cosine: 0.9 }),
      await leaveRun(directory, { gamma: 0.3 }, { accuracy: 0.5, cosine: 0.9 }),
    ];
    const text = await compared(directory, ...folders);
    assert.match(text, /^LwM +0\.1 +1 +60\.0 %.*\nLwM +0\.3 +1 +65\.0 %[^]*\nNo curves: a method has/m);
  }));

Deno.test("compare refuses what cannot be compared, in a sentence", () =>
  withFolder(async (directory) => {
    const refuses = (args: string[], message: RegExp) =>
      assert.rejects(compare(args, () => {}), { name: "UserError", message });
    const whole = await leaveRun(directory, {}, { accuracy: 0.4, cosine: 0.9 });
    const begun = await leaveRun(directory, { seed: 2 }, { accuracy: 0.4, cosine: 0.9, steps: 1 });
    await refuses(
      ["--seed", "9", whole],
      /^Expected finished runs with one increment at least but found none\. Train/,
    );
    await refuses([directory], /Expected the folder of a run but found none at/);
    await refuses(
      [begun],
      /runs with one increment at least but found .*\n {2}.*seed2-LwM-[\w-]+: it is not finished/,
    );
    await Deno.writeTextFile(join(whole, "step-1", "metrics.json"), '{"accuracy": 0.4}');
    await refuses([whole], /metrics\.json .* found no digest/);
  }));

Deno.test("compare passes over runs that are not finished, and names them", () =>
  withFolder(async (directory) => {
    const whole = await leaveRun(directory, {}, { accuracy: 0.4, cosine: 0.9 });
    const begun = await leaveRun(directory, { seed: 2, baseClasses: 4 }, {
      accuracy: 0.4,
      cosine: 0.9,
      steps: 1,
    });
    const empty = await leaveRun(directory, { seed: 3 }, { accuracy: 0.4, cosine: 0.9, steps: 0 });
    const text = await compared(directory, whole, begun, empty);
    const [first, second, ...table] = text.split("\n");
    assert.match(first, /^Passed over .*seed2-LwM-[\w-]+: it is not finished\.$/);
    assert.match(second, /^Passed over .*seed3-LwM-/);
    assert.deepEqual(table.slice(0, 2).map((line) => line.split(/ {2,}/)[1]), ["seeds", "1"]);
  }));

Deno.test("compare passes over the copy of a run, which would count as two seeds", () =>
  withFolder(async (directory) => {
    const folders = [];
    for (const place of ["here", "there"]) {
      folders.push(await leaveRun(join(directory, place), { seed: 4 }, { accuracy: 0.4, cosine: 0.9 }));
    }
    const text = await compared(directory, ...folders);
    assert.match(text, /^Passed over .*there.*: the same run as .*here.*\. A copy is not another seed\.\n/);
    assert.match(text, /^LwM +1 /m);
    // The same setting with another seed is another run.
    const other = await leaveRun(directory, { seed: 5 }, { accuracy: 0.4, cosine: 0.9 });
    assert.match(await compared(directory, folders[0], other), /^LwM +2 /m);
  }));

Deno.test("compare makes a table for each kind of runs, but not for each place of a data set with a name", () =>
  withFolder(async (directory) => {
    const leave = (fields: Partial<Configuration>) =>
      leaveRun(directory, { firstClasses: [], ...fields }, { accuracy: 0.4, cosine: 0.9 });
    const folders = [
      await leave({ dataset: "folder", data: "/pets" }),
      await leave({ dataset: "folder", data: "/birds", seed: 2 }),
      await leave({ baseClasses: 4 }),
      await leave({ evaluateOn: "validation" }),
    ];
    const text = await compared(directory, ...folders);
    assert.deepEqual(text.match(/^.*preset smoke.*$/gm)!.map((line) => line.replace(/-,/, ",")).sort(), [
      "folder-birds, preset smoke, engine wasm, baseClasses 3, increment 2, increments 1, evaluateOn test",
      "folder-pets, preset smoke, engine wasm, baseClasses 3, increment 2, increments 1, evaluateOn test",
      "iemoji-100, preset smoke, engine wasm, baseClasses 3, increment 2, increments 1, evaluateOn validation",
      "iemoji-100, preset smoke, engine wasm, baseClasses 4, increment 2, increments 1, evaluateOn test",
    ]);
    const named = [
      await leave({ dataset: "caltech-101", data: "/a" }),
      await leave({ dataset: "caltech-101", data: "/b", seed: 2 }),
    ];
    assert.match(await compared(directory, ...named), /^LwM +2 /m);
  }));
