import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { withFolder } from "../../lib/testdata/folder.ts";
import { checkNotebooks, notebookProblems } from "./check_notebooks.ts";
import { type Cell, codeCells, type Notebook, writeNotebook } from "../notebooks/notebook.ts";
import { notebookOf } from "../notebooks/testdata/notebook.ts";

const ROOT = resolve(import.meta.dirname!, "../..");

const prose = (id: string, source: string): Cell => ({ cell_type: "markdown", id, metadata: {}, source });

/** @returns a notebook as it should be, with these cells */
function tidyNotebook(...sources: string[]): Notebook {
  const notebook = notebookOf(...sources);
  codeCells(notebook).forEach((cell, index) => cell.execution_count = index + 1);
  notebook.cells.unshift(prose("opening", "# Title\n\nRun time: about 3 seconds"));
  notebook.cells.push(prose("closing", "What was seen."));
  return notebook;
}

/** Checks notebooks in a small project, whose types are checked faster than those of lib/. */
async function problemsOf(...notebooks: Notebook[]): Promise<string> {
  return await withFolder(async (folder) => {
    const configuration = { imports: { lwm: "./lwm.ts" }, compilerOptions: { lib: ["deno.ns"] } };
    await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(configuration));
    await Deno.writeTextFile(join(folder, "lwm.ts"), "export const configure = () => ({ gamma: 0.3 });\n");
    const paths = notebooks.map((_, index) => join(folder, `0${index + 1}-test.ipynb`));
    await Promise.all(notebooks.map((notebook, index) => writeNotebook(paths[index], notebook)));
    const problems = await checkNotebooks(paths, folder);
    return problems.join("\n").replaceAll(`${folder}/`, "");
  });
}

Deno.test("checkNotebooks() accepts a tidy notebook, also when cells share names with those of another", async () => {
  const sources = [
    'import { configure } from "lwm";',
    "const { gamma } = configure();\nawait Promise.resolve();\ngamma",
  ];
  assert.equal(await problemsOf(tidyNotebook(...sources), tidyNotebook(...sources)), "");
});

Deno.test("checkNotebooks() finds an import of a name that does not exist, an error of types, and one of the linter", async () => {
  const problems = await problemsOf(
    tidyNotebook(
      "let never = 1;\nconsole.log(never);",
      'import { noSuchThing } from "lwm";\nnoSuchThing(never);',
    ),
    tidyNotebook("// First line.\nconst x: number = 'text';\nx"),
  );
  assert.match(problems, /no exported member 'noSuchThing'[\s\S]*01-test\.ts/);
  assert.match(problems, /no-console/);
  assert.match(problems, /prefer-const[\s\S]*let never = 1/);
  assert.match(problems, /not assignable to type 'number'[\s\S]*02-test\.ts/);
});

Deno.test("notebookProblems() finds cells that were not run in order from a fresh kernel", () => {
  const notebook = tidyNotebook("1", "2", "3");
  codeCells(notebook)[1].execution_count = 5;
  codeCells(notebook)[2].execution_count = null;
  assert.deepEqual(notebookProblems(notebook, ROOT), [
    "code cell 2: has run as number 5; run the notebook with `deno task notebooks`",
    "code cell 3: has run as number null; run the notebook with `deno task notebooks`",
  ]);
});

Deno.test("notebookProblems() finds errors, long cells, empty cells and paths of this machine", () => {
  const notebook = tidyNotebook("1", "a;\n".repeat(16), " \n", "a;\n".repeat(15));
  codeCells(notebook)[0].outputs = [{ output_type: "error", ename: "E", evalue: "", traceback: [] }];
  codeCells(notebook)[3].outputs = [{
    output_type: "stream",
    name: "stdout",
    text: [`wrote ${ROOT}/figures`],
  }];
  assert.deepEqual(notebookProblems(notebook, ROOT), [
    "code cell 1: has an error as output",
    "code cell 2: has 16 lines, more than 15; split it, or move code to lib/",
    "code cell 3: is empty",
    `code cell 4: names a folder of this machine (${ROOT}) in its output`,
  ]);
});

Deno.test("notebookProblems() finds imports of other modules than lwm and the packages", () => {
  const cell = [
    'import { a } from "lwm";',
    'import * as Plot from "plot";',
    'import fs from "node:fs";',
    "const { join } = await import('node:path');",
  ].join("\n");
  assert.deepEqual(notebookProblems(tidyNotebook(cell), ROOT, ["plot"]), [
    'code cell 1: imports "node:fs"; a notebook imports "lwm" and the npm packages of deno.json',
    'code cell 1: imports "node:path"; a notebook imports "lwm" and the npm packages of deno.json',
  ]);
});

Deno.test("notebookProblems() misses a title, a run time and closing words", () => {
  const bare = notebookProblems(notebookOf(), ROOT);
  assert.equal(bare.length, 2);
  assert.match(bare[0], /^the first cell is not a markdown cell with a title/);
  assert.match(bare[1], /^the last cell is not a markdown cell/);

  const timeless = tidyNotebook("1");
  timeless.cells[0].source = ["# Title\n", "No time."];
  assert.match(notebookProblems(timeless, ROOT).join(), /^the first cell does not state the run time/);
});
