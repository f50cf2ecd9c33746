/**
 * Figures and tables in a notebook.
 * @module
 */
import { displayInNotebook, inNotebook } from "../progress.ts";
import { markdownTable, tableDisplay, type TableRow } from "../table.ts";
import type { InteractiveFigure } from "./kit/html.ts";
import { renderPng } from "./kit/render.ts";
import type { Figure } from "./kit/svg.ts";

/** The content of a `display_data` message of Jupyter. */
export interface DisplayData {
  /** A picture as base 64, and words. */
  readonly data: { readonly "image/png": string; readonly "text/plain": string };
  /** The size at which the picture is to be shown, in pixels, and its alternative text. */
  readonly metadata: {
    readonly "image/png": { readonly width: number; readonly height: number; readonly alt: string };
  };
}

/** The figure as a picture at 100 %, sharp on fine screens, with its description for readers who see no pictures. */
export async function displayFigure(figure: Figure): Promise<DisplayData> {
  const { width, height, description } = figure;
  const png = await renderPng(figure);
  return {
    data: { "image/png": png.toBase64(), "text/plain": description },
    metadata: { "image/png": { width, height, alt: description } },
  };
}

/** Shows the figure under the notebook's cell; does nothing outside of a notebook. */
export async function showFigure(figure: Figure): Promise<void> {
  if (!inNotebook()) return;
  const { data, metadata } = await displayFigure(figure);
  await displayInNotebook(data, { metadata });
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
