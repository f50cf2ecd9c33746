/**
 * A Jupyter notebook file (nbformat 4.5): read, write, and the cells' code.
 * @module
 */
import { join } from "node:path";
import { writeFileWhole } from "../../lib/files.ts";
import { UserError } from "../../lib/user_error.ts";

/** The content of a notebook file. */
export interface Notebook {
  /** From top to bottom. */
  cells: Cell[];
  /** Kernel and language. */
  metadata: Record<string, unknown>;
  /** Version of the format: 4. */
  nbformat: number;
  /** Its minor version: 5, since which cells have ids. */
  nbformat_minor: number;
}

/** One cell; `source` is a text or its lines, as the format allows both. */
export type Cell = CodeCell | ProseCell;

/** A cell that is run. */
export interface CodeCell {
  /** Tells it from prose. */
  cell_type: "code";
  /** Unique in the notebook. */
  id: string;
  /** Not used here. */
  metadata: Record<string, unknown>;
  /** TypeScript. */
  source: string | string[];
  /** The number of its execution, from 1 in each kernel; null if it was not run. */
  execution_count: number | null;
  /** What it has shown. */
  outputs: Output[];
}

/** A cell that is read. */
export interface ProseCell {
  /** Tells it from code. */
  cell_type: "markdown" | "raw";
  /** Unique in the notebook. */
  id: string;
  /** Not used here. */
  metadata: Record<string, unknown>;
  /** Markdown. */
  source: string | string[];
}

/** What a code cell has shown. */
export type Output = StreamOutput | DisplayOutput | ErrorOutput;

/** Text from the console. */
export interface StreamOutput {
  /** Tells it from other outputs. */
  output_type: "stream";
  /** Which stream. */
  name: "stdout" | "stderr";
  /** Lines, each with its line end. */
  text: string[];
}

/** A figure, a table, a progress bar (`display_data`), or the value of the last expression (`execute_result`). */
export interface DisplayOutput {
  /** Tells it from other outputs. */
  output_type: "display_data" | "execute_result";
  /** The same thing in one or more media types. */
  data: Record<string, unknown>;
  /** By media type, such as a picture's width. */
  metadata: Record<string, unknown>;
  /** Of the cell; only with a result. */
  execution_count?: number | null;
}

/** Why a cell has failed. */
export interface ErrorOutput {
  /** Tells it from other outputs. */
  output_type: "error";
  /** The error's class. */
  ename: string;
  /** Its message. */
  evalue: string;
  /** Lines of the stack, the message first. */
  traceback: string[];
}

/**
 * A notebook for the project's kernel.
 * @param sources of its code cells, which get the ids "cell-1", "cell-2", …
 * @returns the notebook, not yet run
 */
export function notebookOf(...sources: string[]): Notebook {
  return {
    cells: sources.map((source, index) => ({
      cell_type: "code",
      id: `cell-${index + 1}`,
      metadata: {},
      source,
      execution_count: null,
      outputs: [],
    })),
    metadata: { kernelspec: { display_name: "Deno", language: "typescript", name: "deno" } },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/**
 * Lists the notebooks of a folder.
 * @param folder that holds notebooks
 * @returns those whose name begins with a number, in that order
 */
export async function numberedNotebooks(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (/^\d+.*\.ipynb$/.test(entry.name)) names.push(entry.name);
  }
  return names.sort().map((name) => join(folder, name));
}

/**
 * Reads a notebook file.
 * @param path of an `.ipynb` file
 * @returns its content
 * @throws {UserError} if there is no such file, or it is no notebook of format 4
 */
export async function readNotebook(path: string): Promise<Notebook> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new UserError(
      `Expected a notebook at ${path}, but it cannot be read (${(error as Error).message}).`,
    );
  }
  return parseNotebook(text, path);
}

/**
 * Reads a notebook from text.
 * @param text JSON
 * @param path only for the message of an error
 * @returns the notebook
 * @throws {UserError} if the text is no notebook of format 4
 */
