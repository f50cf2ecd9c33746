import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../folder_fixture.ts";
import { saveFigure } from "../figures/mod.ts";
import { accuracyCurve } from "../figures/accuracy_curve.ts";
import { accuracyCurveNumbers, distanceNumbers, gammaNumbers } from "./run_record.ts";
import { measuredRun } from "./run_record_fixture.ts";
import { methodIdentity } from "../run/identity.ts";
import { GAMMA_SEEDS, mergeStudy, STUDY_SEEDS, studyNumbers, studyPlan, withStudy } from "./study.ts";

const run = (configuration: Parameters<typeof methodIdentity>[0]) =>
  JSON.stringify(methodIdentity(configuration, "wasm"));

Deno.test("studyPlan() compares three methods, two norms and a grid of γ, each with the same seeds", () => {
  const { curves, distances, gammas } = studyPlan();
  for (const method of ["C", "LwF-MC", "LwM"]) {
    assert.deepEqual(curves.filter((c) => c.method === method).map(({ seed }) => seed), STUDY_SEEDS);
  }
  const settings = new Set(distances.map(({ method, norm, gamma }) => `${method} ${norm} ${gamma}`));
  assert.equal(distances.length, settings.size * STUDY_SEEDS.length);
  const grid = [...new Set(gammas.map(({ method, gamma }) => method === "LwM" ? gamma : 0))];
  assert.deepEqual(grid, grid.toSorted((a, b) => a - b));
  assert.ok(grid.includes(0) && grid.includes(curves.at(-1)!.gamma), "γ of the curves is in the grid");
  assert.equal(gammas.length, grid.length * GAMMA_SEEDS.length);
});

Deno.test("studyPlan() uses runs in several comparisons", () => {
  const { curves, distances, gammas } = studyPlan();
  const known = new Set(curves.map(run));
  assert.equal(distances.filter((c) => known.has(run(c))).length, 2 * STUDY_SEEDS.length);
  // γ = 0 is a run of its own only where LwF-MC was tuned to other settings than LwM.
  assert.ok(gammas.filter((c) => known.has(run(c))).length >= GAMMA_SEEDS.length);
});

Deno.test("studyNumbers() has numbers for each figure", () => {
  const plan = studyPlan();
  const numbers = studyNumbers(plan, (configuration) => measuredRun(configuration, 0.4));
  assert.deepEqual(Object.keys(numbers), ["accuracy-curve", "attention-retention-curve", "l1-l2", "gamma"]);
  assert.equal(numbers["accuracy-curve"].runs.length, plan.curves.length);
  assert.equal(numbers.gamma.runs.length, plan.gammas.length);
});

const kept = accuracyCurveNumbers([
  measuredRun({ method: "C", seed: 1 }, 0.2),
  measuredRun({ method: "LwM", seed: 1 }, 0.4),
  measuredRun({ method: "LwM", seed: 2 }, 0.5),
]);

Deno.test("mergeStudy() puts a run in the place of the same run, and others at the end", () => {
  const own = accuracyCurveNumbers([
    measuredRun({ method: "LwF-MC", seed: 1 }, 0.3),
    measuredRun({ method: "LwM", seed: 1 }, 0.6),
  ]);
  const { runs } = mergeStudy("accuracy-curve", kept, own);
  assert.deepEqual(runs.map(({ method, seed, accuracy }) => [method, seed, accuracy[1]]), [
    ["C", 1, 0.2],
    ["LwM", 1, 0.6],
    ["LwM", 2, 0.5],
    ["LwF-MC", 1, 0.3],
  ]);
});

Deno.test("mergeStudy() tells distances and γ apart", () => {
  const runs = [{ norm: "L1", gamma: 0.1 }, { norm: "L2", gamma: 0.1 }, { norm: "L2", gamma: 1 }] as const;
  const measured = runs.map((fields) => measuredRun({ method: "LwM", ...fields }, 0.4));
  const again = measuredRun({ method: "LwM", ...runs[2] }, 0.7);
  const distances = mergeStudy("l1-l2", distanceNumbers(measured), distanceNumbers([again]));
  assert.deepEqual(distances.runs.map(({ averageIncrementalAccuracy }) => averageIncrementalAccuracy > 0.7), [
    false,
    false,
    true,
  ]);
  const gammas = mergeStudy(
    "gamma",
    gammaNumbers([measured[0]]),
    gammaNumbers([measuredRun({ gamma: 1 }, 0.4)]),
  );
  assert.deepEqual(gammas.runs.map(({ gamma }) => gamma), [0.1, 1]);
});

Deno.test("mergeStudy() keeps nothing of another preset or of other steps", () => {
  const own = { ...kept, runs: [kept.runs[0]] };
  assert.deepEqual(mergeStudy("accuracy-curve", { ...kept, preset: "paper" }, own), own);
  assert.deepEqual(mergeStudy("accuracy-curve", { ...kept, classesSeen: [10, 20, 30] }, own), own);
});

Deno.test("withStudy() reads what saveFigure() writes", () =>
  withFolder(async (directory) => {
    const own = { ...kept, runs: [kept.runs[0]] };
    assert.deepEqual(await withStudy("accuracy-curve", own, directory), own);
    await saveFigure("accuracy-curve", accuracyCurve, kept, { directory });
    const merged = await withStudy("accuracy-curve", own, directory);
    assert.deepEqual(merged.runs.map(({ seed }) => seed), [1, 1, 2]);
  }));

Deno.test("withStudy() refuses a file that is damaged, or that a person has changed wrongly", () =>
  withFolder(async (directory) => {
    const path = join(directory, "accuracy-curve.json");
    await Deno.writeTextFile(path, "{");
    await assert.rejects(withStudy("accuracy-curve", kept, directory), {
      name: "UserError",
      message: /found 1 bytes that are not JSON/,
    });
    await Deno.writeTextFile(path, JSON.stringify({ ...kept, runs: [{ ...kept.runs[0], method: "LWM" }] }));
    await assert.rejects(withStudy("accuracy-curve", kept, directory), {
      name: "UserError",
      message: /at runs\.0\.method: .*Restore it with git/,
    });
  }));
