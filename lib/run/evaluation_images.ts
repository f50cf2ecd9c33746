import { type Draw, type ImageSet, type Normalization, readMasks } from "../data/mod.ts";
import { energyInside, type OutputKind } from "../evaluation/mod.ts";
import type { Configuration } from "./schema.ts";
import { EVALUATION_BATCH_SIZE } from "./evaluate_step.ts";
import type { Run } from "./run.ts";

/**
 * The images that a run is evaluated on, of some of its classes.
 *
 * @param run says which data set and split
 * @param classIds such as `run.steps[0]`
 */
export function evaluationImages({ dataset, configuration }: Run, classIds: readonly number[]): ImageSet {
  const { evaluateOn, seed } = configuration;
  return dataset.open(evaluateOn, classIds, { seed, views: 1 });
}

/** How images are fed to a run's models when these are evaluated. */
export function evaluationPasses({ dataset }: Run): { normalization: Normalization; batchSize: number } {
  return { normalization: { mean: dataset.mean, std: dataset.std }, batchSize: EVALUATION_BATCH_SIZE };
}

/**
 * How the scores of M_t become probabilities: as in the L_C that it was trained with.
 *
 * @param configuration of the run
 * @param step t
 */
export function outputKind(
  { baseClassification, classification }: Pick<Configuration, "baseClassification" | "classification">,
  step: number,
): OutputKind {
  if (step === 0) return baseClassification;
  return classification.startsWith("sigmoid") ? "sigmoid" : "softmax";
}

/**
 * How much of an attention map lies on the object; 1 where nobody knows where the object is.
 *
 * @param set with or without masks
 * @param draw the image that the map is of
 * @param map (h·w), not below 0
 * @param mapSize h and w
 */
export function shareOnObject(
  set: ImageSet,
  draw: Draw,
  map: ArrayLike<number>,
  mapSize: readonly [height: number, width: number],
): number {
  if (!set.readMask) return 1;
  return energyInside(map, mapSize, readMasks(set, [draw]), [set.size, set.size]);
}
