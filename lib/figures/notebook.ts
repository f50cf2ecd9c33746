/**
 * Figures and tables in a notebook.
 * @module
 */
import { displayInNotebook, inNotebook } from "../progress.ts";
import { DISPLAY, markdownTable, tableDisplay, type TableRow } from "../table.ts";
import type { InteractiveFigure } from "./kit/html.ts";
import type { Figure } from "./kit/svg.ts";

/** Shows the figure under the notebook's cell; does nothing outside of a notebook. */
export async function showFigure(figure: Figure): Promise<void> {
  if (inNotebook()) await displayInNotebook(figure[DISPLAY]());
}

/** Shows an interactive figure under the notebook's cell; does nothing outside of a notebook. */
export async function showInteractive({ html, figure }: InteractiveFigure): Promise<void> {
  if (!inNotebook()) return;
  await displayInNotebook({ "text/html": html, "text/plain": figure.description });
}

/**
 * Shows a table under the notebook's cell; writes it to the console outside of a notebook.
 * @param rows the first row's keys are the headings. Numbers with a fraction are written with two decimals:
 * write others as text
 *
 * @example
 * ```ts
 * import { figures } from "lwm";
 *
 * await figures.showTable([{ method: "C", accuracy: 0.25 }, { method: "LwM", accuracy: 0.5 }]);
 * ```
 */
export async function showTable(rows: readonly TableRow[]): Promise<void> {
  if (!inNotebook()) return console.log(markdownTable(rows));
  await displayInNotebook(tableDisplay(rows));
}
