/**
 * The one door to all data sets of photos: finds the photos, decodes them once into a cache, splits them by a seed,
 * and opens the parts of it.
 * @module
 */

import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { UserError } from "../../user_error.ts";
import { DamagedPhotoError } from "./decode.ts";
import type { Dataset, Split } from "../image_set.ts";
import { type PhotoIndex, readPhotoIndex, type SkippedPhoto, writePhotoCache } from "./photo_cache.ts";
import { openPhotoSet } from "./photo_set.ts";
import { findPhotos, type PhotoDatasetName } from "./photo_datasets.ts";
import type { PhotoSource } from "./photo_source.ts";
import { splitPhotos } from "./photo_split.ts";

export { PHOTO_DATASETS } from "./photo_datasets.ts";
export type { PhotoDatasetName } from "./photo_datasets.ts";
export type { SkippedPhoto } from "./photo_cache.ts";

/** Options for {@linkcode loadPhotos}. */
export interface PhotoOptions {
  /** Which data set, and with it which layout. */
  name: PhotoDatasetName;
  /** The folder of the data set in its official layout. */
  path: string;
  /** Where the decoded images are kept; made if it is not there. */
  cacheDirectory: string;
  /** Height and width of the images in pixels. */
  imageSize: number;
  /** Decides the split into training, validation and test, and which classes are drawn. */
  seed: number;
  /** Names of classes, or how many to draw by the seed. Default: see each data set's module. */
  classes?: readonly string[] | number;
  /** CUB-200-2011 alone: use its official split instead of 80 / 20 by the seed. Default false. */
  officialSplit?: boolean;
  /** Hold a fifth of the training images out for validation. Default false: `validation` cannot be opened. */
  holdOut?: boolean;
  /** Leave out photos that cannot be decoded, and list them in {@linkcode PhotoDataset.skipped}. Default false. */
  skipBroken?: boolean;
  /** Called while photos are decoded; never if the cache is there already. */
  onProgress?: (done: number, total: number) => void;
}

/** A data set of photos. */
export interface PhotoDataset extends Dataset {
  /** The photos that could not be decoded; empty unless `skipBroken` was given. */
  readonly skipped: readonly SkippedPhoto[];
}

/**
 * Opens a data set of photos. The first time all photos are decoded into a file in `cacheDirectory`; later that file
 * is used as long as the photos, their labels and the choice of classes are unchanged.
 *
 * @throws {UserError} if the data set is not at `path`, is incomplete, or has damaged photos: names the file
 *
 * @example
 * ```ts ignore
 * const caltech = await loadPhotos({
 *   name: "caltech-101",
 *   path: "data/caltech-101",
 *   cacheDirectory: "data/cache",
 *   imageSize: 64,
 *   seed: 1,
 * });
 * const test = caltech.open("test", [0, 1, 2], { seed: 1, views: 1 });
 * ```
 */
export async function loadPhotos(options: PhotoOptions): Promise<PhotoDataset> {
  const { name, path, imageSize, seed, holdOut = false, skipBroken = false } = options;
  if (!Number.isInteger(imageSize) || imageSize < 1 || imageSize > 1024) {
    throw new UserError(
      `Expected the image size to be an integer from 1 to 1024 but found ${imageSize}; choose another.`,
    );
  }
  const source = findPhotos(name, options);
  const cache = join(options.cacheDirectory, `${name}-${imageSize}-${cacheKey(path, source)}.photos`);

  let index = readPhotoIndex(cache);
  const fits = index?.fingerprint === source.fingerprint && index.imageSize === imageSize;
  if (!index || !fits || !await stillDamaged(source, index, skipBroken)) {
    // A class with too few photos shows before any is decoded.
    splitPhotos(source.photos, source.classNames, { seed, holdOut });
    await writePhotoCache(cache, source, options);
    index = readPhotoIndex(cache);
    if (!index) throw new Error(`The image cache "${cache}" was just written and cannot be read.`);
  }

  const splits = splitPhotos(index.photos, source.classNames, { seed, holdOut });
  return {
    name: source.name,
    classNames: source.classNames,
    imageSize,
    digest: digestOf(index, source.classNames),
    ...colorStatistics(index, splits),
    skipped: index.skipped,
    open(split, classIds, openOptions) {
      if (split === "validation" && !holdOut) {
        throw new UserError(
          `Expected ${source.name} to be loaded with a validation part (holdOut) but found none; load it with one, or open "test".`,
        );
      }
      const wanted = new Set(classIds);
      const images = [...index.photos.keys()]
        .filter((i) => splits[i] === split && wanted.has(index.photos[i].classId));
      return openPhotoSet(cache, index, images, {
        name: `${source.name} ${split}`,
        augmented: split === "train",
        ...openOptions,
      });
    },
  };
}

/**
 * Whether all photos that a cache lacks are damaged still. Each is tried again: that size and date are the same does
 * not say that what was wrong lay in the file.
 *
 * @throws {UserError} if one is and may not be left out, or cannot be read
 */
async function stillDamaged(source: PhotoSource, index: PhotoIndex, skipBroken: boolean): Promise<boolean> {
  for (const { name } of index.skipped) {
    try {
      await source.decode(source.photos.findIndex((photo) => photo.name === name), index.imageSize);
      return false;
    } catch (error) {
      if (!skipBroken || !(error instanceof DamagedPhotoError)) throw error;
    }
  }
  return true;
}

/** One cache for each folder and choice of classes, so that two of them do not replace each other's. */
function cacheKey(path: string, source: PhotoSource): string {
  return createHash("sha256").update(JSON.stringify([resolve(path), source.classNames])).digest("hex").slice(
    0,
    8,
  );
}

/** Neither place nor dates count: the same photos may lie elsewhere. */
function digestOf({ photos }: PhotoIndex, classNames: readonly string[]): string {
  const images = photos.map(({ name, classId, split, crc }) => [name, classId, split, crc]);
  return createHash("sha256").update(JSON.stringify([classNames, images])).digest("hex").slice(0, 16);
}

/** Mean and standard deviation of each channel over the training images, between 0 and 1. */
function colorStatistics(index: PhotoIndex, splits: readonly Split[]): Pick<Dataset, "mean" | "std"> {
  const train = index.photos.filter((_, i) => splits[i] === "train");
  const pixels = train.length * index.imageSize ** 2;
  const total = (values: "sum" | "squares", channel: number) =>
    train.reduce((sum, photo) => sum + photo[values][channel], 0) / pixels;
  const mean = (channel: number) => total("sum", channel) / 255;
  // No less than half a grey level, so that images of one color can be divided by it.
  const std = (channel: number) =>
    Math.max(0.5 / 255, Math.sqrt(Math.max(0, total("squares", channel) / 255 ** 2 - mean(channel) ** 2)));
  return { mean: [mean(0), mean(1), mean(2)], std: [std(0), std(1), std(2)] };
}