export function parseNotebook(text: string, path: string): Notebook {
  let notebook: Partial<Notebook>;
  try {
    notebook = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      `Expected ${path} to be a notebook (JSON), found ${(error as Error).message}: restore it with git.`,
    );
  }
  if (notebook?.nbformat !== 4 || !Array.isArray(notebook.cells)) {
    throw new UserError(
      `Expected ${path} to be a notebook of format 4 with cells, found format ${notebook?.nbformat}: ` +
        "save it anew with JupyterLab or VS Code.",
    );
  }
  return notebook as Notebook;
}

/**
 * Writes to a temporary file first and renames it, so that a crash leaves the old file or the new one.
 * @param path of the `.ipynb` file
 * @param notebook its new content
 * @throws {UserError} where it cannot be written
 */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  await writeFileWhole(path, serializeNotebook(notebook));
}

/**
 * The layout that Jupyter itself writes: sorted keys, one space of indentation, texts as lists of lines.
 * @param notebook any notebook
 * @returns the same text for the same notebook, whoever wrote it before
 */
export function serializeNotebook(notebook: Notebook): string {
  const cells = notebook.cells.map((cell) => ({ ...cell, source: lines(sourceOf(cell)) }));
  return JSON.stringify(withSortedKeys({ ...notebook, cells }), null, 1) + "\n";
}

/**
 * The text of a cell, whichever way the file keeps it.
 * @param cell any cell
 * @returns its text
 */
export function sourceOf(cell: Cell): string {
  return Array.isArray(cell.source) ? cell.source.join("") : cell.source;
}

/**
 * The cells that are run.
 * @param notebook any notebook
 * @returns its code cells; the n-th is called "code cell n" in every message
 */
export function codeCells(notebook: Notebook): CodeCell[] {
  return notebook.cells.filter((cell) => cell.cell_type === "code");
}

/**
 * Every notebook's opening cell says how long it takes, as in "Run time: about 2 minutes".
 * @param notebook any notebook
 * @returns that time in seconds, or nothing if the opening cell does not say
 */
export function statedRunTime(notebook: Notebook): number | undefined {
  const opening = notebook.cells[0];
  if (opening?.cell_type !== "markdown") return undefined;
  const [, number, unit] = sourceOf(opening).match(/run time[^.\d]*([\d.]+)\s*(second|s\b|min)/i) ?? [];
  if (number === undefined) return undefined;
  return Number(number) * (unit.toLowerCase() === "min" ? 60 : 1);
}

/**
 * Splits a text the way notebook files keep it.
 * @param text any text
 * @returns its lines, each with its line end
 */
export function lines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/** All code of a notebook as one module. */
export interface JoinedCells {
  /** TypeScript. */
  code: string;
  /** For each line of the code, counted from 0, where it stands in the notebook; nothing for lines between cells. */
  positions: (CellPosition | undefined)[];
}

/** A line of a cell, both counted from 1; cells are counted among the code cells. */
export interface CellPosition {
  /** Which code cell. */
  cell: number;
  /** Which of its lines. */
  line: number;
}

/**
 * Joins the code cells of a notebook.
 * @param notebook any notebook
 * @returns its code cells as one module that compilers and linters can read
 */
export function joinCells(notebook: Notebook): JoinedCells {
  const code: string[] = [];
  const positions: JoinedCells["positions"] = [];
  codeCells(notebook).forEach((cell, index) => {
    sourceOf(cell).split("\n").forEach((text, line) => {
      code.push(text);
      positions.push({ cell: index + 1, line: line + 1 });
    });
    // Cells are separate programs: the last line of one must not run on into the next.
    code.push(";");
    positions.push(undefined);
  });
  code.push("export {};", "");
  return { code: code.join("\n"), positions };
}

function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withSortedKeys(inner)]));
}
