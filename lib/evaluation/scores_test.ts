import assert from "node:assert/strict";
import { probabilities, topColumns } from "./scores.ts";

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
