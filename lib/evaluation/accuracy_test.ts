import assert from "node:assert/strict";
import {
  accuracy,
  accuracyOfSteps,
  confusionMatrix,
  fatesOfSteps,
  forgetting,
  meanClassAccuracy,
  stepConfusion,
} from "./accuracy.ts";
import { type LabeledScores, probabilities, topColumns } from "./scores.ts";

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

Deno.test("accuracy() counts the images whose class is among the k that score highest, the first of tied ones", () => {
  assert.deepEqual([1, 2, 3, 4].map((k) => accuracy(SCORES, k)), [2 / 5, 3 / 5, 4 / 5, 1]);
  assert.equal(accuracy(labeled(2, [[[1, 1], 0], [[1, 1], 1]])), 1 / 2);
});

Deno.test("accuracyOfSteps() takes each step's classes by themselves, among all classes", () => {
  assert.deepEqual(accuracyOfSteps(SCORES, [2, 2]), [1 / 2, 1 / 3]);
});

Deno.test("meanClassAccuracy() weighs classes alike, however many images they have", () => {
  assert.equal(meanClassAccuracy(SCORES), (1 + 0 + 1 / 2 + 0) / 4);
});

Deno.test("fatesOfSteps() separates the lost from the outvoted", () => {
  const scores = labeled(3, [
    [[2, 1, 9], 0], // taken for the new class 2
    [[1, 2, 9], 0], // wrong among the classes of its step, too
    [[0, 3, 9], 1],
    [[3, 9, 0], 1], // right among all
    [[5, 0, 1], 2], // alone in its step
  ]);
  assert.deepEqual(fatesOfSteps(scores, [2, 1]), [
    { kept: 0.25, outvoted: 0.5, wrong: 0.25 },
    { kept: 0, outvoted: 1, wrong: 0 },
  ]);
});

Deno.test("forgetting() is the loss from each step's best, averaged over the steps before the last", () => {
  // Step 0: best 0.75, now 0.25. Step 1: best 0.5, now 0.5. Step 2 is the last and does not count.
  assert.equal(forgetting([[0.75], [0.5, 0.5], [0.25, 0.5, 0.75]]), (0.5 + 0) / 2);
  assert.equal(forgetting([[0.9]]), 0);
});

Deno.test("confusionMatrix() counts predictions by true class, and stepConfusion() those of each step", () => {
  const counts = confusionMatrix(labeled(3, [
    [[3, 1, 2], 0],
    [[1, 2, 3], 0],
    [[1, 2, 3], 2],
    [[0, 5, 1], 1],
    [[5, 0, 1], 0],
  ]));
  assert.deepEqual(counts, [[2, 0, 1], [0, 1, 0], [0, 0, 1]]);
  assert.deepEqual(stepConfusion(counts, [2, 1]), [[3, 1], [0, 1]]);
  assert.deepEqual(stepConfusion(counts, [1, 2]), [[2, 1], [0, 2]]);
});

Deno.test("probabilities() by softmax sum to 1, however large the scores; by sigmoid each is by itself", () => {
  const [quarter, rest] = probabilities([0, Math.log(3)], "softmax");
  assert.ok(Math.abs(quarter - 0.25) < 1e-12 && Math.abs(rest - 0.75) < 1e-12);
  assert.deepEqual([...probabilities([1000, 1000], "softmax")], [0.5, 0.5]);
  assert.deepEqual([...probabilities([0, 0, -Infinity], "sigmoid")], [0.5, 0.5, 0]);
});

Deno.test("topColumns() gives the highest scores first, lower columns first where they tie, and no more than there are", () => {
  assert.deepEqual(topColumns([1, 3, 2, 3], 3), [1, 3, 2]);
  assert.deepEqual(topColumns([1, 2], 5), [1, 0]);
});
