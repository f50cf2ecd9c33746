import assert from "node:assert/strict";
import { errorLine, readableTraceback, syntaxError } from "./cell_error.ts";

Deno.test("errorLine() finds the author's line behind types, blank lines and reprinted code", () => {
  const source = [
    'import { a } from "node:path";', // The kernel makes this line 1,
    "",
    "interface Point { x: number }",
    "const point: Point = { x: 1 };", // these three lines 2 to 4
    "",
    "point.y.z;", // and this line 5.
  ].join("\n");
  assert.equal(errorLine(source, ["TypeError: …", "    at <anonymous>:5:9"]), 6);
  assert.equal(errorLine(source, ["TypeError: …", "    at async <anonymous>:3:3"]), 4);
});

Deno.test("errorLine() takes the cell's own frame, not one of a function from an earlier cell", () => {
  const traceback = [
    "Error: …\n    at f (<anonymous>:4:9)\n    at file:///lib/x.ts:9:9\n    at <anonymous>:1:22",
  ];
  assert.equal(errorLine("\n\nf();", traceback), 3);
});

Deno.test("errorLine() says nothing where the traceback does not", () => {
  assert.equal(errorLine("f()", ["Error: …", "    at file:///lib/x.ts:9:9"]), undefined);
  assert.equal(errorLine("f()", []), undefined);
});

Deno.test("readableTraceback() speaks of the cell's lines", () => {
  const traceback = ["Error: a", "    at f (<anonymous>:4:9)", "    at <anonymous>:1:22"];
  assert.equal(
    readableTraceback("\nf();", traceback),
    "Error: a\n    at f (in a cell of this notebook)\n    at line 2 of this cell",
  );
});

Deno.test("syntaxError() names line and reason", () => {
  assert.deepEqual(syntaxError("let x = 1;\nlet y = = 2;"), { line: 2, reason: "Expression expected" });
  assert.equal(syntaxError("const x: number = await f<string>();"), undefined);
});
