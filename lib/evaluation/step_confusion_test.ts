import assert from "node:assert/strict";
import { stepConfusion } from "./step_confusion.ts";

Deno.test("stepConfusion() adds up the classes of each step", () => {
  const confusion = [
    [5, 1, 4], // class 0, step 0
    [2, 3, 5], // class 1, step 0
    [1, 0, 9], // class 2, step 1
  ];
  assert.deepEqual(stepConfusion(confusion, [2, 1]), [[11, 9], [1, 9]]);
  assert.deepEqual(stepConfusion(confusion, [1, 2]), [[5, 5], [3, 17]]);
});
