import assert from "node:assert/strict";
import { probabilities, stepScores, topColumns } from "./scores.ts";

Deno.test("probabilities() by softmax sum to 1, however large the scores", () => {
  assert.deepEqual([...probabilities([0, Math.log(3)], "softmax")].map((p) => p.toFixed(6)), [
    "0.250000",
    "0.750000",
  ]);
  assert.deepEqual([...probabilities([1000, 1000], "softmax")], [0.5, 0.5]);
});

Deno.test("probabilities() by sigmoid are each by itself", () => {
  assert.deepEqual([...probabilities([0, 0, -Infinity], "sigmoid")], [0.5, 0.5, 0]);
});

Deno.test("topColumns() gives the highest scores first, and lower columns first where they tie", () => {
  assert.deepEqual(topColumns([1, 3, 2, 3], 3), [1, 3, 2]);
});

Deno.test("topColumns() gives all columns where there are fewer than asked for", () => {
  assert.deepEqual(topColumns([1, 2], 5), [1, 0]);
});

Deno.test("stepScores() is the mean of the highest score among each step's classes", () => {
  const scores = {
    classes: 3,
    logits: Float32Array.of(
      ...[1, 3, 5], // class 0
      ...[5, 2, 7], // class 1
      ...[0, -1, 4], // class 2
    ),
    labels: Int32Array.of(0, 1, 2),
  };
  assert.deepEqual(stepScores(scores, [2, 1]), [[4, 6], [0, 4]]);
});
