import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../testdata/folder.ts";
import type { ImageSet } from "../data/image_set.ts";
import { writeSealedJson } from "../files.ts";
import { confusionOf } from "./testdata/tiny_run.ts";
import type { StepMetrics } from "../evaluation/step_metrics.ts";
import { outputKind, readStepMetrics, shareOnObject } from "./evaluate_step.ts";

const METRICS: StepMetrics = {
  step: 1,
  classesSeen: 5,
  classNames: [["ant", "bee", "cat"], ["dog", "eel"]],
  accuracy: 0.5,
  accuracyTop5: 1,
  accuracyOfSteps: [0.4, 0.6],
  meanClassAccuracy: 0.5,
  confusion: confusionOf(0.5, 5),
  attention: { images: 3, cosine: 0.9, pointingGame: { first: 0.8, now: 0.7, drop: 0.1 } },
};

Deno.test("readStepMetrics() reads back what was measured, and refuses what says nothing", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "metrics.json");
    assert.equal(await readStepMetrics(path), null);
    await writeSealedJson(path, METRICS);
    assert.deepEqual(await readStepMetrics(path), METRICS);
    const wrong: [value: object, place: string][] = [
      [{}, "step"],
      [{ ...METRICS, accuracy: NaN }, "accuracy"], // null in JSON
      [{ ...METRICS, accuracyOfSteps: [] }, "accuracyOfSteps"],
      [{ ...METRICS, accuracyOfSteps: [0.4, 40] }, "accuracyOfSteps.1"],
      [{ ...METRICS, attention: {} }, "attention.images"],
      [{ ...METRICS, attention: { images: 3, cosine: "" } }, "attention.cosine"],
    ];
    for (const [value, place] of wrong) {
      await writeSealedJson(path, value);
      await assert.rejects(readStepMetrics(path), (error: Error) => {
        assert.equal(error.name, "UserError");
        assert.ok(error.message.includes(`metrics.json to hold the metrics of a step`), error.message);
        assert.ok(error.message.includes(`found this at ${place}: `), error.message);
        return true;
      });
    }
  });
});

Deno.test("outputKind() follows the L_C of the step", () => {
  const configuration = { baseClassification: "softmax", classification: "sigmoid-new" } as const;
  assert.equal(outputKind(configuration, 0), "softmax");
  assert.equal(outputKind(configuration, 2), "sigmoid");
});

/** The object fills the left half. */
const SET: ImageSet = {
  name: "halves",
  count: 1,
  size: 4,
  views: 1,
  labels: Int32Array.of(0),
  read: (_image, _view, target) => void target.fill(0),
  readMask: (_image, _view, target) => target.forEach((_, i) => target[i] = i % 4 < 2 ? 255 : 0),
};

Deno.test("shareOnObject() is the share of the map inside the mask", () => {
  const draw = { image: 0, view: 0 };
  assert.equal(shareOnObject(SET, draw, [1, 1, 0, 0].flatMap((v) => [v, v, v, v]), [4, 4]), 0.5);
  assert.equal(
    shareOnObject(SET, draw, Array.from({ length: 16 }, (_, i) => Number(i % 4 === 0)), [4, 4]),
    1,
  );
});

Deno.test("shareOnObject() is 1 where there are no masks", () => {
  const { readMask: _, ...withoutMasks } = SET;
  assert.equal(shareOnObject(withoutMasks, { image: 0, view: 0 }, [1, 0, 0, 0], [2, 2]), 1);
});
