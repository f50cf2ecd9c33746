import assert from "node:assert/strict";
import { textTable } from "./text_table.ts";

Deno.test("textTable() puts words to the left and numbers to the right", () => {
  const rows = [["method", "accuracy"], ["C", "9.5 %"], ["LwF-MC", "42.0 %"]];
  assert.deepEqual(textTable(["left", "right"], rows), [
    "method  accuracy",
    "C          9.5 %",
    "LwF-MC    42.0 %",
  ]);
});
