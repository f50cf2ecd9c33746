/**
 * From the bytes of a photo to a square RGB image.
 * @module
 */
import sharp from "sharp";
import { UserError } from "../../user_error.ts";

/** A rectangle in pixels, which may have fractions, from the left upper corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A square image. */
export interface DecodedPhoto {
  /** (size, size, 3) bytes. */
  readonly pixels: Uint8Array;
  /** The object, in pixels of the square image, cut off at its edges; absent where none was given. */
  readonly box?: Box;
}

/** A photo that can be read but not decoded; `--skipBroken` leaves it out. */
export class DamagedPhotoError extends UserError {
  constructor(readonly path: string, readonly found: string) {
    super(
      `Expected a whole JPEG, PNG or WebP image in "${path}" but found ${found}; replace the file, or delete it.`,
    );
  }
}

/**
 * Decodes a JPEG, PNG or WebP. Grey and CMYK become RGB, and what is transparent becomes white. The camera's
 * orientation is applied, unless there is a box, which is given in the pixels as they are stored. The shorter
 * side is scaled to `size` (Lanczos), and the middle of the longer side is kept.
 * @param box the object, in pixels of the photo as it is stored
 * @throws {DamagedPhotoError} if the bytes are no such image or are damaged
 */
export async function decodePhoto(
  bytes: Uint8Array,
  size: number,
  path: string,
  box?: Box,
): Promise<DecodedPhoto> {
  if (!isPhoto(bytes)) {
    throw new DamagedPhotoError(path, bytes.length === 0 ? "an empty file" : "something else");
  }
  let pixels: Uint8Array;
  try {
    // Boxes are given in the pixels as they are stored.
    pixels = await (box ? sharp(bytes) : sharp(bytes).autoOrient())
      .resize(size, size, { fit: "cover", position: "center" })
      .flatten({ background: "white" })
      .toColorspace("srgb")
      .raw()
      .toBuffer();
  } catch (error) {
    const { message } = error as Error;
    if (!/exceeds pixel limit/.test(message)) {
      throw new DamagedPhotoError(path, "one that is cut off or damaged");
    }
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    throw new DamagedPhotoError(path, `one of ${width} × ${height} pixels, more than 268 million`);
  }
  if (!box) return { pixels };

  const { width, height } = await sharp(bytes).metadata();
  return { pixels, box: boxInSquare(box, width, height, size) };
}

/**
 * Where a box of a (height, width) photo lies after scaling the shorter side to `size` and cropping the
 * middle: cut off at the edges, without an area if nothing of it is left.
 */
export function boxInSquare(box: Box, width: number, height: number, size: number): Box {
  const scale = size / Math.min(width, height);
  const shiftX = (size - width * scale) / 2;
  const shiftY = (size - height * scale) / 2;
  const clamp = (x: number) => Math.min(size, Math.max(0, x));
  const left = clamp(box.left * scale + shiftX);
  const top = clamp(box.top * scale + shiftY);
  const right = clamp((box.left + box.width) * scale + shiftX);
  const bottom = clamp((box.top + box.height) * scale + shiftY);
  return { left, top, width: right - left, height: bottom - top };
}

/** By the first bytes, not the name. sharp would also take SVG and other formats that are not photos. */
function isPhoto(bytes: Uint8Array): boolean {
  const begins = (text: string, at = 0) =>
    bytes.length >= at + text.length && [...text].every((c, i) => bytes[at + i] === c.charCodeAt(0));
  return begins("\xff\xd8\xff") || begins("\x89PNG\r\n\x1a\n") || (begins("RIFF") && begins("WEBP", 8));
}
