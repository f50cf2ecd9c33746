/**
 * Corrections of a trained head that need no image of an old class: pure functions of scores, of the head and
 * of pooled features. They tell how much of what a network forgets is only outvoted by the newest classes.
 * @module
 */
import type { PooledFeatures } from "./predictions.ts";
import type { LabeledScores } from "./scores.ts";

/** The numbers of a dense head of K features and C classes. */
export interface HeadNumbers {
  /** (K, C) weights, feature by feature. */
  readonly weights: Float32Array;
  /** (C) biases. */
  readonly bias: Float32Array;
}

/**
 * The scores after the weights of the newest classes are scaled until their mean 2-norm is that of the older
 * classes. Biases stay. Zhao et al., "Maintaining Discrimination and Fairness in Class Incremental Learning",
 * CVPR 2020, arXiv 1911.07053, equation (7).
 * @param newest how many classes the last step brought; with no older class the scores stay
 */
export function alignedScores(
  { classes, logits, labels }: LabeledScores,
  { weights, bias }: HeadNumbers,
  newest: number,
): LabeledScores {
  const older = classes - newest;
  if (older === 0) return { classes, logits, labels };
  const norms = Array.from(
    { length: classes },
    (_, c) => Math.sqrt(weights.reduce((sum, w, i) => i % classes === c ? sum + w * w : sum, 0)),
  );
  const meanOf = (some: readonly number[]) => some.reduce((sum, norm) => sum + norm, 0) / some.length;
  const scale = meanOf(norms.slice(0, older)) / (meanOf(norms.slice(older)) || 1);
  const aligned = logits.map((score, i) => {
    const c = i % classes;
    return c < older ? score : scale * (score - bias[c]) + bias[c];
  });
  return { classes, logits: aligned, labels };
}

/**
 * The mean of each class's pooled features, each image's features and the mean of length 1, as in iCaRL
 * (Rebuffi et al., CVPR 2017, arXiv 1611.07725, section 2.1).
 * @param features of images of classes `first` … `end` − 1, by their columns of the head
 * @returns one mean of K numbers a class, in the order of the columns
 */
export function classMeans(
  { pooled, labels }: PooledFeatures,
  { first, end }: { readonly first: number; readonly end: number },
): Float64Array[] {
  const width = pooled.length / labels.length;
  const sums = Array.from({ length: end - first }, () => new Float64Array(width));
  labels.forEach((label, image) => {
    if (label < first || label >= end) return;
    const sum = sums[label - first];
    unit(pooled.subarray(image * width, (image + 1) * width)).forEach((value, k) => sum[k] += value);
  });
  return sums.map(unit);
}

/** The scores of the nearest class mean: the cosine between an image's pooled features and each mean. */
export function nearestMeanScores(
  { pooled, labels }: PooledFeatures,
  means: readonly Float64Array[],
): LabeledScores {
  const [width, classes] = [pooled.length / labels.length, means.length];
  const logits = new Float32Array(labels.length * classes);
  for (let image = 0; image < labels.length; image++) {
    const features = unit(pooled.subarray(image * width, (image + 1) * width));
    means.forEach((mean, c) => {
      let cosine = 0;
      for (let k = 0; k < width; k++) cosine += features[k] * mean[k];
      logits[image * classes + c] = cosine;
    });
  }
  return { classes, logits, labels };
}

/** The same direction with length 1; what is all zero stays so. */
function unit(values: ArrayLike<number>): Float64Array {
  const copy = Float64Array.from(values);
  const length = Math.sqrt(copy.reduce((sum, value) => sum + value * value, 0)) || 1;
  return copy.map((value) => value / length);
}
