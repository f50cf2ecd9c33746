import assert from "node:assert/strict";
import { confusionMatrix, stepConfusion } from "./confusion.ts";

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
