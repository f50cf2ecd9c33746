import assert from "node:assert/strict";
import {
  accuracy,
  accuracyOfSteps,
  averageIncrementalAccuracy,
  confusionMatrix,
  fatesOfSteps,
  forgetting,
  meanClassAccuracy,
  stepConfusion,
} from "./accuracy.ts";
import type { LabeledScores } from "./scores.ts";

// Four classes in two steps. Ranks of the true classes: 1, 2, 1, 4, 3.
const SCORES = labeled(4, [
  [[9, 1, 2, 3], 0],
  [[5, 4, 1, 1], 1],
  [[1, 2, 7, 3], 2],
  [[4, 3, 2, 1], 3],
  [[4, 3, 2, 1], 2],
]);

function labeled(classes: number, rows: [logits: number[], label: number][]): LabeledScores {
  return {
    classes,
    logits: Float32Array.from(rows.flatMap(([logits]) => logits)),
    labels: Int32Array.from(rows, ([, label]) => label),
  };
}

Deno.test("accuracy() counts the images whose class scores highest", () => {
  assert.equal(accuracy(SCORES), 2 / 5);
});

Deno.test("accuracy() of the top k counts those among the k highest", () => {
  assert.deepEqual([2, 3, 4].map((k) => accuracy(SCORES, k)), [3 / 5, 4 / 5, 1]);
});

Deno.test("accuracy() takes the first of tied scores", () => {
  assert.equal(accuracy(labeled(2, [[[1, 1], 0], [[1, 1], 1]])), 1 / 2);
});

Deno.test("accuracyOfSteps() takes each step's classes by themselves, among all classes", () => {
  assert.deepEqual(accuracyOfSteps(SCORES, [2, 2]), [1 / 2, 1 / 3]);
});

Deno.test("meanClassAccuracy() weighs classes alike, however many images they have", () => {
  assert.equal(meanClassAccuracy(SCORES), (1 + 0 + 1 / 2 + 0) / 4);
});

Deno.test("averageIncrementalAccuracy() is the mean over the steps, M_0 included", () => {
  assert.equal(averageIncrementalAccuracy([0.9, 0.6, 0.3]), 0.6);
  assert.throws(() => averageIncrementalAccuracy([]), RangeError);
});

Deno.test("fatesOfSteps() separates the lost from the outvoted", () => {
  const scores = {
    classes: 3,
    logits: Float32Array.of(
      ...[2, 1, 9], // class 0, taken for the new class 2
      ...[1, 2, 9], // class 0, wrong among the classes of its step, too
      ...[0, 3, 9], // class 1
      ...[3, 9, 0], // class 1, right among all
      ...[5, 0, 1], // class 2, alone in its step
    ),
    labels: Int32Array.of(0, 0, 1, 1, 2),
  };
  assert.deepEqual(fatesOfSteps(scores, [2, 1]), [
    { kept: 0.25, outvoted: 0.5, wrong: 0.25 },
    { kept: 0, outvoted: 1, wrong: 0 },
  ]);
});

Deno.test("forgetting() is the loss from each step's best, averaged over the steps before the last", () => {
  // Step 0: best 0.75, now 0.25. Step 1: best 0.5, now 0.5. Step 2 is the last and does not count.
  assert.equal(forgetting([[0.75], [0.5, 0.5], [0.25, 0.5, 0.75]]), (0.5 + 0) / 2);
});

Deno.test("forgetting() is 0 after step 0", () => {
  assert.equal(forgetting([[0.9]]), 0);
});

Deno.test("confusionMatrix() counts predictions by true class", () => {
  const logits = Float32Array.from([[3, 1, 2], [1, 2, 3], [1, 2, 3], [0, 5, 1], [5, 0, 1]].flat());
  const counts = confusionMatrix({ classes: 3, logits, labels: Int32Array.of(0, 0, 2, 1, 0) });
  assert.deepEqual(counts, [[2, 0, 1], [0, 1, 0], [0, 0, 1]]);
});

Deno.test("stepConfusion() adds up the classes of each step", () => {
  const confusion = [
    [5, 1, 4], // class 0, step 0
    [2, 3, 5], // class 1, step 0
    [1, 0, 9], // class 2, step 1
  ];
  assert.deepEqual(stepConfusion(confusion, [2, 1]), [[11, 9], [1, 9]]);
  assert.deepEqual(stepConfusion(confusion, [1, 2]), [[5, 5], [3, 17]]);
});
