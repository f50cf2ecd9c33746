/**
 * From images to the arrays that the network takes. An epoch is a list of draws, which is cut into batches.
 * @module
 */
import { randomStream } from "../random.ts";
import { requirePositive, UserError } from "../user_error.ts";
import type { Dataset, ImageSet, Picture } from "./image_set.ts";

/** One view of one image, by their numbers in an {@linkcode ImageSet}. */
export interface Draw {
  /** From 0 to `count` − 1. */
  readonly image: number;
  /** From 0 to `views` − 1. */
  readonly view: number;
}

/** What the order of an epoch depends on. */
export interface EpochOptions {
  /** The run's seed. */
  seed: number;
  /** The incremental step, from 0. */
  step: number;
  /** The epoch within the step, from 0. */
  epoch: number;
  /** How often each image is seen in the epoch, each time in the next view; 1 by default. */
  drawsPerEpoch?: number;
}

/**
 * Plans an epoch: every image `drawsPerEpoch` times, shuffled. Views are taken in turn: all are seen before
 * the first is repeated.
 */
export function epochPlan(
  set: Pick<ImageSet, "count" | "views">,
  { seed, step, epoch, drawsPerEpoch = 1 }: EpochOptions,
): Draw[] {
  requirePositive("the draws of an image in each epoch", drawsPerEpoch);
  const order = randomStream(seed, "epoch", step, epoch).permutation(set.count * drawsPerEpoch);
  return order.map((position) => ({
    image: Math.floor(position / drawsPerEpoch),
    view: (epoch * drawsPerEpoch + position % drawsPerEpoch) % set.views,
  }));
}

/** Every view of every image in order, for evaluation. */
export function allDraws(set: Pick<ImageSet, "count" | "views">): Draw[] {
  return Array.from(
    { length: set.count * set.views },
    (_, i) => ({ image: Math.floor(i / set.views), view: i % set.views }),
  );
}

/**
 * Cuts a list into as few batches as `batchSize` allows, of sizes that differ by at most one. Nothing is
 * dropped, no batch is tiny, and kernels that are compiled for a shape are compiled for at most two.
 */
export function inBatches<T>(draws: readonly T[], batchSize: number): T[][] {
  requirePositive("the batch size", batchSize);
  const batches = Math.ceil(draws.length / batchSize);
  const start = (batch: number) => Math.floor(batch * draws.length / batches);
  return Array.from({ length: batches }, (_, batch) => draws.slice(start(batch), start(batch + 1)));
}

/**
 * An epoch as batches: {@linkcode epochPlan}, cut by {@linkcode inBatches}.
 * @throws {UserError} if `drawsPerEpoch` or `batchSize` is not a positive integer
 */
export function epochBatches(
  set: Pick<ImageSet, "count" | "views">,
  { batchSize, ...options }: EpochOptions & { batchSize: number },
): Draw[][] {
  return inBatches(epochPlan(set, options), batchSize);
}

/** Mean and standard deviation of each channel over the training images, bytes taken as 0 to 1. */
export type Normalization = Pick<Dataset, "mean" | "std">;

/** Images and their labels, ready for the network. */
export interface Batch {
  /** (B, size, size, 3) normalized images. */
  readonly x: Float32Array;
  /** (B) class ids. */
  readonly labels: Int32Array;
}

/**
 * Reads images and normalizes them: (byte / 255 − mean) / std in each channel.
 * @param normalization mean and standard deviation of the channels; a {@linkcode Dataset} has them
 */
export function readBatch(set: ImageSet, draws: readonly Draw[], { mean, std }: Normalization): Batch {
  // The normalized value of every byte, by channel.
  const [red, green, blue] = mean.map((m, c) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - m) / std[c])
  );
  const bytes = new Uint8Array(set.size * set.size * 3);
  const x = new Float32Array(draws.length * bytes.length);
  let to = 0;
  for (const { image, view } of draws) {
    set.read(image, view, bytes);
    for (let j = 0; j < bytes.length; j += 3, to += 3) {
      x[to] = red[bytes[j]];
      x[to + 1] = green[bytes[j + 1]];
      x[to + 2] = blue[bytes[j + 2]];
    }
  }
  return { x, labels: Int32Array.from(draws, ({ image }) => set.labels[image]) };
}

/**
 * Reads the masks of the same draws.
 * @returns (B, size, size) from 0 to 1
 * @throws {UserError} if the set has no masks
 */
export function readMasks(set: ImageSet, draws: readonly Draw[]): Float32Array {
  const pixels = set.size * set.size;
  const masks = new Float32Array(draws.length * pixels);
  for (const [i, draw] of draws.entries()) {
    const bytes = readMask(set, draw);
    for (let j = 0; j < pixels; j++) masks[i * pixels + j] = bytes[j] / 255;
  }
  return masks;
}

/**
 * Reads one image as the network takes it, before normalization.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { configure, openDataset, readPicture } from "lwm";
 *
 * const dataset = await openDataset(configure());
 * const telephones = dataset.open("test", [dataset.classNames.indexOf("telephone")], { seed: 1, views: 1 });
 * const { size, rgb } = readPicture(telephones, { image: 0, view: 0 });
 * assert.equal(rgb.length, size * size * 3);
 * ```
 */
export function readPicture(set: ImageSet, { image, view }: Draw): Picture {
  const rgb = new Uint8Array(set.size * set.size * 3);
  set.read(image, view, rgb);
  return { size: set.size, rgb };
}

/**
 * Reads the object's mask in the same image: white on black.
 * @throws {UserError} if the set has no masks
 */
export function readMaskPicture(set: ImageSet, draw: Draw): Picture {
  const mask = readMask(set, draw);
  return {
    size: set.size,
    rgb: Uint8Array.from({ length: 3 * mask.length }, (_, i) => mask[Math.floor(i / 3)]),
  };
}

/** (size, size) bytes. */
function readMask(set: ImageSet, { image, view }: Draw): Uint8Array {
  if (!set.readMask) {
    throw new UserError(
      `Expected a data set with masks but found ${set.name}, which has none; choose another.`,
    );
  }
  const mask = new Uint8Array(set.size * set.size);
  set.readMask(image, view, mask);
  return mask;
}
