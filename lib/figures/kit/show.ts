/**
 * A figure in a notebook.
 * @module
 */
import { Buffer } from "node:buffer";
import type { Figure } from "./figure.ts";
import { renderPng } from "./render.ts";

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
  if (!insideNotebook()) return;
  const { data, metadata } = await displayFigure(figure);
  await Deno.jupyter.broadcast("display_data", { data, metadata, transient: {} });
}

/** Whether this runs in a notebook: `Deno.jupyter` is there everywhere, but throws unless a kernel runs. */
export function insideNotebook(): boolean {
  try {
    return Deno.jupyter !== undefined;
  } catch {
    return false;
  }
}
