/**
 * A linear probe: how well a new linear classifier, trained on images of **all** classes, tells them apart by
 * a network's pooled features. No learner of the paper may do that, since it needs images of the old classes:
 * it is a diagnosis. It shows what the features still know, whatever the head makes of them.
 * @module
 */
import type { PooledFeatures } from "./predictions.ts";
import type { LabeledScores } from "./scores.ts";

/** λ: how much each weight is shrunk, in units of the mean variance of a feature. */
export const PROBE_SHRINKAGE = 0.01;

/**
 * Fits a ridge regression of the classes (1 for an image's own class, 0 for others) on the pooled features of
 * training images, in closed form: W = (Cov(x, x) + λ·s²·I)⁻¹ Cov(x, y), where s² is the mean variance of a
 * feature. The intercept is not shrunk.
 * @param training features of images of all classes
 * @param classes C
 * @param images what is scored
 * @returns scores of `images`, in 64-bit arithmetic, so the same on every machine
 */
export function probeScores(
  training: PooledFeatures,
  classes: number,
  images: PooledFeatures,
): LabeledScores {
  const { labels, pooled } = training;
  const [count, K] = [labels.length, pooled.length / labels.length];
  const center = new Float64Array(K);
  const shares = new Float64Array(classes);
  labels.forEach((label, image) => {
    shares[label] += 1 / count;
    for (let k = 0; k < K; k++) center[k] += pooled[image * K + k] / count;
  });
  const covariance = Array.from({ length: K }, () => new Float64Array(K));
  const targets = Array.from({ length: K }, () => new Float64Array(classes));
  const x = new Float64Array(K);
  for (let image = 0; image < count; image++) {
    for (let k = 0; k < K; k++) x[k] = pooled[image * K + k] - center[k];
    for (let j = 0; j < K; j++) {
      const [row, value] = [covariance[j], x[j] / count];
      for (let k = 0; k <= j; k++) row[k] += value * x[k];
      targets[j][labels[image]] += value; // the mean of y drops out, since x has mean 0
    }
  }
  const variance = covariance.reduce((sum, row, k) => sum + row[k], 0) / K || 1;
  covariance.forEach((row, k) => row[k] += PROBE_SHRINKAGE * variance);
  const weights = solve(covariance, targets);

  const logits = new Float32Array(images.labels.length * classes);
  const scores = new Float64Array(classes);
  for (let image = 0; image < images.labels.length; image++) {
    scores.set(shares);
    for (let k = 0; k < K; k++) {
      const value = images.pooled[image * K + k] - center[k];
      for (let c = 0; c < classes; c++) scores[c] += value * weights[k][c];
    }
    logits.set(scores, image * classes);
  }
  return { classes, logits, labels: images.labels };
}

/**
 * Solves A X = B by Cholesky's decomposition A = L Lᵀ, in place.
 * @param A (K, K) symmetric and positive definite; its lower half is read
 * @param B (K, C), becomes X
 */
function solve(A: readonly Float64Array[], B: readonly Float64Array[]): readonly Float64Array[] {
  const K = A.length;
  for (let j = 0; j < K; j++) {
    for (let i = j; i < K; i++) {
      let sum = A[i][j];
      for (let k = 0; k < j; k++) sum -= A[i][k] * A[j][k];
      A[i][j] = i === j ? Math.sqrt(sum) : sum / A[j][j];
    }
  }
  const subtract = (from: Float64Array, factor: number, row: Float64Array) => {
    for (let c = 0; c < from.length; c++) from[c] -= factor * row[c];
  };
  const divide = (row: Float64Array, by: number) => {
    for (let c = 0; c < row.length; c++) row[c] /= by;
  };
  for (let i = 0; i < K; i++) { // L Y = B
    for (let k = 0; k < i; k++) subtract(B[i], A[i][k], B[k]);
    divide(B[i], A[i][i]);
  }
  for (let i = K - 1; i >= 0; i--) { // Lᵀ X = Y
    for (let k = i + 1; k < K; k++) subtract(B[i], A[k][i], B[k]);
    divide(B[i], A[i][i]);
  }
  return B;
}
