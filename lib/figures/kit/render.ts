/**
 * The picture of a figure, for places that show no SVG.
 * @module
 */
import sharp from "sharp";
import type { Figure } from "./figure.ts";
import { provideFonts } from "./fonts.ts";

/** SVG has 72 pixels an inch at 100 %; twice as many are sharp on a fine screen. */
const CHART_DENSITY = 144;
/** Pictures need full color, and so more bytes; a notebook with several of them is to stay below two megabytes. */
const PICTURE_DENSITY = 108;

const rendered = new WeakMap<Figure, Promise<Uint8Array>>();

/**
 * Draws a figure with librsvg, once however often it is asked for: a notebook shows and saves the same figure.
 *
 * @returns a PNG file of twice the figure's width and height, or one and a half times where it holds pictures; on white
 */
export function renderPng(figure: Figure): Promise<Uint8Array> {
  const png = rendered.get(figure) ?? render(figure);
  rendered.set(figure, png);
  return png;
}

async function render({ svg }: Figure): Promise<Uint8Array> {
  provideFonts();
  const hasPictures = svg.includes("<image");
  const density = hasPictures ? PICTURE_DENSITY : CHART_DENSITY;
  // 256 colors are plenty for a chart, but not for pictures.
  const format = hasPictures
    ? { adaptiveFiltering: true, compressionLevel: 9 }
    : { palette: true, effort: 7 };
  const png = await sharp(new TextEncoder().encode(svg), { density })
    .flatten({ background: "white" })
    .png(format)
    .toBuffer();
  return Uint8Array.from(png);
}
