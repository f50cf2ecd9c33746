/**
 * Figures and tables in a notebook.
 * @module
 */
import { Buffer } from "node:buffer";
import { displayInNotebook, inNotebook } from "../progress.ts";
import { renderPng } from "./kit/render.ts";
import type { Figure } from "./kit/svg.ts";

/** The content of a `display_data` message of Jupyter. */
export interface DisplayData {
  /** A picture as base 64, and words. */
  readonly data: { readonly "image/png": string; readonly "text/plain": string };
  /** The size at which the picture is to be shown, in pixels. */
  readonly metadata: { readonly "image/png": { readonly width: number; readonly height: number } };
}

/** The figure as a picture at 100 %, sharp on fine screens, with its description as text for readers who see no pictures. */
export async function displayFigure(figure: Figure): Promise<DisplayData> {
  const png = await renderPng(figure);
  return {
    data: { "image/png": Buffer.from(png).toString("base64"), "text/plain": figure.description },
    metadata: { "image/png": { width: figure.width, height: figure.height } },
  };
}

/** Shows the figure under the notebook's cell; does nothing outside of a notebook. */
export async function showFigure(figure: Figure): Promise<void> {
  if (!inNotebook()) return;
  const { data, metadata } = await displayFigure(figure);
  await displayInNotebook(data, { metadata });
}

/** One row: a value for each heading. */
export type TableRow = Readonly<Record<string, string | number>>;

/**
 * Shows a table under the notebook's cell; writes it to the console outside of a notebook.
 *
 * @param rows the first row's keys are the headings. Numbers with a fraction are written with two decimals: write others
 * as text
 */
export async function showTable(rows: readonly TableRow[]): Promise<void> {
  const markdown = markdownTable(rows);
  if (!inNotebook()) return console.log(markdown);
  await displayInNotebook({ "text/markdown": markdown, "text/plain": markdown });
}

/**
 * @param rows as in {@linkcode showTable}
 * @returns the table in GitHub's Markdown: also readable as plain text, with numbers to the right
 */
export function markdownTable(rows: readonly TableRow[]): string {
  const headings = Object.keys(rows[0] ?? {});
  const columns = headings.map((heading) => rows.map((row) => written(row[heading])));
  const lines = headings.map((heading, i) => {
    const right = columns[i].every((text) => text === "" || /^[-−+\d.]/.test(text));
    const title = written(heading);
    const width = Math.max(...[title, "---", ...columns[i]].map((text) => text.length));
    const pad = (text: string) => right ? text.padStart(width) : text.padEnd(width);
    const rule = right ? `${"-".repeat(width - 1)}:` : "-".repeat(width);
    return [pad(title), rule, ...columns[i].map(pad)];
  });
  return Array.from(
    { length: rows.length + 2 },
    (_, row) => `| ${lines.map((column) => column[row]).join(" | ")} |`,
  )
    .join("\n");
}

function written(value: string | number | undefined): string {
  const text = typeof value !== "number"
    ? (value ?? "").replaceAll("|", "\\|")
    : Number.isInteger(value)
    ? String(value)
    : value.toFixed(2);
  return text.replace(/^-(?=[\d.])/, "−");
}
