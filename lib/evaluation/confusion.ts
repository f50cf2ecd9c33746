/**
 * Confusion between classes, and between steps.
 * @module
 */
import type { LabeledScores } from "./scores.ts";
import { topColumns } from "./scores.ts";

/**
 * How often images of each class are classified as each class.
 *
 * @param scores of all images
 * @returns (C, C) counts: rows are the true classes, columns the predicted ones, both in the order of
 * learning
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { evaluation } from "lwm";
 *
 * const logits = Float32Array.of(...[2, 1], ...[0, 1], ...[0, 1]);
 * const scores = { classes: 2, logits, labels: Int32Array.of(0, 0, 1) };
 * assert.deepEqual(evaluation.confusionMatrix(scores), [[1, 1], [0, 1]]);
 * ```
 */
export function confusionMatrix({ classes, logits, labels }: LabeledScores): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, image) => {
    const [predicted] = topColumns(logits.subarray(image * classes, (image + 1) * classes), 1);
    counts[label][predicted]++;
  });
  return counts;
}

/**
 * A confusion matrix of steps: how often an image of one step's classes is classified as a class of another. Its
 * columns show the bias to new classes.
 *
 * @param confusion (C, C) counts; rows are the true classes, columns the predicted ones, in the order of learning
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
