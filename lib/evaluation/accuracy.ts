/**
 * Accuracy, confusion and forgetting, from the scores of images.
 * @module
 */
import { mean } from "../numbers.ts";
import { type Columns, type LabeledScores, scoresOf, stepRanges, topColumns } from "./scores.ts";

/**
 * Share of the images whose true class is among the k with the highest scores. Where scores tie, lower
 * columns come first.
 * @param k 1 for the accuracy, 5 for the top-5 accuracy of iILSVRC-small
 * @returns between 0 and 1
 * @throws {RangeError} where there are no images
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { evaluation } from "lwm";
 *
 * const logits = Float32Array.of(...[2, 1, 0], ...[2, 1, 0]); // two images, three classes
 * const scores = { classes: 3, logits, labels: Int32Array.of(0, 1) };
 * assert.deepEqual([evaluation.accuracy(scores), evaluation.accuracy(scores, 2)], [0.5, 1]);
 * ```
 */
export function accuracy(scores: LabeledScores, k = 1): number {
  return mean(rightAnswers(scores, k));
}

/** Accuracy of the images of each step's classes by themselves, still choosing among all classes. */
export function accuracyOfSteps(scores: LabeledScores, classesOfSteps: readonly number[]): number[] {
  const hit = rightAnswers(scores);
  return stepRanges(classesOfSteps).map((step) => mean(hit.filter(isOf(scores, step))));
}

/**
 * Mean over the classes of each class's accuracy: what the accuracy would be if all classes had as many
 * images. Classes without images do not count.
 */
export function meanClassAccuracy(scores: LabeledScores): number {
  const hit = rightAnswers(scores);
  const present = [...new Set(scores.labels)];
  return mean(present.map((label) => mean(hit.filter((_, image) => scores.labels[image] === label))));
}

/**
 * (N) 1 where an image's true class is among the k with the highest scores of some columns, all by default,
 * else 0.
 */
export function rightAnswers(
  { classes, logits, labels }: LabeledScores,
  k = 1,
  { first, end }: Columns = { first: 0, end: classes },
): number[] {
  return Array.from(labels, (label, image) => {
    const row = logits.subarray(image * classes + first, image * classes + end);
    const own = label - first;
    const isAhead = (score: number, c: number) => score > row[own] || (score === row[own] && c < own);
    return Number(row.filter(isAhead).length < k);
  });
}

/**
 * Accuracy of the images of each step's classes where only these classes compete, as if the step were told.
 */
export function toldAccuracyOfSteps(
  scores: LabeledScores,
  classesOfSteps: readonly number[],
): number[] {
  return stepRanges(classesOfSteps).map((step) =>
    mean(rightAnswers(scores, 1, step).filter(isOf(scores, step)))
  );
}

/** A test for `filter()`: true for an image whose true class is one of these columns. */
function isOf({ labels }: LabeledScores, { first, end }: Columns): (value: number, image: number) => boolean {
  return (_, image) => labels[image] >= first && labels[image] < end;
}

/** What became of the images of one step's classes: shares that add up to 1. */
export interface Fate {
  /** Recognized among all classes. */
  readonly kept: number;
  /** Recognized only where the classes of the step alone compete, as if the step were told: still known. */
  readonly outvoted: number;
  /** Not recognized even then. */
  readonly wrong: number;
}

/**
 * Separates the lost from the outvoted. kept + outvoted is the accuracy of a network that is told the
 * step: where it is much higher than the accuracy among all classes, the scores of different steps are not
 * comparable.
 * @param classesOfSteps how many classes each step brought, in order
 * @returns one for each step
 * @throws {RangeError} where a step has no images
 */
export function fatesOfSteps(scores: LabeledScores, classesOfSteps: readonly number[]): Fate[] {
  const kept = accuracyOfSteps(scores, classesOfSteps);
  return toldAccuracyOfSteps(scores, classesOfSteps)
    .map((told, t) => ({ kept: kept[t], outvoted: told - kept[t], wrong: 1 - told }));
}

/**
 * Forgetting after the last of the given steps: for each earlier step's classes, the best accuracy they ever
 * had minus the accuracy they have now, averaged over those steps. Chaudhry et al., "Riemannian Walk for
 * Incremental Learning", ECCV 2018, arXiv 1801.10112, equation (3): f_j^T = max_{l < T} a_{l,j} − a_{T,j},
 * F_T = 1/T Σ_{j < T} f_j^T.
 * @param accuracies a, one row for each step: after step l, the accuracies of the classes of steps 0 … l
 * @returns between −1 and 1, negative where later steps helped; 0 after step 0, when there is nothing to
 * forget
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { evaluation } from "lwm";
 *
 * // Of the base classes 80 % were right after their step, now 30 %.
 * assert.equal(evaluation.forgetting([[0.8], [0.3, 0.6]]), 0.5);
 * ```
 */
export function forgetting(accuracies: readonly (readonly number[])[]): number {
  const now = accuracies.length - 1;
  if (now < 1) return 0;
  const lost = Array.from({ length: now }, (_, j) => {
    const before = accuracies.slice(j, now).map((row) => row[j]);
    return Math.max(...before) - accuracies[now][j];
  });
  return mean(lost);
}

/**
 * How often images of each class are classified as each class.
 * @param scores of all images
 * @returns (C, C) counts: rows are the true classes, columns the predicted ones, both in the order of
 * learning
 */
export function confusionMatrix(scores: LabeledScores): number[][] {
  const { classes, labels } = scores;
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, image) => counts[label][topColumns(scoresOf(scores, image), 1)[0]]++);
  return counts;
}

/**
 * A confusion matrix of steps: how often an image of one step's classes is classified as a class of another.
 * Its columns show the bias to new classes.
 * @param confusion (C, C) counts; rows are the true classes, columns the predicted ones, in the order of
 * learning
 * @param classesOfSteps how many classes each step brought, in order
 * @returns (S, S) counts; rows are the steps of the true classes, columns those of the predicted ones
 */
export function stepConfusion(
  confusion: readonly (readonly number[])[],
  classesOfSteps: readonly number[],
): number[][] {
  const stepOfClass = classesOfSteps.flatMap((count, step) => new Array<number>(count).fill(step));
  const counts = classesOfSteps.map(() => classesOfSteps.map(() => 0));
  confusion.forEach((row, label) => {
    row.forEach((count, answer) => counts[stepOfClass[label]][stepOfClass[answer]] += count);
  });
  return counts;
}
