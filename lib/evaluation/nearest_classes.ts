import { allClassMaps, type MapSize } from "../attention/mod.ts";
import type { Draw } from "../data/batches.ts";
import type { ImageSet } from "../data/image_set.ts";
import type { ResNet } from "../model/mod.ts";
import { type ForwardOptions, forwardPasses } from "./predict.ts";
import { type OutputKind, probabilities, topColumns } from "./scores.ts";

/** A class that an image resembles, and where. */
export interface NearestClass {
  /** Column of the head. */
  readonly column: number;
  /** Its name. */
  readonly className: string;
  /** Probability, between 0 and 1. */
  readonly score: number;
  /** (h·w) attention map for this class, not below 0. */
  readonly map: Float32Array;
  /** h and w. */
  readonly mapSize: MapSize;
}

/**
 * The paper's second observation: scores say *what* an image resembles, the maps of the nearest classes say
 * *why*.
 *
 * @param options how many classes of each image, how scores become probabilities, and how to feed the images
 * @returns for each image its nearest classes, the nearest first
 */
export async function nearestClasses(
  model: ResNet,
  set: ImageSet,
  draws: readonly Draw[],
  { count, outputs, ...options }: ForwardOptions & { count: number; outputs: OutputKind },
): Promise<NearestClass[][]> {
  let mapSize: MapSize = [0, 0];
  const { logits, maps } = await forwardPasses(set, draws, options, (x) => {
    const { logits, features } = model.forward(x); // (B, C), (B, h, w, K)
    mapSize = [features.shape[1], features.shape[2]];
    return { logits, maps: allClassMaps(features, model.head.weights) }; // (B, C, h·w)
  });
  const classes = model.classNames.length;
  const pixels = mapSize[0] * mapSize[1];
  return draws.map((_, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const scores = probabilities(row, outputs);
    return topColumns(row, count).map((column) => ({
      column,
      className: model.classNames[column],
      score: scores[column],
      map: maps.slice((i * classes + column) * pixels, (i * classes + column + 1) * pixels),
      mapSize,
    }));
  });
}
