import assert from "node:assert/strict";
import { join } from "node:path";
import type { Engine } from "../../lib/engine/mod.ts";
import { configure } from "../../lib/run/configuration.ts";
import type { StepMetrics } from "../../lib/run/evaluate_step.ts";
import { writeJson, writeSealedJson } from "../../lib/files.ts";
import { Run } from "../../lib/run/run.ts";
import { withDataDirectory } from "../../lib/run/run_fixture.ts";
import { runFolders, stepFolder } from "../../lib/run/folder.ts";
import { caltechStudy } from "./caltech_study.ts";
import { TINY_FIELDS } from "./testdata/tiny_run.ts";

const STUDY = {
  base: { ...TINY_FIELDS, increments: 1 },
  grid: { method: ["C", "LwF-MC", "LwM"], seed: [1, 2] },
  runs: [
    { method: "C" as const, baseClasses: 5, increments: 0, seed: 1 },
    // As LwF-MC is set in these presets, but for L_AD.
    {
      method: "LwM" as const,
      learningRate: configure({ ...TINY_FIELDS, method: "LwF-MC" }).learningRate,
      seed: 1,
    },
  ],
};

/** Trains what the picture needs, and copies what was measured of seed 1 for seed 2. */
async function trainStudy(directory: string): Promise<void> {
  for (const method of ["C", "LwF-MC", "LwM"] as const) {
    const run = await Run.open(configure({ ...STUDY.base, method }), { directory });
    await run.train();
    const other = { ...run.configuration, seed: 2 };
    const folders = await runFolders(other, other.engine as Engine["name"], directory);
    for (const step of [0, 1]) {
      const metrics: StepMetrics = await run.metrics(step);
      await writeSealedJson(join(stepFolder(folders, step), "metrics.json"), metrics);
    }
  }
  for (const fields of STUDY.runs) {
    await (await Run.open(configure({ ...STUDY.base, ...fields }), { directory })).train();
  }
}

Deno.test("caltech draws both figures and prints the tables, once the runs are there", () =>
  withDataDirectory(async (directory) => {
    const file = join(directory, "study.json");
    const out = join(directory, "out");
    await writeJson(file, STUDY);
    const lines: string[] = [];
    const call = () =>
      caltechStudy([file, "--directory", directory, "--out", out], (line) => lines.push(line));

    await assert.rejects(call(), {
      name: "UserError",
      message:
        /the 8 runs of .* found 8 that are not: all classes together, seed 1 \(0 of 1 steps\); C, seed 1 .*deno task sweep/,
    });
    await trainStudy(directory);
    await call();

    const text = lines.join("\n");
    assert.match(
      text,
      /^C +2 .*\nLwF-MC +2 .*\nLwM +2 .*\nLwM, set as LwF-MC +1 .*\nall classes together +1 /m,
    );
    assert.match(text, /^average accuracy, images +LwM − LwF-MC +[+−]\d/m);
    assert.match(text, /The picture shows .*: of its \d+ test images M_0 recognizes \d+/);
    const written = Array.from(Deno.readDirSync(out), ({ name }) => name).sort();
    const expected = ["iemoji-100-accuracy", "iemoji-100-attention"]
      .flatMap((name) => ["json", "png", "svg"].map((ending) => `${name}.${ending}`));
    assert.deepEqual(written, expected);
    const numbers = await Deno.readTextFile(join(out, "iemoji-100-accuracy.json"));
    const { runs, controls, upperBound } = JSON.parse(numbers);
    assert.equal(runs.length, 6);
    assert.deepEqual(controls.map(({ method, seed }: { method: string; seed: number }) => [method, seed]), [
      ["LwM", 1],
    ]);
    assert.ok(upperBound.accuracy >= 0 && upperBound.accuracy <= 1);
    const { examples } = JSON.parse(await Deno.readTextFile(join(out, "iemoji-100-attention.json")));
    assert.deepEqual(
      examples[0].rows.map(({ method }: { method: string }) => method),
      ["C", "LwF-MC", "LwM"],
    );
  }));

Deno.test("caltech refuses files that are no such study, in a sentence", () =>
  withDataDirectory(async (directory) => {
    const refuses = async (study: unknown, message: RegExp) => {
      const file = join(directory, "study.json");
      await writeJson(file, study);
      await assert.rejects(caltechStudy([file], () => {}), { name: "UserError", message });
    };
    await refuses({ ...STUDY, runs: [] }, /all classes together \(increments 0\), but found 0 such/);
    await refuses({ ...STUDY, grid: { method: ["C", "LwM"], seed: [1] } }, /found none of LwF-MC/);
    await assert.rejects(caltechStudy(["a", "b"], () => {}), { name: "UserError", message: /one file/ });
  }));

Deno.test("caltech --help says what it needs", async () => {
  const lines: string[] = [];
  await caltechStudy(["--help"], (line) => lines.push(line));
  assert.match(lines.join("\n"), /deno task sweep studies\/caltech-101\.json/);
});
