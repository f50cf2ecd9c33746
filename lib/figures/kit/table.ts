/**
 * A table in a notebook.
 * @module
 */
import { insideNotebook } from "./show.ts";

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
  if (!insideNotebook()) return console.log(markdown);
  await Deno.jupyter.broadcast("display_data", {
    data: { "text/markdown": markdown, "text/plain": markdown },
    metadata: {},
    transient: {},
  });
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
    const width = Math.max(...[heading, "---", ...columns[i]].map((text) => text.length));
    const pad = (text: string) => right ? text.padStart(width) : text.padEnd(width);
    const rule = right ? `${"-".repeat(width - 1)}:` : "-".repeat(width);
    return [pad(heading), rule, ...columns[i].map(pad)];
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
