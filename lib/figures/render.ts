/**
 * The picture of a figure, for places that show no SVG.
 * @module
 */
import sharp from "sharp";
import type { Figure } from "./figure.ts";

/** SVG has 72 pixels an inch at 100 %; twice as many are sharp on a fine screen. */
const DOUBLE_DENSITY = 144;

/** @returns a PNG file of twice the figure's width and height, on white, with a palette of 256 colours to keep it small */
export async function renderPng(figure: Figure): Promise<Uint8Array> {
  const png = await sharp(new TextEncoder().encode(figure.svg), { density: DOUBLE_DENSITY })
    .flatten({ background: "white" })
    .png({ palette: true, effort: 7 })
    .toBuffer();
  return Uint8Array.from(png);
}
