/**
 * Pixels as PNG, synchronously, so that a figure can be a pure function.
 * @module
 */
import { Buffer } from "node:buffer";
// @ts-types="npm:@types/pngjs@6.0.5"
import { PNG } from "pngjs";

const TRUE_COLOR = 2;
/** Differences to Paeth's prediction halve the size of pictures with smooth areas. */
const PAETH = 4;

/**
 * Pixels as a data URI, so that an SVG needs no other file.
 * @param rgb (height, width, 3) bytes
 * @returns a PNG file, 8 bits a channel, without alpha
 * @throws {RangeError} if the number of bytes is not height · width · 3
 */
export function pngDataUri(rgb: ArrayLike<number>, width: number, height: number): string {
  if (rgb.length !== width * height * 3) {
    throw new RangeError(
      `Expected ${width} × ${height} × 3 = ${width * height * 3} bytes of pixels but found ${rgb.length}.`,
    );
  }
  const image = Object.assign(new PNG({ width, height }), { data: Buffer.from(Uint8Array.from(rgb)) });
  const png = PNG.sync.write(image, {
    colorType: TRUE_COLOR,
    inputColorType: TRUE_COLOR,
    inputHasAlpha: false,
    filterType: PAETH,
    deflateLevel: 9,
    deflateStrategy: 0,
  });
  return `data:image/png;base64,${png.toString("base64")}`;
}
