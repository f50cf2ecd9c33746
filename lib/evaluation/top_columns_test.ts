import assert from "node:assert/strict";
import { topColumns } from "./top_columns.ts";

Deno.test("topColumns() gives the highest scores first, and lower columns first where they tie", () => {
  assert.deepEqual(topColumns([1, 3, 2, 3], 3), [1, 3, 2]);
});

Deno.test("topColumns() gives all columns where there are fewer than asked for", () => {
  assert.deepEqual(topColumns([1, 2], 5), [1, 0]);
});
