/**
 * An attention map, and how it is blended into the image that it belongs to. Also runs in a browser.
 * @module
 */
// @ts-types="npm:@types/d3-scale-chromatic@3.1.0"
import { interpolateInferno } from "d3-scale-chromatic";
import type { Picture } from "../../data/image_set.ts";
import { resizeMap } from "../../resize_map.ts";

/** A square attention map, as Grad-CAM gives it: nowhere negative. */
export interface AttentionMap {
  /** Height and width in cells, such as 8 for a ResNet on 32×32 pixels. */
  readonly size: number;
  /** (size, size) numbers, row by row. */
  readonly values: ArrayLike<number>;
}

/**
 * Pictures are drawn with at least this many pixels a side, so that a coarse map becomes a smooth overlay.
 */
const SMALLEST_SIDE = 64;

/** A map divided by its 2-norm, Q/‖Q‖₂: what L_AD compares. An all-zero map stays all zero. */
export function unitMap(map: AttentionMap): AttentionMap {
  const values = Array.from(map.values);
  const norm = Math.hypot(...values);
  return { size: map.size, values: norm === 0 ? values : values.map((value) => value / norm) };
}

/**
 * Whether a map is all zero. Nothing in the image speaks for the class then, so the map has not moved: it is
 * gone.
 */
export function isDark(map: AttentionMap): boolean {
  return Array.from(map.values).every((value) => value === 0);
}

/** The largest value of several unit maps: the `max` that makes their colors comparable. */
export function largestValue(maps: readonly AttentionMap[]): number {
  return Math.max(...maps.flatMap((map) => Array.from(unitMap(map).values)));
}

/** A cosine, after a word for it. A map that is all zero has not moved, so it gets none. */
export function cosineText(map: AttentionMap, cosine: number, word = ""): string {
  return isDark(map) ? "all zero" : word + cosine.toFixed(2);
}

/**
 * Blends an attention map into its image: the image keeps its shapes in gray, and the color is the
 * attention's.
 * @param image enlarged where it is small
 * @param max the value drawn in the last color; larger ones are drawn in it, too, and 0 makes the whole map
 * dark
 * @throws {RangeError} if the image or the map has the wrong number of values
 */
export function overlay(image: Picture, map: AttentionMap, max: number): Picture {
  expectLength("an attention map", map.values.length, map.size ** 2, `${map.size} × ${map.size}`);
  const { size, rgb } = enlargeImage(image);
  const attention = resizeMap(map.values, [map.size, map.size], [size, size]);
  const blended = new Uint8Array(rgb.length);
  for (let pixel = 0; pixel < size * size; pixel++) {
    const strength = max > 0 ? Math.min(1, Math.max(0, attention[pixel] / max)) : 0;
    const color = heatColor(strength);
    const [r, g, b] = rgb.subarray(pixel * 3, pixel * 3 + 3);
    const gray = 0.299 * r + 0.587 * g + 0.114 * b; // luma of ITU-R BT.601
    const cover = 0.45 + 0.3 * strength;
    for (let channel = 0; channel < 3; channel++) {
      const faded = 0.85 * gray + 0.15 * rgb[pixel * 3 + channel];
      blended[pixel * 3 + channel] = Math.round(faded * (1 - cover) + color[channel] * cover);
    }
  }
  return { size, rgb: blended };
}

/** Enlarges a small picture by a whole factor, so that a coarse map over it becomes smooth. */
export function enlargeImage({ size, rgb }: Picture): Picture {
  expectLength("an image", rgb.length, size * size * 3, `${size} × ${size} × 3`);
  const large = size * Math.ceil(SMALLEST_SIDE / size);
  const channels = [0, 1, 2].map((channel) =>
    resizeMap(rgb.filter((_, i) => i % 3 === channel), [size, size], [large, large])
  );
  const pixels = Uint8Array.from({ length: large * large * 3 }, (_, i) => channels[i % 3][Math.floor(i / 3)]);
  return { size: large, rgb: pixels };
}

function expectLength(what: string, found: number, expected: number, shape: string) {
  if (found !== expected) {
    throw new RangeError(`Expected ${shape} = ${expected} values of ${what} but found ${found}.`);
  }
}

const STEPS = 256;

/**
 * Inferno in 256 steps of three bytes: perceptually uniform, from black to a pale yellow, readable without
 * color.
 */
export const HEAT_COLORS: Uint8Array = Uint8Array.from({ length: STEPS * 3 }, (_, i) => {
  const hex = interpolateInferno(Math.floor(i / 3) / (STEPS - 1)); // #rrggbb
  return Number.parseInt(hex.substring(1 + 2 * (i % 3), 3 + 2 * (i % 3)), 16);
});

/**
 * The color of a strength.
 * @param strength from 0, black, to 1, pale yellow; values outside are drawn as the nearer end
 * @returns red, green and blue, three bytes
 */
export function heatColor(strength: number): Uint8Array {
  const step = Math.round(Math.min(1, Math.max(0, strength)) * (STEPS - 1));
  return HEAT_COLORS.subarray(step * 3, step * 3 + 3);
}
