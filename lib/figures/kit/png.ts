/**
 * PNG files from raw pixels, synchronously and without a library, so that a figure can be a pure function.
 * @module
 */
import { Buffer } from "node:buffer";
import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const EIGHT_BITS = 8;
const TRUE_COLOR = 2;
const PAETH = 4;

/**
 * Writes pixels as a PNG file.
 *
 * @param rgb (height, width, 3) bytes
 * @returns the bytes of a PNG file, 8 bits a channel, without alpha
 * @throws {RangeError} if the number of bytes is not height · width · 3
 */
export function encodePng(rgb: ArrayLike<number>, width: number, height: number): Uint8Array {
  if (rgb.length !== width * height * 3) {
    throw new RangeError(
      `Expected ${width} × ${height} × 3 = ${width * height * 3} bytes of pixels but found ${rgb.length}.`,
    );
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([EIGHT_BITS, TRUE_COLOR], 8);
  return Buffer.concat([
    Buffer.from(SIGNATURE),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(filterRows(rgb, width, height), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A PNG as a data URI, so that an SVG needs no other file. */
export function pngDataUri(rgb: ArrayLike<number>, width: number, height: number): string {
  return `data:image/png;base64,${Buffer.from(encodePng(rgb, width, height)).toString("base64")}`;
}

/** length, type, data, checksum of type and data */
function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, "latin1");
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

/** Each row as differences to Paeth's prediction, which halves the size of pictures with smooth areas. */
function filterRows(rgb: ArrayLike<number>, width: number, height: number): Buffer {
  const rowLength = width * 3;
  const filtered = Buffer.alloc((rowLength + 1) * height);
  for (let y = 0; y < height; y++) {
    const start = y * (rowLength + 1);
    filtered[start] = PAETH;
    for (let i = 0; i < rowLength; i++) {
      const here = y * rowLength + i;
      const left = i >= 3 ? rgb[here - 3] : 0;
      const above = y > 0 ? rgb[here - rowLength] : 0;
      const aboveLeft = i >= 3 && y > 0 ? rgb[here - rowLength - 3] : 0;
      filtered[start + 1 + i] = rgb[here] - paeth(left, above, aboveLeft);
    }
  }
  return filtered;
}

/** The neighbor that is nearest to left + above − aboveLeft (PNG specification, section 9.4). */
function paeth(left: number, above: number, aboveLeft: number): number {
  const estimate = left + above - aboveLeft;
  const toLeft = Math.abs(estimate - left);
  const toAbove = Math.abs(estimate - above);
  const toAboveLeft = Math.abs(estimate - aboveLeft);
  if (toLeft <= toAbove && toLeft <= toAboveLeft) return left;
  return toAbove <= toAboveLeft ? above : aboveLeft;
}
