import { allDraws, type Dataset, readMasks } from "../data/mod.ts";
import {
  accuracy,
  accuracyOfSteps,
  type AttentionRetention,
  attentionRetention,
  confusionMatrix,
  meanClassAccuracy,
  ofFirstClasses,
  predict,
} from "../evaluation/mod.ts";
import type { ResNet } from "../model/mod.ts";
import type { Configuration } from "./schema.ts";

/** What is measured after a step, on images of all classes seen so far. Shares are between 0 and 1. */
export interface StepMetrics {
  /** From 0, the base step. */
  step: number;
  /** Number of classes seen so far. */
  classesSeen: number;
  /** Share of the images that are classified rightly among all classes seen. */
  accuracy: number;
  /** The same for the images of each step's classes by themselves. */
  accuracyOfSteps: number[];
  /** Mean over the classes of each class's accuracy. */
  meanClassAccuracy: number;
  /** (C, C) counts; rows are true classes, columns predicted ones, in the order of learning. */
  confusion: number[][];
  /** What is left of M_0's attention, on images of the base classes, for their true class. */
  attention: AttentionRetention;
}

/** Images in one pass of the evaluation: larger than in training, since no gradients are kept. */
export const EVALUATION_BATCH_SIZE = 100;

/**
 * Measures M_t.
 *
 * @param subject M_t, M_0, and the classes of steps 0 … t
 * @param configuration says which split is evaluated, and how many guesses count
 */
export async function evaluateStep(
  { model, first, dataset, steps, headPositions }: {
    model: ResNet;
    first: ResNet;
    dataset: Dataset;
    steps: readonly (readonly number[])[];
    headPositions: Int32Array;
  },
  { evaluateOn, seed, topK }: Configuration,
): Promise<StepMetrics> {
  const options = {
    headPositions,
    normalization: { mean: dataset.mean, std: dataset.std },
    batchSize: EVALUATION_BATCH_SIZE,
  };
  const seen = await predict(model, dataset.open(evaluateOn, steps.flat(), { seed, views: 1 }), options);

  const baseSet = dataset.open(evaluateOn, steps[0], { seed, views: 1 });
  const before = await predict(first, baseSet, options);
  // A network that has hardly been trained may have no map at all: then there is nothing to retain.
  const looksSomewhere = before.maps.some((value) => value > 0);
  const masks = baseSet.readMask &&
    { masks: readMasks(baseSet, allDraws(baseSet)), imageSize: [baseSet.size, baseSet.size] as const };
  return {
    step: steps.length - 1,
    classesSeen: seen.classes,
    accuracy: accuracy(seen, topK),
    accuracyOfSteps: accuracyOfSteps(seen, steps.map((classes) => classes.length), topK),
    meanClassAccuracy: meanClassAccuracy(seen, topK),
    confusion: confusionMatrix(seen),
    attention: looksSomewhere
      ? attentionRetention(before, ofFirstClasses(seen, steps[0].length), masks)
      : { images: 0, cosine: 0 },
  };
}
