import assert from "node:assert/strict";
import { join } from "node:path";
import { configure } from "../run/configuration.ts";
import type { Configuration } from "../run/schema.ts";
import { attentionLossTable, readTuning, type TuningRun, tuningTable } from "./tuning_table.ts";

const tuned = (fields: Partial<Configuration>, averageAccuracy: number): TuningRun => ({
  status: "finished",
  configuration: configure({ evaluateOn: "validation", ...fields }),
  results: { averageAccuracy, lastAccuracy: averageAccuracy / 2, lastAttentionCosine: 0.9 },
});

const runs = [
  tuned({ method: "LwM", gamma: 0.1, seed: 1 }, 0.4),
  tuned({ method: "LwM", gamma: 0.1, seed: 2 }, 0.5),
  tuned({ method: "LwM", gamma: 0.3, seed: 1 }, 0.5),
  tuned({ method: "LwM", gamma: 0.3, seed: 2 }, 0.6),
  // LwF-MC has no γ: these two are one setting.
  tuned({ method: "LwF-MC", gamma: 0.1, seed: 1 }, 0.3),
  tuned({ method: "LwF-MC", gamma: 0.3, seed: 2 }, 0.5),
];

Deno.test("tuningTable() has a row a setting, the best of each method first, as means over its seeds", () => {
  assert.deepEqual(
    tuningTable(runs).map((row) => [row.method, row["γ"], row.seeds, row["average incremental accuracy"]]),
    [["LwF-MC", "", 2, "40.0 %"], ["LwM", "0.3", 2, "55.0 %"], ["LwM", "0.1", 2, "45.0 %"]],
  );
  assert.deepEqual(Object.keys(tuningTable(runs)[0]), [
    "method",
    "γ",
    "seeds",
    "average incremental accuracy",
    "accuracy after the last step",
    "attention cosine",
  ]);
});

Deno.test("attentionLossTable() sets LwM beside LwF-MC of the same setting and seed, and leaves out what has none", () => {
  const shared = { beta: 1, learningRate: 0.05 };
  const rows = attentionLossTable([
    tuned({ method: "LwM", gamma: 0.1, ...shared, seed: 1 }, 0.5),
    tuned({ method: "LwM", gamma: 0.1, ...shared, seed: 2 }, 0.7),
    tuned({ method: "LwM", gamma: 0.1, ...shared, learningRate: 0.1 }, 0.9),
    tuned({ method: "LwM", gamma: 0.1, ...shared, beta: 0.5 }, 0.9),
    // With another γ than LwM's, which it has no use for.
    tuned({ method: "LwF-MC", gamma: 0.9, ...shared, seed: 1 }, 0.3),
    tuned({ method: "LwF-MC", gamma: 0.1, ...shared, seed: 2 }, 0.5),
    tuned({ method: "LwF-MC", gamma: 0.1, ...shared, seed: 3 }, 0.9),
  ]);
  assert.deepEqual(rows, [{
    "learning rate": 0.05,
    β: 1,
    γ: 0.1,
    seeds: 2,
    "accuracy of LwF-MC": "40.0 %",
    "of LwM": "60.0 %",
    "cosine of LwF-MC": "0.900",
    "cosine of LwM": "0.900",
  }]);
});

Deno.test("readTuning() reads the finished runs, and says what is wrong with a file", async () => {
  const directory = await Deno.makeTempDir();
  const file = join(directory, "tuning-caltech-101.results.json");
  try {
    const refuses = (message: RegExp) =>
      assert.rejects(readTuning("caltech-101", directory), { name: "UserError", message });
    await refuses(/no such file\. .*`deno task sweep studies\/tuning-caltech-101\.json`/);
    await Deno.writeTextFile(file, JSON.stringify({ runs: [{ status: "finished" }] }));
    await refuses(/at runs\.0\.configuration/);

    const { configuration } = runs[0];
    // As it is written while a sweep runs.
    const content = { runs: [...runs, { status: "waiting", configuration, folder: "somewhere" }] };
    await Deno.writeTextFile(file, JSON.stringify(content));
    assert.deepEqual(tuningTable(await readTuning("caltech-101", directory)), tuningTable(runs));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
