import assert from "node:assert/strict";
import { confusionMatrix } from "./confusion_matrix.ts";

Deno.test("confusionMatrix() counts predictions by true class", () => {
  const logits = Float32Array.from([[3, 1, 2], [1, 2, 3], [1, 2, 3], [0, 5, 1], [5, 0, 1]].flat());
  const counts = confusionMatrix({ classes: 3, logits, labels: Int32Array.of(0, 0, 2, 1, 0) });
  assert.deepEqual(counts, [[2, 0, 1], [0, 1, 0], [0, 0, 1]]);
});
