import assert from "node:assert/strict";
import { forgetting } from "./forgetting.ts";

Deno.test("forgetting() is the loss from each step's best, averaged over the steps before the last", () => {
  // Step 0: best 0.75, now 0.25. Step 1: best 0.5, now 0.5. Step 2 is the last and does not count.
  assert.equal(forgetting([[0.75], [0.5, 0.5], [0.25, 0.5, 0.75]]), (0.5 + 0) / 2);
});

Deno.test("forgetting() takes the best of all earlier accuracies, not the first", () => {
  assert.equal(forgetting([[0.5], [0.75, 1], [0.25, 0.5, 1]]), (0.5 + 0.5) / 2);
});

Deno.test("forgetting() is negative where later steps helped", () => {
  assert.equal(forgetting([[0.5], [0.75, 1]]), -0.25);
});

Deno.test("forgetting() is 0 after step 0", () => {
  assert.equal(forgetting([[0.9]]), 0);
});
