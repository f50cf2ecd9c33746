import assert from "node:assert/strict";
import { probabilities } from "./probabilities.ts";

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
