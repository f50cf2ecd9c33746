/**
 * Checks the notebooks. The kernel strips the types of a cell, and an import of a name that does not exist is
 * `undefined` there; so the cells of each notebook are joined into one module, which is type-checked and
 * linted. A notebook imports only `lwm` and the npm packages of deno.json. As committed, it was run in order
 * and without errors, its cells are short, and it begins and ends with prose.
 *
 *     deno task check:notebooks [NOTEBOOK …]
 * @module
 */
import { basename, join, resolve } from "node:path";
import { fromHere, runCommand } from "../commands/command_line.ts";
import {
  codeCells,
  joinCells,
  type Notebook,
  numberedNotebooks,
  readNotebook,
  sourceOf,
  statedRunTime,
} from "../notebooks/notebook.ts";

const LONGEST_CELL = 15;

/**
 * Checks a notebook as committed, with its outputs, apart from the types and the lint of its code.
 * @param root the project's folder on this machine, which no output may name
 * @param packages the npm packages that it may import
 * @returns what is wrong with it, one sentence each
 */
export function notebookProblems(
  notebook: Notebook,
  root: string,
  packages: readonly string[] = [],
): string[] {
  const problems: string[] = [];
  const opening = notebook.cells[0];
  if (opening?.cell_type !== "markdown" || !sourceOf(opening).trimStart().startsWith("# ")) {
    problems.push(
      'the first cell is not a markdown cell with a title ("# …") that says what the notebook shows',
    );
  } else if (statedRunTime(notebook) === undefined) {
    problems.push('the first cell does not state the run time, as in "Run time: about 2 minutes"');
  }
  if (notebook.cells.length < 2 || notebook.cells.at(-1)?.cell_type !== "markdown") {
    problems.push("the last cell is not a markdown cell that says what was seen");
  }
  codeCells(notebook).forEach((cell, index) => {
    const complain = (problem: string) => problems.push(`code cell ${index + 1}: ${problem}`);
    const source = sourceOf(cell).trimEnd();
    const length = source.split("\n").length;
    if (source === "") complain("is empty");
    for (const [, name] of source.matchAll(/\b(?:from|import)\s*\(?\s*["'`]([^"'`]+)["'`]/g)) {
      if (name !== "lwm" && !packages.some((known) => name === known || name.startsWith(`${known}/`))) {
        complain(`imports "${name}"; a notebook imports "lwm" and the npm packages of deno.json`);
      }
    }
    if (length > LONGEST_CELL) {
      complain(`has ${length} lines, more than ${LONGEST_CELL}; split it, or move code to lib/`);
    }
    if (cell.execution_count !== index + 1) {
      complain(`has run as number ${cell.execution_count}; run the notebook with \`deno task notebooks\``);
    }
    if (cell.outputs.some((output) => output.output_type === "error")) complain("has an error as output");
    if (JSON.stringify(cell.outputs).includes(root)) {
      complain(`names a folder of this machine (${root}) in its output`);
    }
  });
  return problems;
}

/** Checks notebooks and the code in them. @returns what is wrong, in one text each */
export async function checkNotebooks(paths: string[], root: string): Promise<string[]> {
  const { imports } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const packages = Object.keys(imports).filter((name) => imports[name].startsWith("npm:"));
  const notebooks = await Promise.all(paths.map(readNotebook));
  const problems = notebooks.flatMap((notebook, i) =>
    notebookProblems(notebook, root, packages).map((problem) => `${paths[i]}: ${problem}`)
  );
  if (paths.length === 0) return problems;
  // A folder below deno.json, so that imports mean there what they mean in the project.
  await Deno.mkdir(join(root, ".check"), { recursive: true });
  const folder = await Deno.makeTempDir({ dir: join(root, ".check") });
  try {
    const files = paths.map((path) => join(folder, `${basename(path, ".ipynb")}.ts`));
    await Promise.all(files.map((file, i) => Deno.writeTextFile(file, joinCells(notebooks[i]))));
    const reports = await Promise.all([
      deno(["check", "--quiet", ...files], root),
      // The console's text may appear under a later cell: `print` of lwm waits.
      deno(
        ["lint", "--quiet", "--rules-exclude=no-import-prefix", "--rules-include=no-console", ...files],
        root,
      ),
    ]);
    return [...problems, ...reports.filter((report) => report !== "")];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a command of Deno's. @returns its complaints; empty where it has none */
async function deno(args: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return "";
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return text.replace(/\n+Stack backtrace:[\s\S]*/, "").trim();
}

async function main(args: string[]): Promise<void> {
  const paths = args.length > 0 ? args.map(fromHere) : await numberedNotebooks("notebooks");
  const problems = await checkNotebooks(paths, resolve(import.meta.dirname!, "../.."));
  for (const problem of problems) console.error(`${problem}\n`);
  console.error(`Notebooks: ${paths.length} checked, ${problems.length} problems.`);
  if (problems.length > 0) Deno.exit(1);
}

if (import.meta.main) await runCommand(main);
