import assert from "node:assert/strict";
import { withFolder } from "../../lib/testdata/folder.ts";
import {
  type Notebook,
  outputsOf,
  readNotebook,
  serializeNotebook,
  statedRunTime,
  writeNotebook,
} from "./notebook.ts";
import { notebookOf } from "./testdata/notebook.ts";

Deno.test("readNotebook() reads back what writeNotebook() writes, and the text stays the same", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.ipynb`;
    await writeNotebook(path, notebookOf("let x = 1;\nx"));
    const text = await Deno.readTextFile(path);
    assert.equal(serializeNotebook(await readNotebook(path)), text);
  });
});

Deno.test("serializeNotebook() sorts keys, keeps ids and writes sources as lines", () => {
  const cell = {
    source: "a\nb",
    outputs: [],
    metadata: {},
    id: "mine",
    execution_count: 2,
    cell_type: "code",
  };
  const notebook = { nbformat: 4, cells: [cell], nbformat_minor: 5, metadata: {} } as Notebook;
  const text = serializeNotebook(notebook);
  assert.match(
    text,
    /"cell_type": "code",\s+"execution_count": 2,\s+"id": "mine",\s+"metadata": {},\s+"outputs"/,
  );
  assert.deepEqual(JSON.parse(text).cells[0].source, ["a\n", "b"]);
});

Deno.test("readNotebook() says what is wrong with a file that is no notebook, or not there", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/01.ipynb`;
    for (
      const [text, found] of [['{"cells": [', /bytes that are not JSON/], ['{"nbformat": 3}', /expected 4/], [
        "null",
        /expected an object/,
      ], [
        '{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "metadata": {}}]}',
        /source/,
      ]] as const
    ) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(readNotebook(path), { name: "UserError", message: found });
      await assert.rejects(readNotebook(path), /01\.ipynb to hold a notebook of format 4 but found/);
    }
  });
  await assert.rejects(readNotebook("nowhere/07.ipynb"), /a notebook of format 4 in nowhere\/07\.ipynb/);
});

/** A message of the kernel. */
const message = (type: string, content: Record<string, unknown>) => ({ id: "", type, parent: "", content });
const text = (text: string, name = "stdout") => message("stream", { name, text });
const display = (type: string, value: string, display_id?: string) =>
  message(type, { data: { "text/plain": value }, metadata: {}, transient: { display_id } });

Deno.test("outputsOf() joins text of one stream, keeps the order, and leaves progress out", () => {
  const said = [
    ...[text("a"), text("b\nc"), text("oh\n", "stderr"), display("display_data", "0 %", "bar")],
    ...[display("update_display_data", "50 %", "bar"), display("display_data", "d"), text("e")],
  ];
  assert.deepEqual(outputsOf(said), [
    { output_type: "stream", name: "stdout", text: ["ab\n", "c"] },
    { output_type: "stream", name: "stderr", text: ["oh\n"] },
    { output_type: "display_data", data: { "text/plain": ["d"] }, metadata: {} },
    { output_type: "stream", name: "stdout", text: ["e"] },
  ]);
});

Deno.test("outputsOf() ends with the result or the error, although text may come late", () => {
  const error = message("error", { ename: "Error", evalue: "e", traceback: [] });
  assert.deepEqual(outputsOf([error, text("late")]).map((output) => output.output_type), ["stream", "error"]);
});

Deno.test("outputsOf() stores texts as lines, pictures and JSON as they come", () => {
  const data = { "image/svg+xml": "<svg>\n</svg>", "image/png": "aGk=\n", "application/json": { a: "x\ny" } };
  assert.deepEqual(outputsOf([message("execute_result", { data, execution_count: 3 })]), [{
    output_type: "execute_result",
    data: { ...data, "image/svg+xml": ["<svg>\n", "</svg>"] },
    metadata: {},
    execution_count: 3,
  }]);
});

Deno.test("statedRunTime() reads seconds and minutes from the opening cell", () => {
  const opening = (text: string) => {
    const notebook = notebookOf("1");
    notebook.cells.unshift({ cell_type: "markdown", id: "opening", metadata: {}, source: text });
    return statedRunTime(notebook);
  };
  assert.equal(opening("# Title\n\nRun time: about 2 minutes"), 120);
  assert.equal(opening("# Title\n\n**Run time:** 45 s with wasm, 10 s with WebGPU"), 45);
  assert.equal(opening("# Title\n\n*Run time*: 1.5 min"), 90);
  assert.equal(opening("# Title"), undefined);
  assert.equal(statedRunTime(notebookOf("// Run time: 5 s")), undefined);
});
