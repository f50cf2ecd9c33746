import assert from "node:assert/strict";
import * as names from "./check_docs.ts";

const { nameProblems, publicNames } = names;

Deno.test("publicNames() has the names of namespaces, too, and no types", () => {
  const found = publicNames({ configure: () => {}, checks: names, NORM: "L1" });
  assert.deepEqual(found.sort(), [
    "NORM",
    "checks",
    "checks.nameProblems",
    "checks.publicNames",
    "configure",
  ]);
});

Deno.test("nameProblems() finds names that nobody uses, and too many names", () => {
  const uses = "await figures.showTable(x); configuration; `trainRuns()`";
  const unused = nameProblems(["configure", "figures.showTable", "figures.show", "trainRuns"], uses);
  assert.deepEqual(unused.map((problem) => problem.split(" ")[0]), ['"configure"', '"figures.show"']);
  const many = Array.from({ length: 91 }, (_, i) => `name${i}`);
  assert.deepEqual(nameProblems(many, many.join(" ")), ["91 public names, more than 90"]);
});
