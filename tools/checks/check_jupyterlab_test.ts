import assert from "node:assert/strict";
import type { Output } from "../notebooks/notebook.ts";
import { differences } from "./check_jupyterlab.ts";

const text = (...text: string[]): Output => ({ output_type: "stream", name: "stdout", text });
const cells = (...outputs: Output[][]) => outputs.map((outputs) => ({ outputs }));

Deno.test("differences() finds an output under the next cell, and the error of a cell", () => {
  const expected = cells([text("a\n", "b\n")], [text("c\n")]);
  assert.deepEqual(differences(expected, expected), []);
  const error: Output = { output_type: "error", ename: "Error", evalue: "broken", traceback: [] };
  assert.deepEqual(differences(expected, cells([error], [text("a\n", "b\n", "c\n")])), [
    'code cell 1 shows Error: broken; expected "a\\nb\\n"',
    'code cell 2 shows "a\\nb\\nc\\n"; expected "c\\n"',
  ]);
});
