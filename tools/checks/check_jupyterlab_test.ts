import assert from "node:assert/strict";
import type { Output } from "../notebooks/notebook.ts";
import { differences } from "./check_jupyterlab.ts";

const text = (text: string[]): Output => ({ output_type: "stream", name: "stdout", text });
const bar: Output = {
  output_type: "display_data",
  data: { "text/plain": "LwM  ████████████████████████ 100 %" },
  metadata: {},
};
const cells = (...outputs: Output[][]) =>
  outputs.map((outputs, index) => ({ outputs, executionCount: index + 1 }));

Deno.test("differences() finds an output under the next cell, but not lines or a progress bar", () => {
  const expected = cells([text(["a\n", "b\n"])], [text(["c\n"])]);
  assert.deepEqual(differences(expected, cells([bar, text(["a\nb\n"])], [text(["c\n"])])), []);
  assert.deepEqual(differences(expected, cells([], [text(["a\nb\nc\n"])])), [
    'code cell 1 shows nothing; expected "a\\nb\\n"',
    'code cell 2 shows "a\\nb\\nc\\n"; expected "c\\n"',
  ]);
});

Deno.test("differences() reports the error of a cell", () => {
  const error: Output = { output_type: "error", ename: "Error", evalue: "broken", traceback: [] };
  assert.deepEqual(differences(cells([]), cells([error])), ["code cell 1 failed: broken"]);
});
