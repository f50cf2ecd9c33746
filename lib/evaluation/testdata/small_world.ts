import type { ImageSet } from "../../data/image_set.ts";
import type { Normalization } from "../../data/batches.ts";
import { ResNet } from "../../model/mod.ts";
import { randomStream } from "../../random.ts";

/** Random images of 8 × 8 pixels, one for each label. */
export function randomImages(labels: number[]): ImageSet {
  return {
    name: "random images",
    count: labels.length,
    size: 8,
    views: 1,
    labels: Int32Array.from(labels),
    read(image, view, target) {
      const random = randomStream("pixels", image, view);
      for (let i = 0; i < target.length; i++) target[i] = random.integer(256);
    },
  };
}

/** A network that has learned nothing. */
export function smallNetwork(classNames: string[], seed: number): ResNet {
  return new ResNet({ depth: 8, widths: [4, 6, 8], stem: "3x3" }, classNames, seed);
}

/** Bytes to −1 … 1. */
export const NORMALIZATION: Normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
