import assert from "node:assert/strict";
import { join } from "node:path";
import type { Configuration } from "../../lib/run/schema.ts";
import { tinyConfiguration, withDataDirectory } from "../../lib/run/run_fixture.ts";
import { withStudy } from "../../lib/study/study.ts";
import { trainStudy } from "./study.ts";

/** Two methods, two norms, two γ: three runs. */
function tinyPlan() {
  const tiny = (fields: Partial<Configuration>) => tinyConfiguration({ increments: 1, ...fields });
  const LwM = tiny({ method: "LwM" });
  const LwF: Configuration = { ...LwM, method: "LwF-MC" };
  return {
    curves: [LwF, LwM],
    distances: [LwF, LwM, tiny({ method: "LwM", norm: "L2" })],
    gammas: [LwF, LwM],
  };
}

Deno.test("trainStudy() trains each run once and saves the figures with their numbers", () =>
  withDataDirectory(async (directory) => {
    const figures = join(directory, "figures");
    const said: string[] = [];
    const options = { directory, figures, log: (line: string) => void said.push(line) };
    await trainStudy(tinyPlan(), options);
    assert.ok(said.includes("3 runs, 4 steps to train."), said.join("\n"));

    const saved = Array.from(Deno.readDirSync(figures), ({ name }) => name).filter((name) =>
      name.endsWith("json")
    );
    assert.deepEqual(
      saved.sort(),
      ["accuracy-curve", "attention-retention-curve", "gamma", "l1-l2"].map((name) => `${name}.json`),
    );
    const setting = { dataset: "iemoji-100", preset: "smoke" };
    const { runs } = await withStudy("gamma", { ...setting, runs: [] }, figures);
    assert.deepEqual(runs.map(({ gamma }) => gamma), [0, tinyPlan().curves[1].gamma]);
    const distances = await withStudy("l1-l2", { ...setting, runs: [] }, figures);
    assert.deepEqual(distances.runs.map(({ distance }) => distance), ["none", "L1", "L2"]);
    assert.equal(distances.runs[0].averageIncrementalAccuracy, runs[0].averageIncrementalAccuracy);

    said.length = 0;
    await trainStudy(tinyPlan(), options);
    assert.ok(said.includes("3 runs, 0 steps to train."), said.join("\n"));
  }));

Deno.test("trainStudy() says which run has failed and why", () =>
  withDataDirectory(async (directory) => {
    const broken = tinyConfiguration({ increments: 1, learningRate: 1e38, maxNorm: 1e38 });
    const plan = { curves: [broken], distances: [], gammas: [] };
    const options = { directory, figures: join(directory, "figures"), log: () => {} };
    await assert.rejects(trainStudy(plan, options), {
      name: "UserError",
      message: /seed 1 failed: .*finite losses/,
    });
  }));
