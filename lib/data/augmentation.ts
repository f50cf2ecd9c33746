/**
 * Random variation of images: drawings are placed on a soft background, photos are cropped and mirrored. All
 * of it follows from the stream of random numbers that is passed in.
 *
 * These are the inner loops of data loading: plain loops over typed arrays.
 * @module
 */
import type { RandomStream } from "../random.ts";

/** A square drawing on a transparent background. */
export interface Drawing {
  readonly side: number;
  /**
   * (side + 2, side + 2, 4) bytes: RGBA with the colors multiplied by alpha, inside a transparent border one
   * pixel wide, so that interpolation meets no edge.
   */
  readonly pixels: Uint8Array;
}

/** Where a drawing lies in an image. */
export interface Placement {
  /** Side of the drawing as a fraction of the image's. */
  readonly scale: number;
  /** Clockwise rotation in radians. */
  readonly angle: number;
  /** Offset of the drawing's center from the image's, as fractions of the image's side. */
  readonly shift: readonly [x: number, y: number];
  readonly mirrored: boolean;
}

/**
 * Makes a drawing from (side, side, 4) bytes with colors multiplied by alpha, halved until its side is at
 * most `atMost`.
 */
export function makeDrawing(side: number, rgba: Uint8Array, atMost = Infinity): Drawing {
  for (; side > atMost; side /= 2) rgba = halve(side, rgba);
  const pixels = new Uint8Array((side + 2) ** 2 * 4);
  for (let y = 0; y < side; y++) {
    pixels.set(rgba.subarray(y * side * 4, (y + 1) * side * 4), ((y + 1) * (side + 2) + 1) * 4);
  }
  return { side, pixels };
}

/** Means of 2×2 pixels: (side, side, 4) → (side / 2, side / 2, 4). */
function halve(side: number, rgba: Uint8Array): Uint8Array {
  const half = new Uint8Array(rgba.length / 4);
  const row = side * 4;
  for (let y = 0, to = 0; y < side; y += 2) {
    for (let x = 0; x < side; x += 2) {
      for (let from = y * row + x * 4, end = from + 4; from < end; from++, to++) {
        half[to] = (rgba[from] + rgba[from + 4] + rgba[from + row] + rgba[from + row + 4] + 2) >> 2;
      }
    }
  }
  return half;
}

/**
 * Draws a placement: scale 0.55 to 0.95, rotated by up to 20° either way, mirrored or not, and shifted as far
 * as the (upright) drawing stays inside the image.
 */
export function randomPlacement(random: RandomStream): Placement {
  const scale = 0.55 + 0.4 * random.uniform();
  const angle = symmetric(random) * 20 * Math.PI / 180;
  const room = (1 - scale) / 2;
  return {
    scale,
    angle,
    shift: [symmetric(random) * room, symmetric(random) * room],
    mirrored: random.uniform() < 0.5,
  };
}

/** Uniform in [-1, 1). */
function symmetric(random: RandomStream): number {
  return 2 * random.uniform() - 1;
}

/**
 * Draws a drawing into a transparent image. Each pixel is the mean of 2×2 samples with bilinear
 * interpolation: with a drawing of twice the image's side or less, the samples lie less than two of its
 * pixels apart, so nothing is skipped.
 * @param target (size, size, 4) receives RGBA from 0 to 255, colors multiplied by alpha
 */
