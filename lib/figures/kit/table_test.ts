import assert from "node:assert/strict";
import { markdownTable } from "./table.ts";

Deno.test("markdownTable() sets words to the left and numbers to the right", () => {
  const table = markdownTable([
    { method: "C", accuracy: "31.0 %", forgetting: 0.4567, steps: 5 },
    { method: "LwF-MC", accuracy: "-4.0 %", forgetting: -0.01, steps: 12 },
  ]);
  assert.deepEqual(table.split("\n"), [
    "| method | accuracy | forgetting | steps |",
    "| ------ | -------: | ---------: | ----: |",
    "| C      |   31.0 % |       0.46 |     5 |",
    "| LwF-MC |   −4.0 % |      −0.01 |    12 |",
  ]);
});

Deno.test("markdownTable() leaves a cell empty where a row has no value, and keeps bars inside of cells", () => {
  assert.deepEqual(markdownTable([{ a: "x|y", b: 1 }, { a: "z" }]).split("\n").slice(2), [
    "| x\\|y |   1 |",
    "| z    |     |",
  ]);
});
