/**
 * Drawings made of strokes: how they are painted, how they fit into a link, and the two classes that stand
 * ready.
 *
 * Painting is plain arithmetic, so a drawing has the same pixels in every browser and in Deno.
 * @module
 */
import { randomStream } from "../lib/random.ts";

/** Side of the square that strokes are drawn on. */
export const PAD = 64;
/** Points lie on a grid of a quarter, so that a coordinate fits into a byte. */
const GRID = 4;

/** One line of the pen. */
export interface Stroke {
  /** Such as 0xd55e00. */
  readonly color: number;
  readonly width: number;
  /** x and y in turn, from 0 to {@linkcode PAD}. */
  readonly points: readonly number[];
}

/** A drawing on transparent ground. */
export type Sketch = readonly Stroke[];

/** The nearest place that a link can hold. */
export function onGrid(coordinate: number): number {
  return Math.min(255, Math.max(0, Math.round(coordinate * GRID))) / GRID;
}

/** A color as CSS writes it. */
export function cssColor(color: number): string {
  return `#${color.toString(16).padStart(6, "0")}`;
}

/** Paints a drawing: (64, 64, 4) bytes, RGBA with the colors multiplied by alpha. */
export function paintSketch(sketch: Sketch): Uint8Array {
  const pixels = new Float64Array(PAD * PAD * 4);
  for (const { color, width, points } of sketch) {
    const nearest = distances(points);
    const rgba = [color >> 16, (color >> 8) & 255, color & 255, 255];
    nearest.forEach((distance, pixel) => {
      const cover = Math.min(1, Math.max(0, width / 2 + 0.5 - distance));
      if (cover === 0) return;
      for (let c = 0; c < 4; c++) {
        pixels[4 * pixel + c] = cover * rgba[c] + (1 - cover) * pixels[4 * pixel + c];
      }
    });
  }
  return Uint8Array.from(pixels, Math.round);
}

/** Distance of each pixel's center from a line. */
function distances(points: readonly number[]): Float64Array {
  const nearest = new Float64Array(PAD * PAD).fill(Infinity);
  for (let i = 0; i === 0 || i + 3 < points.length; i += 2) {
    const [ax, ay, bx = ax, by = ay] = points.slice(i, i + 4);
    const [dx, dy] = [bx - ax, by - ay];
    const squared = dx * dx + dy * dy || 1; // of a dot, any: dx and dy are 0
    for (let pixel = 0; pixel < nearest.length; pixel++) {
      const x = pixel % PAD + 0.5 - ax, y = Math.floor(pixel / PAD) + 0.5 - ay;
      const along = Math.min(1, Math.max(0, (x * dx + y * dy) / squared));
      const rx = x - along * dx, ry = y - along * dy;
      nearest[pixel] = Math.min(nearest[pixel], Math.sqrt(rx * rx + ry * ry));
    }
  }
  return nearest;
}

/** Drawings as the letters of a link. */
export function encodeSketches(sketches: readonly Sketch[]): string {
  const bytes = sketches.flatMap((sketch) => [
    sketch.length,
    ...sketch.flatMap(({ color, width, points }) => {
      const count = points.length / 2;
      const numbers = [color >> 16, (color >> 8) & 255, color & 255, width * GRID, count >> 8, count & 255];
      return [...numbers, ...points.map((coordinate) => coordinate * GRID)];
    }),
  ]);
  const letters = btoa(bytes.map((byte) => String.fromCharCode(byte)).join(""));
  return letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The drawings of a link; none where the link is damaged. */
export function decodeSketches(letters: string): Sketch[] {
  try {
    const binary = atob(letters.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const sketches: Sketch[] = [];
    let at = 0;
    while (at < bytes.length) {
      const strokes = Array.from({ length: bytes[at++] }, (): Stroke => {
        const [red, green, blue, width, high, low] = bytes.subarray(at, at += 6);
        const points = Array.from(bytes.subarray(at, at += 2 * (high << 8 | low)), (byte) => byte / GRID);
        return { color: red << 16 | green << 8 | blue, width: width / GRID, points };
      });
      sketches.push(strokes);
    }
    return at === bytes.length ? sketches : [];
  } catch {
    return []; // not the letters of base64
  }
}

/** Vermilion, black, blue, purple and green: the colors of the ready drawings and of the pad. */
export const PENS = [0xd55e00, 0x222222, 0x0b5d8f, 0xa0207a, 0x1a7f37] as const;

/** The lines of the classes that stand ready. */
const READY: Record<string, number[][]> = {
  fish: [
    [8, 32, 12, 24, 19, 18, 27, 17, 36, 22, 44, 32, 36, 42, 27, 47, 19, 46, 12, 40, 8, 32],
    [44, 32, 58, 18, 57, 46, 44, 32],
    [18, 28],
  ],
  smiley: [
    [32, 8, 44, 11, 53, 20, 56, 32, 53, 44, 44, 53, 32, 56, 20, 53, 11, 44, 8, 32, 11, 20, 20, 11, 32, 8],
    [24, 20, 24, 26],
    [40, 20, 40, 26],
    [20, 38, 24, 43, 32, 46, 40, 43, 44, 38],
  ],
};
/** Their names. */
export const READY_NAMES: readonly string[] = Object.keys(READY);
/** How many drawings each of them has. */
const READY_COUNT = 20;

/** The drawings of a class that stands ready: one thing, drawn again and again with a shaky hand. */
export function readySketches(name: string): Sketch[] {
  return Array.from({ length: READY_COUNT }, (_, i) => {
    const random = randomStream("ready", name, i);
    const [color, width] = [PENS[random.integer(PENS.length)], onGrid(6 + 2.5 * random.uniform())];
    const [wide, high, lean] = [1, 1, 0].map((usual) => usual + 0.1 * random.normal());
    return READY[name].map((line) => {
      const shaken = line.map((at, k) =>
        at - 32 + 0.7 * random.normal() + (k % 2 ? 0 : lean * (line[k + 1] - 32))
      );
      return { color, width, points: shaken.map((at, k) => onGrid(32 + at * (k % 2 ? high : wide))) };
    });
  });
}
