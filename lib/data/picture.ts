/**
 * Images as they are shown to people: plain bytes, not normalized.
 * @module
 */

import { UserError } from "../user_error.ts";
import type { Draw } from "./batches.ts";
import type { ImageSet } from "./image_set.ts";

/** A square picture. */
export interface Picture {
  /** Height and width in pixels. */
  readonly size: number;
  /** (size, size, 3) bytes. */
  readonly rgb: Uint8Array;
}

/**
 * One image as the network gets it, but for the normalization.
 *
 * @param set where the image is
 * @param draw which image, and which view of it
 */
export function readPicture(set: ImageSet, { image, view }: Draw): Picture {
  const rgb = new Uint8Array(set.size * set.size * 3);
  set.read(image, view, rgb);
  return { size: set.size, rgb };
}

/**
 * The object's mask in the same image: white on black.
 *
 * @param set where the image is
 * @param draw which image, and which view of it
 * @throws {UserError} if the set has no masks
 */
export function readMaskPicture(set: ImageSet, { image, view }: Draw): Picture {
  if (!set.readMask) {
    throw new UserError(
      `Expected a data set with masks but found ${set.name}, which has none; choose another.`,
    );
  }
  const mask = new Uint8Array(set.size * set.size);
  set.readMask(image, view, mask);
  return {
    size: set.size,
    rgb: Uint8Array.from({ length: 3 * mask.length }, (_, i) => mask[Math.floor(i / 3)]),
  };
}
