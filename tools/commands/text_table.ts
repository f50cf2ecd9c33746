/** How a column stands: words to the left, numbers to the right. */
export type Alignment = "left" | "right";

/**
 * A table for a terminal.
 *
 * @param alignments one a column
 * @param rows texts, as many in each as there are columns; usually the first are the headings
 * @returns lines in which the columns stand under each other, two spaces apart
 */
export function textTable(alignments: readonly Alignment[], rows: readonly (readonly string[])[]): string[] {
  const widths = alignments.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row.map((text, column) =>
      alignments[column] === "left" ? text.padEnd(widths[column]) : text.padStart(widths[column])
    ).join("  ").trimEnd()
  );
}
