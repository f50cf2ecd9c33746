/**
 * Measures of one attention map. An all-zero map says that nothing in the image speaks for the class: it
 * resembles no other map, points nowhere, and has no energy inside the object. So it counts as 0 in each
 * measure.
 * @module
 */
import { type MapSize, resizeMap } from "../attention/mod.ts";

/**
 * Cosine between two maps of the same image: Σ Q·P / (‖Q‖₂ ‖P‖₂).
 *
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
 *
 * @param map (h·w), not below 0
 * @param mapSize h and w
 * @param mask (H·W) from 0 to 1; more than a half is the object
 * @param imageSize H and W
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
 *
 * @param map Q, (h·w), not below 0
 * @param mapSize h and w
 * @param mask (H·W) from 0 to 1
 * @param imageSize H and W
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
