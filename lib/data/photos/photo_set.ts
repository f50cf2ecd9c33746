/**
 * Images of a photo cache as an {@linkcode ImageSet}.
 * @module
 */
import { randomStream } from "../../random.ts";
import { cropAndFlip } from "../augmentation.ts";
import type { Box } from "./decode.ts";
import type { ImageSet, OpenOptions } from "../image_set.ts";
import { type CachedPhoto, readCachedImage } from "./photo_cache.ts";

/** Options of {@linkcode openPhotoSet}. */
export interface PhotoSetOptions extends OpenOptions {
  name: string;
  imageSize: number;
  /** Whether views are cropped and mirrored at random; if not, there is one view of each image. */
  augmented: boolean;
}

/**
 * Each view of an augmented set is a random crop after padding by an eighth of the side (4 pixels at 32×32,
 * as is the custom on CIFAR), mirrored or not. It depends on the seed, the photo's name and the view's number
 * alone.
 */
export function openPhotoSet(
  path: string,
  images: readonly (CachedPhoto & { readonly classId: number })[],
  { name, imageSize: size, augmented, seed, views }: PhotoSetOptions,
): ImageSet {
  const padding = Math.round(size / 8);
  const stored = new Uint8Array(3 * size * size);

  const writeView = (pixels: Uint8Array, image: number, view: number, target: Uint8Array): void => {
    if (!augmented) return target.set(pixels);
    const random = randomStream(seed, "photo view", images[image].name, view);
    cropAndFlip(pixels, size, padding, random, target);
  };

  const hasMasks = images.length > 0 && images.every(({ box }) => box);

  return {
    name,
    count: images.length,
    size,
    views: augmented ? views : 1,
    labels: Int32Array.from(images, ({ classId }) => classId),
    read(image, view, target) {
      readCachedImage(path, images[image], stored);
      writeView(stored, image, view, target);
    },
    ...(hasMasks && {
      readMask: (image, view, target) => writeView(boxMask(images[image].box!, size), image, view, target),
    }),
  };
}

/** (size, size) bytes: 255 where a pixel's middle is in the box, else 0. */
function boxMask(box: Box, size: number): Uint8Array {
  const mask = new Uint8Array(size * size);
  const inside = (from: number, length: number, at: number) => at + 0.5 >= from && at + 0.5 < from + length;
  for (let y = 0; y < size; y++) {
    if (!inside(box.top, box.height, y)) continue;
    for (let x = 0; x < size; x++) {
      if (inside(box.left, box.width, x)) mask[y * size + x] = 255;
    }
  }
  return mask;
}
