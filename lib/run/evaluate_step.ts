/**
 * The metrics of a step.
 * @module
 */
import { allDraws, type Draw, readMasks } from "../data/batches.ts";
import type { ImageSet } from "../data/image_set.ts";
import {
  accuracy,
  accuracyOfSteps,
  confusionMatrix,
  meanClassAccuracy,
  stepConfusion,
  toldAccuracyOfSteps,
} from "../evaluation/accuracy.ts";
import { attentionRetention, energyInside } from "../evaluation/attention_retention.ts";
import { alignedScores, type HeadNumbers, nearestMeanScores } from "../evaluation/head_corrections.ts";
import { probeScores } from "../evaluation/linear_probe.ts";
import {
  ofFirstClasses,
  type PooledFeatures,
  type Predictions,
  type SquareMap,
} from "../evaluation/predictions.ts";
import type { OutputKind } from "../evaluation/scores.ts";
import type { StepMetrics } from "../evaluation/step_metrics.ts";
import type { Configuration } from "./schema.ts";

/** What a probe is trained and scored on: the pooled features of one network. */
export interface ProbedFeatures {
  /** Of training images of steps 0 … t. */
  readonly training: PooledFeatures;
  /** Of the images that the run is evaluated on. */
  readonly evaluation: PooledFeatures;
}

/** What is known of M_t and of the networks before it, beside {@linkcode Predictions}. */
export interface StepKnowledge {
  /** M_t's head. */
  readonly head: HeadNumbers;
  /** (classes) what was kept of each class in the step in which it was learned. */
  readonly means: readonly Float64Array[];
  /** M_t's features of training images of steps 0 … t. */
  readonly training: PooledFeatures;
  /** M_0's features. */
  readonly first: ProbedFeatures;
  /** Those of the network that M_0 was before its training. */
  readonly untrained: ProbedFeatures;
}

/**
 * The metrics of M_t.
 * @param seen what M_t makes of the images of steps 0 … t
 * @param first what M_0 makes of those of step 0
 * @param baseImages those of step 0, in the same order
 * @param classNames see {@linkcode StepMetrics.classNames}
 * @param known for the corrections of the head and for the probe
 */
export function stepMetrics(
  seen: Predictions,
  first: Predictions,
  baseImages: ImageSet,
  classNames: string[][],
  known: StepKnowledge,
): StepMetrics {
  const counts = classNames.map(({ length }) => length);
  const confusion = confusionMatrix(seen);
  const probed = ({ training, evaluation }: ProbedFeatures) =>
    accuracyOfSteps(probeScores(training, seen.classes, evaluation), counts);
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
    accuracyOfSteps: accuracyOfSteps(seen, counts),
    meanClassAccuracy: meanClassAccuracy(seen),
    confusion,
    attention: looksSomewhere
      ? attentionRetention(first, ofFirstClasses(seen, counts[0]), masks)
      : { images: 0, cosine: 0 },
    confusionOfSteps: stepConfusion(confusion, counts),
    toldAccuracyOfSteps: toldAccuracyOfSteps(seen, counts),
    corrected: {
      alignedNorms: accuracyOfSteps(
        alignedScores(seen, known.head, counts.length > 1 ? counts.at(-1)! : seen.classes),
        counts,
      ),
      classMeans: accuracyOfSteps(nearestMeanScores(seen, known.means), counts),
    },
    diagnosis: {
      probe: probed({ training: known.training, evaluation: seen }),
      probeOfFirst: probed(known.first),
      probeOfUntrained: probed(known.untrained),
    },
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
