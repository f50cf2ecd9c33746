/**
 * The picture of a figure, for places that show no SVG.
 * @module
 */
import sharp from "sharp";
import type { Figure } from "./figure.ts";
import { provideFonts } from "./fonts.ts";

/** SVG has 72 pixels an inch at 100 %; twice as many are sharp on a fine screen. */
const DOUBLE_DENSITY = 144;

const rendered = new WeakMap<Figure, Promise<Uint8Array>>();

/**
 * Draws a figure with librsvg, once however often it is asked for: a notebook shows and saves the same figure.
 *
 * @returns a PNG file of twice the figure's width and height, on white
 */
export function renderPng(figure: Figure): Promise<Uint8Array> {
  const png = rendered.get(figure) ?? render(figure);
  rendered.set(figure, png);
  return png;
}

async function render({ svg }: Figure): Promise<Uint8Array> {
  provideFonts();
  // 256 colours are plenty for a chart, but not for pictures.
  const format = svg.includes("<image") ? { adaptiveFiltering: true } : { palette: true, effort: 7 };
  const png = await sharp(new TextEncoder().encode(svg), { density: DOUBLE_DENSITY })
    .flatten({ background: "white" })
    .png(format)
    .toBuffer();
  return Uint8Array.from(png);
}
