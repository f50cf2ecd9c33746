/**
 * iEmoji-100: 100 everyday objects, each drawn by eight artists, placed on random backgrounds. See data/README.md.
 * @module
 */

import { join } from "node:path";
import { randomStream } from "../../random.ts";
import { UserError } from "../../user_error.ts";
import {
  type Drawing,
  makeDrawing,
  paintBackground,
  paintOver,
  placeDrawing,
  randomPlacement,
} from "../augmentation.ts";
import { IEMOJI_ARTISTS, IEMOJI_TEST_ARTISTS, IEMOJI_VALIDATION_ARTIST } from "./artists.ts";
import { type DrawingCache, readDrawingCache, writeDrawingCache } from "./cache.ts";
import { IEMOJI_CLASSES } from "./classes.ts";
import { DRAWING_COUNT, DRAWING_SIDE, renderDrawings } from "./render.ts";
import type { Dataset, ImageSet, OpenOptions, Split } from "../image_set.ts";

/** Every drawing gives this many images for testing, and as many for validation. */
export const IEMOJI_EVALUATION_DRAWS = 10;
/** Validation and test images are the same in every run, whatever the run's seed is. */
const EVALUATION_SEED = 0;
/** Mean and standard deviation are those of the training images with this seed. */
const STATISTICS_SEED = 0;
const STATISTICS_VIEWS = 4;

/** Options for {@linkcode prepareIEmoji}. */
export interface PrepareIEmojiOptions {
  /** The folder for the rendered drawings, such as `data/iemoji-100`. */
  directory: string;
  /** Called after each drawing. */
  onProgress?: (done: number, total: number) => void;
}

/** Options for {@linkcode loadIEmoji}. */
export interface LoadIEmojiOptions extends PrepareIEmojiOptions {
  /** Height and width of the images, 16 to 64 pixels; 32 by default. */
  size?: number;
  /**
   * For tuning: take the artist `noto` out of training, and validate on those drawings. Without it, validation images are
   * other draws of the drawings that are trained on.
   */
  holdOut?: boolean;
}

/**
 * Renders the drawings of iEmoji-100 (two seconds) unless that has been done; a file that is damaged or of another
 * version is replaced.
 *
 * @throws {UserError} if the folder cannot be written to or the disk is full
 */