export function placeDrawing(
  drawing: Drawing,
  placement: Placement,
  size: number,
  target: Float32Array,
): void {
  const { side, pixels } = drawing;
  const { scale, angle, shift, mirrored } = placement;
  const row = (side + 2) * 4;
  const end = side + 1;

  // From image to drawing: undo shift, rotation, scale and mirroring. One pixel to the right in the image is
  // (ux, vx) pixels in the drawing, one pixel down is (uy, vy).
  const zoom = side / (size * scale);
  const flip = mirrored ? -1 : 1;
  const ux = flip * zoom * Math.cos(angle), uy = flip * zoom * Math.sin(angle);
  const vx = -zoom * Math.sin(angle), vy = zoom * Math.cos(angle);
  // Position of the image's corner, in pixels of the bordered drawing (whose first pixel's center is 0).
  const left = -size * (0.5 + shift[0]), top = -size * (0.5 + shift[1]);
  const middle = (side + 1) / 2;
  const u0 = middle + left * ux + top * uy, v0 = middle + left * vx + top * vy;

  for (let y = 0, to = 0; y < size; y++) {
    for (let x = 0; x < size; x++, to += 4) {
      let red = 0, green = 0, blue = 0, alpha = 0;
      for (let sample = 0; sample < 4; sample++) {
        const sx = x + 0.25 + 0.5 * (sample & 1), sy = y + 0.25 + 0.5 * (sample >> 1);
        const u = u0 + sx * ux + sy * uy, v = v0 + sx * vx + sy * vy;
        if (u < 0 || v < 0 || u >= end || v >= end) continue;
        const i = u | 0, j = v | 0, p = u - i, q = v - j;
        const from = j * row + i * 4, below = from + row;
        const w00 = (1 - p) * (1 - q), w01 = p * (1 - q), w10 = (1 - p) * q, w11 = p * q;
        red += w00 * pixels[from] + w01 * pixels[from + 4] + w10 * pixels[below] + w11 * pixels[below + 4];
        green += w00 * pixels[from + 1] + w01 * pixels[from + 5] + w10 * pixels[below + 1] +
          w11 * pixels[below + 5];
        blue += w00 * pixels[from + 2] + w01 * pixels[from + 6] + w10 * pixels[below + 2] +
          w11 * pixels[below + 6];
        alpha += w00 * pixels[from + 3] + w01 * pixels[from + 7] + w10 * pixels[below + 3] +
          w11 * pixels[below + 7];
      }
      target[to] = red / 4;
      target[to + 1] = green / 4;
      target[to + 2] = blue / 4;
      target[to + 3] = alpha / 4;
    }
  }
}

/**
 * Paints a soft background into (size, size, 3) bytes: nine random colors near a common one, blended as a
 * quadratic Bézier patch.
 */
export function paintBackground(random: RandomStream, size: number, target: Uint8Array): void {
  const grey = 55 + 170 * random.uniform();
  const base = [0, 1, 2].map(() => grey + 50 * symmetric(random));
  const colors = new Float64Array(3 * 3 * 3); // (row, column, channel)
  for (let i = 0; i < 27; i++) colors[i] = Math.min(255, Math.max(0, base[i % 3] + 55 * symmetric(random)));

  const line = new Float64Array(3 * 3); // the patch at one height: (column, channel)
  for (let y = 0, to = 0; y < size; y++) {
    const t = (y + 0.5) / size;
    for (let i = 0; i < 9; i++) {
      line[i] = (1 - t) * (1 - t) * colors[i] + 2 * t * (1 - t) * colors[9 + i] + t * t * colors[18 + i];
    }
    for (let x = 0; x < size; x++) {
      const s = (x + 0.5) / size;
      const w0 = (1 - s) * (1 - s), w1 = 2 * s * (1 - s), w2 = s * s;
      for (let c = 0; c < 3; c++) target[to++] = w0 * line[c] + w1 * line[3 + c] + w2 * line[6 + c] + 0.5;
    }
  }
}

/** Lays a drawing from {@linkcode placeDrawing}, (size, size, 4), over an image of (size, size, 3) bytes. */
export function paintOver(placed: Float32Array, target: Uint8Array): void {
  for (let from = 0, to = 0; from < placed.length; from += 4, to += 3) {
    const through = 1 - placed[from + 3] / 255;
    target[to] = placed[from] + through * target[to] + 0.5;
    target[to + 1] = placed[from + 1] + through * target[to + 1] + 0.5;
    target[to + 2] = placed[from + 2] + through * target[to + 2] + 0.5;
  }
}

/**
 * The usual augmentation of photos (He et al., CVPR 2016, section 4.2): pad with black, crop at a random
 * place, mirror every other image. With a stream from the same keys, a mask is cropped exactly like its
 * image.
 * @param source (size, size, channels) bytes: an image or a mask
 * @param padding pixels added on each side before cropping
 * @param target (size, size, channels) bytes; not the same array as `source`
 */
export function cropAndFlip(
  source: Uint8Array,
  size: number,
  padding: number,
  random: RandomStream,
  target: Uint8Array,
): void {
  const channels = source.length / (size * size);
  const left = random.integer(2 * padding + 1) - padding;
  const top = random.integer(2 * padding + 1) - padding;
  const mirrored = random.uniform() < 0.5;
  for (let y = 0, to = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const fromX = left + (mirrored ? size - 1 - x : x), fromY = top + y;
      const inside = fromX >= 0 && fromX < size && fromY >= 0 && fromY < size;
      const from = (fromY * size + fromX) * channels;
      for (let c = 0; c < channels; c++) target[to++] = inside ? source[from + c] : 0;
    }
  }
}
