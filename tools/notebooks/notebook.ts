/**
 * A Jupyter notebook file (nbformat 4.5): read, write, and the cells' code.
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { readJson, writeFileWhole } from "../../lib/files.ts";
import type { Message } from "./jupyter_wire.ts";

const cell = z.looseObject({
  cell_type: z.enum(["code", "markdown", "raw"]),
  /** Since nbformat 4.5. */
  id: z.string().optional(),
  metadata: z.looseObject({}),
  /** A text or its lines, as the format allows both. */
  source: z.union([z.string(), z.array(z.string())]),
});
const notebook = z.looseObject({
  nbformat: z.literal(4),
  metadata: z.looseObject({}),
  cells: z.array(cell),
});

export type Cell = z.infer<typeof cell>;
export type Notebook = z.infer<typeof notebook>;

/** A cell that is run; each run of a kernel counts its executions from 1. */
export type CodeCell = Cell & { execution_count: number | null; outputs: Output[] };

/** What a code cell has shown. */
export type Output =
  /** Text of the console, as lines, each with its line end. */
  | { output_type: "stream"; name: "stdout" | "stderr"; text: string[] }
  /** A figure, a table, a progress bar, or the value of the last expression. */
  | ({ output_type: "display_data" | "execute_result"; execution_count?: number | null } & Shown)
  | ErrorOutput;

interface Shown {
  /** By media type. */
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

export interface ErrorOutput {
  output_type: "error";
  ename: string;
  evalue: string;
  /** Lines of the stack, the message first. */
  traceback: string[];
}

/** The notebooks of a folder whose names begin with a number, in that order. */
export async function numberedNotebooks(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const names = entries.map(({ name }) => name).filter((name) => /^\d+.*\.ipynb$/.test(name));
  return names.sort().map((name) => join(folder, name));
}

const NOTEBOOK = {
  schema: notebook,
  holds: "a notebook of format 4",
  remedy: "Check the path, restore it with git, or save it with JupyterLab or VS Code.",
};

/** Reads a notebook file. @throws {UserError} if there is no such file, or it is no notebook of format 4 */
export function readNotebook(path: string): Promise<Notebook> {
  return readJson(path, NOTEBOOK);
}

/** Writes a notebook; a crash leaves the old file or the new one. */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  await writeFileWhole(path, serializeNotebook(notebook));
}

/** The layout that Jupyter itself writes: sorted keys, one space of indentation, texts as lists of lines. */
export function serializeNotebook(notebook: Notebook): string {
  const cells = notebook.cells.map((cell) => ({ ...cell, source: lines(sourceOf(cell)) }));
  return JSON.stringify({ ...notebook, cells }, sortKeys, 1) + "\n";
}

/** The text of a cell, whichever way the file keeps it. */
export function sourceOf(cell: Cell): string {
  return Array.isArray(cell.source) ? cell.source.join("") : cell.source;
}

/** The cells that are run; the n-th is called "code cell n" in every message. */
export function codeCells(notebook: Notebook): CodeCell[] {
  return notebook.cells.filter(({ cell_type }) => cell_type === "code") as CodeCell[];
}

/** Seconds that a notebook takes by its opening cell, as in "Run time: about 2 minutes", if it says so. */
export function statedRunTime(notebook: Notebook): number | undefined {
  const opening = notebook.cells[0];
  if (opening?.cell_type !== "markdown") return undefined;
  const [, number, unit] = sourceOf(opening).match(/run time[^.\d]*([\d.]+)\s*(second|s\b|min)/i) ?? [];
  if (number === undefined) return undefined;
  return Number(number) * (unit.toLowerCase() === "min" ? 60 : 1);
}

/** The lines of a text, each with its line end, as notebook files keep them. */
export function lines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/** Joins the code cells of a notebook into one module that compilers and linters can read. */
export function joinCells(notebook: Notebook): string {
  // Cells are separate programs: the last line of one must not run on into the next.
  return [...codeCells(notebook).map((cell) => `${sourceOf(cell)}\n;`), "export {};\n"].join("\n");
}

/** What a kernel says of a display. */
export interface DisplayContent extends Partial<Shown> {
  /** A display with an id shows progress. */
  transient?: { display_id?: string };
  execution_count?: number;
}

/**
 * The outputs of a cell, from what the kernel has said while it ran. A display with an id shows progress, and
 * is not kept: it depends on the machine and on what was trained before.
 */
export function outputsOf(messages: readonly Message[]): Output[] {
  const outputs: Output[] = [];
  for (const { type, content } of messages) {
    if (type === "stream") {
      const { name, text } = content as { name: "stdout" | "stderr"; text: string };
      const last = outputs.at(-1);
      if (last?.output_type === "stream" && last.name === name) last.text.push(text);
      else outputs.push({ output_type: "stream", name, text: [text] });
    } else if (type === "display_data" || type === "execute_result") {
      const { data = {}, metadata = {}, transient, execution_count = null } = content as DisplayContent;
      if (transient?.display_id !== undefined) continue;
      const result = type === "execute_result" && { execution_count };
      outputs.push({ output_type: type, data: asStored(data), metadata, ...result });
    } else if (type === "error") {
      const { ename, evalue, traceback } = content as unknown as ErrorOutput;
      outputs.push({ output_type: "error", ename, evalue, traceback });
    }
  }
  for (const output of outputs) {
    if (output.output_type === "stream") output.text = lines(output.text.join(""));
  }
  // A cell ends with its result or its error, which now and then overtakes the text before it.
  const isEnd = ({ output_type }: Output) => output_type === "execute_result" || output_type === "error";
  return [...outputs.filter((output) => !isEnd(output)), ...outputs.filter(isEnd)];
}

/** Texts are stored as lists of lines; pictures in base64 as one text; JSON as it is. */
function asStored(data: Record<string, unknown>): Record<string, unknown> {
  const isText = /^text\/|^image\/svg\+xml$|^application\/javascript$/;
  return Object.fromEntries(
    Object.entries(data).map((
      [type, value],
    ) => [type, typeof value === "string" && isText.test(type) ? lines(value) : value]),
  );
}

function sortKeys(_key: string, value: unknown): unknown {
  if (Array.isArray(value) || value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
