/**
 * The scores of a network, and what follows from them image by image.
 * @module
 */

/** The scores of N images and their true classes, as columns of the head. */
export interface LabeledScores {
  /** C, number of classes that are scored. */
  readonly classes: number;
  /** (N, C) scores, image by image. */
  readonly logits: Float32Array;
  /** (N) column of each image's true class. */
  readonly labels: Int32Array;
}

/** (C) the scores of one image. */
export function scoresOf({ classes, logits }: Omit<LabeledScores, "labels">, image: number): Float32Array {
  return logits.subarray(image * classes, (image + 1) * classes);
}

/** How a network's scores become probabilities: softmax over all classes, or a sigmoid for each. */
export type OutputKind = "softmax" | "sigmoid";

/** Probabilities of the (C) classes of one image, as in the loss that the network was trained with. */
export function probabilities(logits: ArrayLike<number>, kind: OutputKind): Float64Array {
  const scores = Float64Array.from(logits);
  if (kind === "sigmoid") return scores.map((z) => 1 / (1 + Math.exp(-z)));
  const highest = Math.max(...scores);
  const powers = scores.map((z) => Math.exp(z - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/**
 * The classes with the highest scores, the highest first. Where scores tie, lower columns come first.
 * @param scores (C) scores of one image
 * @param count how many; all of them where there are fewer
 * @returns columns of the head
 */
export function topColumns(scores: ArrayLike<number>, count: number): number[] {
  const columns = Array.from(scores, (_, column) => column);
  return columns.sort((a, b) => scores[b] - scores[a] || a - b).slice(0, count);
}

/** Columns of the head: the first, and the one after the last. */
export type Columns = { first: number; end: number };

/** The columns of each step's classes. */
export function stepRanges(classesOfSteps: readonly number[]): Columns[] {
  let end = 0;
  return classesOfSteps.map((count) => ({ first: end, end: end += count }));
}
