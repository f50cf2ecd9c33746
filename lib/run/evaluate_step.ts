/**
 * The metrics of a step, and the file `metrics.json` that keeps them.
 * @module
 */
import { z } from "zod";
import { allDraws, type Draw, type ImageSet, readMasks } from "../data/mod.ts";
import { accuracy, accuracyOfSteps, confusionMatrix, meanClassAccuracy } from "../evaluation/accuracy.ts";
import {
  type AttentionRetention,
  attentionRetention,
  energyInside,
} from "../evaluation/attention_retention.ts";
import { ofFirstClasses, type Predictions } from "../evaluation/predict.ts";
import type { OutputKind } from "../evaluation/scores.ts";
import { readJsonIfThere } from "../files.ts";
import type { Configuration } from "./schema.ts";

/** Metrics after a step, on images of all classes seen so far. Shares are between 0 and 1. */
export interface StepMetrics {
  /** From 0, the base step. */
  step: number;
  /** Number of classes seen so far. */
  classesSeen: number;
  /** Names of the classes that each step brought, in the order of learning. */
  classNames: string[][];
  /** Top-1 accuracy: share of the images that are classified rightly among all classes seen. */
  accuracy: number;
  /** Top-5 accuracy: share of the images whose class is among the five with the highest scores. */
  accuracyTop5: number;
  /** Top-1 accuracy of the images of each step's classes by themselves. */
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
 * The metrics of M_t.
 * @param seen what M_t makes of the images of steps 0 … t
 * @param first what M_0 makes of those of step 0
 * @param baseImages those of step 0, in the same order
 * @param classNames see {@linkcode StepMetrics.classNames}
 */
export function stepMetrics(
  seen: Predictions,
  first: Predictions,
  baseImages: ImageSet,
  classNames: string[][],
): StepMetrics {
  const masks = baseImages.readMask && {
    masks: readMasks(baseImages, allDraws(baseImages)),
    imageSize: [baseImages.size, baseImages.size] as const,
  };
  // A network that has hardly been trained may have no map at all: then there is nothing to retain.
  const looksSomewhere = first.maps.some((value) => value > 0);
  return {
    step: classNames.length - 1,
    classesSeen: seen.classes,
    classNames,
    accuracy: accuracy(seen),
    accuracyTop5: accuracy(seen, 5),
    accuracyOfSteps: accuracyOfSteps(seen, classNames.map((names) => names.length)),
    meanClassAccuracy: meanClassAccuracy(seen),
    confusion: confusionMatrix(seen),
    attention: looksSomewhere
      ? attentionRetention(first, ofFirstClasses(seen, classNames[0].length), masks)
      : { images: 0, cosine: 0 },
  };
}

/** How the scores of M_t, t being the step, become probabilities: as in the L_C that it was trained with. */
export function outputKind(
  { baseClassification, classification }: Pick<Configuration, "baseClassification" | "classification">,
  step: number,
): OutputKind {
  if (step === 0) return baseClassification;
  return classification.startsWith("sigmoid") ? "sigmoid" : "softmax";
}

/** How much of an attention map (h·w) lies on the object; 1 where nobody knows where the object is. */
export function shareOnObject(
  set: ImageSet,
  draw: Draw,
  map: ArrayLike<number>,
  mapSize: readonly [height: number, width: number],
): number {
  if (!set.readMask) return 1;
  return energyInside(map, mapSize, readMasks(set, [draw]), [set.size, set.size]);
}

const share = z.number().min(0).max(1);
const drop = z.object({ first: z.number(), now: z.number(), drop: z.number() });

const schema: z.ZodType<StepMetrics> = z.object({
  step: z.int().min(0),
  classesSeen: z.int().min(1),
  classNames: z.array(z.array(z.string())).min(1),
  accuracy: share,
  accuracyTop5: share,
  accuracyOfSteps: z.array(share).min(1),
  meanClassAccuracy: share,
  confusion: z.array(z.array(z.number())),
  attention: z.object({
    images: z.int().min(0),
    cosine: z.number(),
    dark: z.int().min(0).optional(),
    pointingGame: drop.optional(),
    energyInside: drop.optional(),
  }),
}).refine(({ accuracy, confusion, classesSeen }) => {
  const right = confusion.reduce((sum, row, c) => sum + row[c], 0);
  const all = confusion.flat().reduce((sum, count) => sum + count, 0);
  return confusion.length === classesSeen && Math.abs(right / all - accuracy) < 1e-9;
}, { message: "not that of the confusion matrix", path: ["accuracy"] });

/**
 * Reads the metrics of a step.
 * @param path of the file
 * @returns null if there is no such file
 * @throws {UserError} if it is damaged, or its accuracy is not that of its confusion matrix
 */
export function readStepMetrics(path: string): Promise<StepMetrics | null> {
  return readJsonIfThere(path, {
    schema,
    holds: "the metrics of a step",
    remedy: "Delete it, then train or evaluate the run again.",
    sealed: true,
  });
}
