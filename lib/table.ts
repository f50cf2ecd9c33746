/**
 * Tables: in Markdown for notebooks and pages, and as plain text for terminals.
 * @module
 */

/** One row: a value for each heading. */
export type TableRow = Readonly<Record<string, string | number>>;

/**
 * The method by which Deno's Jupyter kernel asks the value of a cell what to show.
 * @internal
 */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display");

/** Escapes what steers a terminal and XML cannot hold, such as `\x1b`: a file or class may be called so. */
export function printable(text: string): string {
  const escaped = (c: string) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
  return text.replaceAll(/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu, escaped);
}

/** A number of things, such as `1 class` or `2 classes`. */
export function counted(count: number, noun: string): string {
  const ending = count === 1 ? "" : noun.endsWith("s") ? "es" : "s";
  return `${count} ${noun}${ending}`;
}

/** @returns the table in GitHub's Markdown: also readable as plain text, with numbers to the right */
export function markdownTable(rows: readonly TableRow[]): string {
  const { columns, lines } = layOut(rows, (text) => text.replaceAll("|", "\\|"), 3);
  const rules = columns.map(({ right, width }) => right ? `${"-".repeat(width - 1)}:` : "-".repeat(width));
  const [headings, ...others] = lines.map((cells) => `| ${cells.join(" | ")} |`);
  return [headings, `| ${rules.join(" | ")} |`, ...others].join("\n");
}

/** @returns lines for a terminal, the headings first, in which the columns stand under each other */
export function textTable(rows: readonly TableRow[]): string[] {
  return layOut(rows, (text) => text, 0).lines.map((cells) => cells.join("  ").trimEnd());
}

/** @returns a line for each row, the headings first, for spreadsheets and other programs */
export function delimitedText(rows: readonly TableRow[], separator: string): string {
  const headings = headingsOf(rows);
  const lines = [headings, ...rows.map((row) => headings.map((heading) => row[heading] ?? ""))];
  return lines.map((line) => `${line.join(separator)}\n`).join("");
}

function headingsOf(rows: readonly TableRow[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

/**
 * Columns of padded texts, those of numbers alone set to the right, and the lines that they give, the
 * headings first.
 */
function layOut(rows: readonly TableRow[], escape: (text: string) => string, leastWidth: number) {
  const columns = headingsOf(rows).map((heading) => {
    const values = rows.map((row) => escape(written(row[heading])));
    const right = values.every((text) => text === "" || /^[-−+\d.]/.test(text));
    const texts = [escape(heading), ...values];
    const width = Math.max(leastWidth, ...texts.map((text) => text.length));
    return { right, width, texts: texts.map((text) => right ? text.padStart(width) : text.padEnd(width)) };
  });
  const lines = ["", ...rows].map((_, line) => columns.map(({ texts }) => texts[line]));
  return { columns, lines };
}

function written(value: string | number | undefined): string {
  const isFraction = typeof value === "number" && !Number.isInteger(value);
  return (isFraction ? value.toFixed(2) : printable(String(value ?? ""))).replace(/^-(?=[\d.])/, "−");
}
