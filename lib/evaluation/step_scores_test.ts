import assert from "node:assert/strict";
import { stepScores } from "./step_scores.ts";

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
