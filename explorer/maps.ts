/**
 * Pictures and attention maps on canvases.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { resizeMap } from "../lib/resize_map.ts";
import type { Picture } from "./messages.ts";

/** Height and width of a drawn map in pixels of the canvas. */
const SIDE = 128;

/** Inferno, as in the figures of the notebooks: (256) colors of red, green and blue. */
const HEAT: readonly (readonly number[])[] = Array.from({ length: 256 }, (_, i) => {
  const { apply } = Plot.scale({ color: { type: "linear", scheme: "inferno", domain: [0, 255] } })!;
  const color = Number.parseInt(String(apply(i)).slice(1), 16);
  return [color >> 16, (color >> 8) & 255, color & 255];
});

/** Draws a picture, enlarged without smoothing. */
export function drawPicture(canvas: HTMLCanvasElement, { size, rgb }: Picture): void {
  canvas.width = canvas.height = size;
  const image = new ImageData(size, size);
  for (let pixel = 0; pixel < size * size; pixel++) {
    image.data.set(rgb.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
    image.data[4 * pixel + 3] = 255;
  }
  context(canvas).putImageData(image, 0, 0);
}

/**
 * Draws a map over its picture: the picture in grey, the attention in color.
 *
 * @param map (h·w), not below 0
 * @param max what the last color stands for; 0 makes the map dark
 */
export function drawMap(
  canvas: HTMLCanvasElement,
  picture: Picture,
  map: ArrayLike<number>,
  max: number,
): void {
  const { size, rgb } = picture;
  const cells = Math.sqrt(map.length);
  const attention = resizeMap(map, [cells, cells], [SIDE, SIDE]);
  const image = new ImageData(SIDE, SIDE);
  for (let y = 0, to = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, to += 4) {
      const strength = max > 0 ? Math.min(1, attention[y * SIDE + x] / max) : 0;
      const from = 3 * (Math.floor(y * size / SIDE) * size + Math.floor(x * size / SIDE));
      const grey = 0.299 * rgb[from] + 0.587 * rgb[from + 1] + 0.114 * rgb[from + 2];
      const cover = 0.45 + 0.35 * strength;
      const color = HEAT[Math.round(255 * strength)];
      for (let c = 0; c < 3; c++) image.data[to + c] = grey * (1 - cover) + color[c] * cover;
      image.data[to + 3] = 255;
    }
  }
  canvas.width = canvas.height = SIDE;
  context(canvas).putImageData(image, 0, 0);
}

/** Draws the colors from 0 to the largest. */
export function drawScale(canvas: HTMLCanvasElement): void {
  [canvas.width, canvas.height] = [128, 1];
  const image = new ImageData(128, 1);
  for (let x = 0; x < 128; x++) image.data.set([...HEAT[2 * x], 255], 4 * x);
  context(canvas).putImageData(image, 0, 0);
}

/** A context whose pixels are read back often. */
export function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext("2d", { willReadFrequently: true })!;
}

/**
 * The class whose map is shown of one model's answer.
 *
 * @param choice "true" for the picture's class, "top" for the model's first, "b" for its first among the base classes of its step, or
 * the number of a class
 * @param known number of classes that the teacher of the model knows
 * @returns -1 where the model does not know the class
 */
export function classOf(
  choice: string,
  trueClass: number,
  logits: ArrayLike<number>,
  known: number,
): number {
  const scores = Array.from(logits);
  const wanted = choice === "true"
    ? trueClass
    : choice === "top"
    ? argMax(scores)
    : choice === "b"
    ? argMax(scores.slice(0, known))
    : Number(choice);
  return wanted < scores.length ? wanted : -1;
}

function argMax(values: readonly number[]): number {
  return values.reduce((best, value, i) => value > values[best] ? i : best, 0);
}
