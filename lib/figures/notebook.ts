/**
 * Figures and tables in a notebook.
 * @module
 */
import { displayInNotebook, inNotebook } from "../progress.ts";
import { markdownTable, tableDisplay, type TableRow } from "../table.ts";
import type { InteractiveFigure } from "./kit/html.ts";
import { renderPng } from "./kit/render.ts";
import { type Figure, imageTag } from "./kit/svg.ts";

/**
 * What a notebook shows of a figure, by media type: a picture at 100 %, sharp on fine screens, with the description as its
 * alternative text. It is HTML, since JupyterLab gives a bare picture no alternative text.
 */
export async function displayFigure(figure: Figure): Promise<{ "text/html": string; "text/plain": string }> {
  const source = `data:image/png;base64,${(await renderPng(figure)).toBase64()}`;
  return { "text/html": imageTag(figure, source), "text/plain": figure.description };
}

/** Shows the figure under the notebook's cell; does nothing outside of a notebook. */
export async function showFigure(figure: Figure): Promise<void> {
  if (inNotebook()) await displayInNotebook(await displayFigure(figure));
}

/** Shows an interactive figure under the notebook's cell; does nothing outside of a notebook. */
export async function showInteractive({ html, figure }: InteractiveFigure): Promise<void> {
  if (!inNotebook()) return;
  await displayInNotebook({ "text/html": html, "text/plain": figure.description });
}

/**
 * Shows a table under the notebook's cell; writes it to the console outside of a notebook.
 *
 * @param rows the first row's keys are the headings. Numbers with a fraction are written with two decimals: write others
 * as text
 */
export async function showTable(rows: readonly TableRow[]): Promise<void> {
  if (!inNotebook()) return console.log(markdownTable(rows));
  await displayInNotebook(tableDisplay(rows));
}
