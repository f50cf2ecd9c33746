import assert from "node:assert/strict";
import { join } from "node:path";
import type { StepMetrics } from "./evaluate_step.ts";
import { writeJson } from "../files.ts";
import { readStepMetrics } from "./metrics_file.ts";

const METRICS: StepMetrics = {
  step: 1,
  classesSeen: 5,
  accuracy: 0.5,
  accuracyOfSteps: [0.4, 0.6],
  meanClassAccuracy: 0.5,
  confusion: [[1, 0], [0, 1]],
  attention: { images: 3, cosine: 0.9, pointingGame: { first: 0.8, now: 0.7, drop: 0.1 } },
};

Deno.test("readStepMetrics() reads back what was measured, and refuses what says nothing", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "metrics.json");
  try {
    assert.equal(await readStepMetrics(path), null);
    await writeJson(path, METRICS);
    assert.deepEqual(await readStepMetrics(path), METRICS);
    const wrong: [value: unknown, place: string][] = [
      [{}, "step"],
      [[], "its root"],
      [{ ...METRICS, accuracy: NaN }, "accuracy"], // null in JSON
      [{ ...METRICS, accuracyOfSteps: [] }, "accuracyOfSteps"],
      [{ ...METRICS, accuracyOfSteps: [0.4, 40] }, "accuracyOfSteps.1"],
      [{ ...METRICS, attention: {} }, "attention.images"],
      [{ ...METRICS, attention: { images: 3, cosine: "" } }, "attention.cosine"],
    ];
    for (const [value, place] of wrong) {
      await writeJson(path, value);
      await assert.rejects(readStepMetrics(path), (error: Error) => {
        assert.equal(error.name, "UserError");
        assert.ok(error.message.includes(`metrics.json to hold what is measured`), error.message);
        assert.ok(error.message.includes(`found this at ${place}: `), error.message);
        return true;
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
