import assert from "node:assert/strict";
import { markdownTable, textTable } from "./table.ts";

const rows = [
  { method: "C", accuracy: "31.0 %", forgetting: 0.4567, steps: 5 },
  { method: "LwF-MC", accuracy: "-4.0 %", forgetting: -0.01, steps: 12 },
];

Deno.test("markdownTable() sets words to the left and numbers to the right", () => {
  assert.deepEqual(markdownTable(rows).split("\n"), [
    "| method | accuracy | forgetting | steps |",
    "| ------ | -------: | ---------: | ----: |",
    "| C      |   31.0 % |       0.46 |     5 |",
    "| LwF-MC |   −4.0 % |      −0.01 |    12 |",
  ]);
});

Deno.test("markdownTable() leaves a cell empty where a row has no value, and escapes bars in cells and headings", () => {
  assert.deepEqual(markdownTable([{ "|a|": "x|y", b: 1 }, { "|a|": "z" }]).split("\n"), [
    "| \\|a\\| |   b |",
    "| ----- | --: |",
    "| x\\|y  |   1 |",
    "| z     |     |",
  ]);
});

Deno.test("textTable() has the columns of all rows", () => {
  assert.deepEqual(textTable([{ model: "M_0", "1.": "a" }, { model: "M_1", "1.": "a", "2.": "b" }]), [
    "model  1.  2.",
    "M_0    a",
    "M_1    a   b",
  ]);
});
