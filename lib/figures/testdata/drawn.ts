/**
 * Small pictures for the tests of the figures, and a look into what was drawn.
 * @module
 */
import assert from "node:assert/strict";
import { parseHTML } from "linkedom";
import sharp from "sharp";
import type { Picture } from "../../data/image_set.ts";
import type { AttentionMap } from "../kit/overlay.ts";
import type { Figure } from "../kit/svg.ts";

/** A picture of 8×8 pixels with a slope in each channel. */
export const IMAGE: Picture = {
  size: 8,
  rgb: Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (Math.floor(i / 3) * 4 + (i % 3) * 40) % 256),
};

/** A map of 4×4 cells that is 0 but for one cell. */
export function spot(cell: number, strength = 1): AttentionMap {
  return { size: 4, values: Array.from({ length: 16 }, (_, i) => i === cell ? strength : 0) };
}

/**
 * Reads a figure's SVG, after making sure that it can be shown anywhere: valid XML of the stated size,
 * nothing from outside, nothing that only a browser's page knows, and no number that went wrong.
 * @returns the content of each text, in the order in which it was drawn
 */
export async function inspect(figure: Figure): Promise<string[]> {
  const { width, height } = await sharp(new TextEncoder().encode(figure.svg)).metadata();
  assert.deepEqual([width, height], [figure.width, figure.height]);
  const withoutPixels = figure.svg.replaceAll(/base64,[^"]*/g, "base64,");
  assert.doesNotMatch(withoutPixels, /NaN|undefined|Infinity|currentColor|var\(|<style|system-ui/);
  assert.doesNotMatch(figure.svg, /href="(?!data:image\/png;base64,)/);
  assert.doesNotMatch(figure.description, /[_^]\{|NaN|undefined/);
  assert.ok(figure.description.length > 20);

  const { document } = parseHTML(`<html><body>${figure.svg}</body></html>`);
  return [...document.querySelectorAll("text")].map((element) => element.textContent);
}