export async function prepareIEmoji({ directory, onProgress }: PrepareIEmojiOptions): Promise<void> {
  const path = cachePath(directory);
  try {
    if (await readDrawingCache(path)) return onProgress?.(DRAWING_COUNT, DRAWING_COUNT);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
  await renderIntoCache(path, onProgress);
}

/**
 * Opens iEmoji-100, rendering the drawings first where that has not been done.
 *
 * @throws {UserError} if the file with the drawings is damaged or of another version, or the size is out of range
 */
export async function loadIEmoji(
  { directory, onProgress, size = 32, holdOut = false }: LoadIEmojiOptions,
): Promise<Dataset> {
  if (!Number.isInteger(size) || size < 16 || size > DRAWING_SIDE) {
    throw new UserError(
      `Expected the image size of iEmoji-100 to be an integer from 16 to ${DRAWING_SIDE} but found ${size}; ` +
        `choose one in that range.`,
    );
  }
  const path = cachePath(directory);
  const cache = await readDrawingCache(path) ?? await renderIntoCache(path, onProgress);
  return makeDataset(cache, size, holdOut);
}

function cachePath(directory: string): string {
  return join(directory, "drawings.bin");
}

async function renderIntoCache(
  path: string,
  onProgress?: (done: number, total: number) => void,
): Promise<DrawingCache> {
  const pixels = await renderDrawings(onProgress);
  const withoutStatistics = makeDataset({ pixels, mean: [0, 0, 0], std: [1, 1, 1] }, 32, false);
  const everyClass = IEMOJI_CLASSES.map((_, id) => id);
  const cache = {
    ...channelStatistics(
      withoutStatistics.open("train", everyClass, { seed: STATISTICS_SEED, views: STATISTICS_VIEWS }),
    ),
    pixels,
  };
  await writeDrawingCache(path, cache);
  return cache;
}

function makeDataset({ pixels, mean, std }: DrawingCache, size: number, holdOut: boolean): Dataset {
  return {
    name: "iemoji-100",
    classNames: IEMOJI_CLASSES,
    imageSize: size,
    mean,
    std,
    open(split, classIds, options) {
      const artists = artistsOf(split, holdOut);
      const drawings = classIds.flatMap((classId) =>
        artists.map((artist) => cutOut(pixels, classId, artist, size))
      );
      return openDrawings(drawings, split, size, options);
    },
  };
}

/** Names of the artists whose drawings a split is made from. */
function artistsOf(split: Split, holdOut: boolean): readonly string[] {
  if (split === "test") return IEMOJI_TEST_ARTISTS;
  if (split === "validation" && holdOut) return [IEMOJI_VALIDATION_ARTIST];
  return IEMOJI_ARTISTS.map(({ name }) => name)
    .filter((name) => !IEMOJI_TEST_ARTISTS.includes(name) && !(holdOut && name === IEMOJI_VALIDATION_ARTIST));
}

interface LabeledDrawing {
  readonly classId: number;
  readonly artist: string;
  readonly drawing: Drawing;
}

/** Copies one drawing, so that who holds it holds no other. */
function cutOut(pixels: Uint8Array, classId: number, artist: string, size: number): LabeledDrawing {
  if (IEMOJI_CLASSES[classId] === undefined) {
    throw new UserError(
      `Expected class ids of iEmoji-100 from 0 to ${IEMOJI_CLASSES.length - 1} but found ${classId}; ` +
        `check the number of classes in the configuration.`,
    );
  }
  const bytes = DRAWING_SIDE * DRAWING_SIDE * 4;
  const artistId = IEMOJI_ARTISTS.findIndex(({ name }) => name === artist);
  const start = (artistId * IEMOJI_CLASSES.length + classId) * bytes;
  return {
    classId,
    artist,
    drawing: makeDrawing(DRAWING_SIDE, pixels.subarray(start, start + bytes), 2 * size),
  };
}

/**
 * Training: one image a drawing, with many views. Validation and test: a fixed number of images a drawing, each with
 * one view. Either way a draw depends on nothing but seed, split, class, artist and its number.
 */
function openDrawings(
  drawings: readonly LabeledDrawing[],
  split: Split,
  size: number,
  options: OpenOptions,
): ImageSet {
  const training = split === "train";
  const seed = training ? options.seed : EVALUATION_SEED;
  const views = training ? options.views : 1;
  const imagesPerDrawing = training ? 1 : IEMOJI_EVALUATION_DRAWS;
  if (!Number.isInteger(views) || views < 1) {
    throw new UserError(
      `Expected the number of views of a training image to be 1 or more but found ${views}; change it.`,
    );
  }
  const count = drawings.length * imagesPerDrawing;
  const labels = Int32Array.from(
    { length: count },
    (_, i) => drawings[Math.floor(i / imagesPerDrawing)].classId,
  );
  const placed = new Float32Array(size * size * 4);

  /** Puts the drawing into `placed`; the stream goes on to the background. */
  function place(image: number, view: number) {
    if (!(image >= 0 && image < count && view >= 0 && view < views)) {
      throw new RangeError(`image ${image}, view ${view} of ${count} images with ${views} views`);
    }
    const { classId, artist, drawing } = drawings[Math.floor(image / imagesPerDrawing)];
    const draw = training ? view : image % imagesPerDrawing;
    const random = randomStream("iemoji-100", seed, split, IEMOJI_CLASSES[classId], artist, draw);
    placeDrawing(drawing, randomPlacement(random), size, placed);
    return random;
  }

  return {
    name: `iemoji-100 ${split}`,
    count,
    size,
    views,
    labels,
    read(image, view, target) {
      paintBackground(place(image, view), size, target);
      paintOver(placed, target);
    },
    readMask(image, view, target) {
      place(image, view);
      for (let i = 0; i < size * size; i++) target[i] = placed[4 * i + 3] + 0.5;
    },
  };
}

/** Mean and standard deviation of each channel over all views, to four decimals. */
function channelStatistics(set: ImageSet): Pick<Dataset, "mean" | "std"> {
  const image = new Uint8Array(set.size * set.size * 3);
  const sum = [0, 0, 0], squares = [0, 0, 0];
  for (let i = 0; i < set.count; i++) {
    for (let view = 0; view < set.views; view++) {
      set.read(i, view, image);
      for (let j = 0; j < image.length; j++) {
        const value = image[j] / 255;
        sum[j % 3] += value;
        squares[j % 3] += value * value;
      }
    }
  }
  const pixels = set.count * set.views * set.size * set.size;
  const mean = sum.map((total) => total / pixels);
  const std = squares.map((total, c) => Math.sqrt(total / pixels - mean[c] ** 2));
  const rounded = (
    [red, green, blue]: number[],
  ): [number, number, number] => [round(red), round(green), round(blue)];
  return { mean: rounded(mean), std: rounded(std) };
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
