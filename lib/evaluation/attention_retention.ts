/**
 * How much of M_0's attention is left in M_t, and the measures of single maps that it is made of.
 *
 * An all-zero map says that nothing in the image speaks for the class: it resembles no other map, points
 * nowhere, and has no energy inside the object. It counts as 0 in each measure.
 * @module
 */
import { type MapSize, resizeMap } from "../attention/mod.ts";
import { mean } from "../numbers.ts";
import { UserError } from "../user_error.ts";
import type { AttentionRetention, Drop } from "./step_metrics.ts";

/**
 * Cosine between two maps of the same image: Σ Q·P / (‖Q‖₂ ‖P‖₂).
 * @param first Q, (h·w), not below 0
 * @param second P, (h·w), not below 0
 * @returns between 0, no common place, and 1, the same but for strength; 0 where a map is all zero
 */
export function mapCosine(first: ArrayLike<number>, second: ArrayLike<number>): number {
  let [product, firstSquared, secondSquared] = [0, 0, 0];
  for (let i = 0; i < first.length; i++) {
    product += first[i] * second[i];
    firstSquared += first[i] ** 2;
    secondSquared += second[i] ** 2;
  }
  if (firstSquared === 0 || secondSquared === 0) return 0;
  return product / Math.sqrt(firstSquared * secondSquared);
}

/**
 * The pointing game (Zhang et al., "Top-down Neural Attention by Excitation Backprop", ECCV 2016): does the
 * peak of the map, scaled to the image, lie on the object? Without the tolerance of 15 pixels around it that
 * large photographs are given.
 * @param map (h·w), not below 0
 * @param mask (H·W) from 0 to 1; more than a half is the object
 * @returns false where the map is all zero
 */
export function pointsAtObject(
  map: ArrayLike<number>,
  mapSize: MapSize,
  mask: ArrayLike<number>,
  imageSize: MapSize,
): boolean {
  const scaled = resizeMap(map, mapSize, imageSize);
  let peak = 0;
  for (let i = 1; i < scaled.length; i++) if (scaled[i] > scaled[peak]) peak = i;
  return scaled[peak] > 0 && mask[peak] > 0.5;
}

/**
 * Share of the attention that lies on the object (the energy-based pointing game of Wang et al., "Score-CAM",
 * CVPR Workshops 2020): Σ Q·mask / Σ Q, with Q scaled to the image.
 * @param map Q, (h·w), not below 0
 * @param mask (H·W) from 0 to 1
 * @returns between 0 and 1; 0 where the map is all zero
 */
export function energyInside(
  map: ArrayLike<number>,
  mapSize: MapSize,
  mask: ArrayLike<number>,
  imageSize: MapSize,
): number {
  const scaled = resizeMap(map, mapSize, imageSize);
  const all = scaled.reduce((sum, value) => sum + value, 0);
  const inside = scaled.reduce((sum, value, i) => sum + value * mask[i], 0);
  return all === 0 ? 0 : inside / all;
}

/** Attention maps of N images, each for the image's true class. */
export interface AttentionMaps {
  /** (N, h·w), image by image, not below 0. */
  readonly maps: Float32Array;
  /** h and w. */
  readonly mapSize: MapSize;
}

/** Where the objects are in N images. */
export interface ObjectMasks {
  /** (N, H·W) from 0 to 1, image by image. */
  readonly masks: Float32Array;
  /** H and W. */
  readonly imageSize: MapSize;
}

/**
 * Attention retention: of images of base classes, how the maps for the true class changed from M_0 to M_t.
 * Images for which M_0's map is all zero do not count, there is nothing to retain; where M_t's is, all is
 * lost (see the measures).
 * @param first maps of M_0
 * @param now maps of M_t for the same images in the same order
 * @param objects masks of the same images; without them only the cosine is measured
 * @throws {UserError} where the maps are not of the same images or no image counts
 */
export function attentionRetention(
  first: AttentionMaps,
  now: AttentionMaps,
  objects?: ObjectMasks,
): AttentionRetention {
  const cosines = mapCosines(first, now);
  const counted = [...cosines.keys()].filter((image) => !isAllZero(mapOf(first, image)));
  if (counted.length === 0) {
    throw new UserError(
      `Expected images that M_0 has an attention map for but found none among ${cosines.length}. ` +
        `Check that the images are of the classes that M_0 knows, and that M_0 is trained.`,
    );
  }
  const meanOf = (measure: (image: number) => number) => mean(counted.map(measure));
  const retention = {
    images: counted.length,
    cosine: meanOf((image) => cosines[image]),
    dark: counted.filter((image) => isAllZero(mapOf(now, image))).length,
  };
  if (objects === undefined) return retention;

  const dropOf = (measure: (maps: AttentionMaps, image: number) => number): Drop => {
    const [before, after] = [first, now].map((maps) => meanOf((image) => measure(maps, image)));
    return { first: before, now: after, drop: before - after };
  };
  const { imageSize } = objects;
  const maskOf = (image: number) => mapOf({ maps: objects.masks, mapSize: imageSize }, image);
  return {
    ...retention,
    pointingGame: dropOf((maps, image) =>
      Number(pointsAtObject(mapOf(maps, image), maps.mapSize, maskOf(image), imageSize))
    ),
    energyInside: dropOf((maps, image) =>
      energyInside(mapOf(maps, image), maps.mapSize, maskOf(image), imageSize)
    ),
  };
}

/**
 * Cosine of each image's two maps.
 * @param first maps of one model
 * @param now maps of another for the same images in the same order
 * @returns (N), see {@linkcode mapCosine}
 * @throws {UserError} where the maps are not of the same number and size
 */
export function mapCosines(first: AttentionMaps, now: AttentionMaps): Float64Array {
  if (first.maps.length !== now.maps.length || first.mapSize.join() !== now.mapSize.join()) {
    const described = ({ maps, mapSize }: AttentionMaps) =>
      `${maps.length / (mapSize[0] * mapSize[1])} maps of ${mapSize[0]} × ${mapSize[1]}`;
    throw new UserError(
      `Expected maps of the same images but found ${described(first)} and ${described(now)}. ` +
        `Take both models' maps of one set of images.`,
    );
  }
  const pixels = first.mapSize[0] * first.mapSize[1];
  return Float64Array.from(
    { length: first.maps.length / pixels },
    (_, image) => mapCosine(mapOf(first, image), mapOf(now, image)),
  );
}

/** Whether nothing in the image speaks for the class: such a map has not moved, it is gone. */
export function isAllZero(map: Float32Array): boolean {
  return map.every((value) => value === 0);
}

/** (h·w) the map of one image. */
export function mapOf({ maps, mapSize }: AttentionMaps, image: number): Float32Array {
  const pixels = mapSize[0] * mapSize[1];
  return maps.subarray(image * pixels, (image + 1) * pixels);
}
