import assert from "node:assert/strict";
import { accuracyOfSteps } from "./accuracy.ts";
import { accuracyWithinSteps } from "./accuracy_within_steps.ts";

Deno.test("accuracyWithinSteps() lets only the classes of the image's step compete", () => {
  const scores = {
    classes: 3,
    logits: Float32Array.of(
      ...[2, 1, 9], // class 0, taken for the new class 2
      ...[1, 2, 9], // class 0, wrong among the classes of its step, too
      ...[0, 3, 9], // class 1
      ...[5, 0, 1], // class 2, alone in its step
    ),
    labels: Int32Array.of(0, 0, 1, 2),
  };
  assert.deepEqual(accuracyWithinSteps(scores, [2, 1]), [2 / 3, 1]);
  assert.deepEqual(accuracyOfSteps(scores, [2, 1]), [0, 0]);
});
