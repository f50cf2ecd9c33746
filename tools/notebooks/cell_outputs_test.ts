import assert from "node:assert/strict";
import { CellOutputs } from "./cell_outputs.ts";
import type { Message } from "./jupyter_wire.ts";

const message = (type: string, content: Record<string, unknown>): Message => ({
  id: "",
  type,
  parent: "",
  content,
});
const text = (text: string, name = "stdout") => message("stream", { name, text });
const display = (type: string, value: string, id?: string) =>
  message(type, {
    data: { "text/plain": value },
    metadata: {},
    transient: id === undefined ? {} : { display_id: id },
  });

function gather(...messages: Message[]) {
  const outputs = new CellOutputs();
  messages.forEach((message) => outputs.add(message));
  return outputs.finish();
}

Deno.test("CellOutputs joins text of one stream and keeps the order with other outputs", () => {
  assert.deepEqual(
    gather(text("a"), text("b\nc"), text("oh\n", "stderr"), display("display_data", "d"), text("e")),
    [
      { output_type: "stream", name: "stdout", text: ["ab\n", "c"] },
      { output_type: "stream", name: "stderr", text: ["oh\n"] },
      { output_type: "display_data", data: { "text/plain": ["d"] }, metadata: {} },
      { output_type: "stream", name: "stdout", text: ["e"] },
    ],
  );
});

Deno.test("CellOutputs ends with the result or the error, although text may come late", () => {
  const error = { ename: "Error", evalue: "e", traceback: [] };
  assert.deepEqual(gather(message("error", error), text("late")).map(({ output_type }) => output_type), [
    "stream",
    "error",
  ]);
});

Deno.test("CellOutputs leaves out displays with an id, which show progress", () => {
  assert.deepEqual(
    gather(
      display("display_data", "0 %", "bar"),
      display("update_display_data", "50 %", "bar"),
      display("display_data", "a figure"),
    ),
    [{ output_type: "display_data", data: { "text/plain": ["a figure"] }, metadata: {} }],
  );
});

Deno.test("CellOutputs obeys clear_output, at once or when the next output comes", () => {
  assert.deepEqual(gather(text("a"), message("clear_output", { wait: false })), []);
  assert.equal(gather(text("a"), message("clear_output", { wait: true })).length, 1);
  assert.deepEqual(gather(text("a"), message("clear_output", { wait: true }), text("b")), [
    { output_type: "stream", name: "stdout", text: ["b"] },
  ]);
});

Deno.test("CellOutputs stores texts as lines, pictures and JSON as they come", () => {
  const data = { "image/svg+xml": "<svg>\n</svg>", "image/png": "aGk=\n", "application/json": { a: "x\ny" } };
  assert.deepEqual(gather(message("execute_result", { data, execution_count: 3 })), [{
    output_type: "execute_result",
    data: { ...data, "image/svg+xml": ["<svg>\n", "</svg>"] },
    metadata: {},
    execution_count: 3,
  }]);
});
