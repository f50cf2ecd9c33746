/**
 * The metrics of a step.
 * @module
 */
import { allDraws, type Draw, readMasks } from "../data/batches.ts";
import type { ImageSet } from "../data/image_set.ts";
import { accuracy, accuracyOfSteps, confusionMatrix, meanClassAccuracy } from "../evaluation/accuracy.ts";
import { attentionRetention, energyInside } from "../evaluation/attention_retention.ts";
import { ofFirstClasses, type Predictions, type SquareMap } from "../evaluation/predictions.ts";
import type { OutputKind } from "../evaluation/scores.ts";
import type { StepMetrics } from "../evaluation/step_metrics.ts";
import type { Configuration } from "./schema.ts";

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

/** How much of an attention map lies on the object; 1 where nobody knows where the object is. */
export function shareOnObject(set: ImageSet, draw: Draw, { size, values }: SquareMap): number {
  if (!set.readMask) return 1;
  return energyInside(values, [size, size], readMasks(set, [draw]), [set.size, set.size]);
}
