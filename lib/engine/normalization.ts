/**
 * Batch normalization (Ioffe and Szegedy, 2015) as one differentiable operation.
 *
 * tfjs has only the inference form; composed of stock operations the training form takes some thirty passes
 * over the activations, and its gradient broadcasts with `Tile`, which costs more than the convolutions. Here
 * it is one kernel forward and one backward, that an engine may replace; this file holds the kernels for
 * every engine that does not.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { registerComposed } from "./engine.ts";

/** The kernel `{x, gamma, beta} -> [y, mean, variance]`. */
export const BATCH_NORMALIZATION = "BatchNormalization";
/** The kernel `{x, y, dy, gamma, mean, variance} -> [dx, dgamma, dbeta]`. */
export const BATCH_NORMALIZATION_GRADIENT = "BatchNormalizationGradient";

/** The kernel `{x, gamma, beta, mean, variance} -> y`. */
export const BATCH_NORMALIZATION_INFERENCE = "BatchNormalizationInference";

/** Attributes of the kernels. */
export interface BatchNormalizationAttributes {
  /** Whether a ReLU follows, in the same pass. */
  relu: boolean;
  /** Added to the variance. */
  epsilon: number;
}

/** By name: activations x, y, dy are `[B, H, W, C]`, all others `[C]`. */
type Inputs = Record<string, tf.Tensor>;

/**
 * The mean of each channel of `[…, C]`. `tf.sum` over the first axis transposes, and one long running sum
 * loses digits in float32; poolings over some √M rows do neither.
 */
function channelMeans(x: tf.Tensor): tf.Tensor1D {
  const channels = x.shape.at(-1)!, rows = x.size / channels;
  let chunk = 1;
  while (chunk * chunk < rows && rows % (chunk * 2) === 0) chunk *= 2;
  const averageEvery = (t: tf.Tensor, length: number, size: number): tf.Tensor =>
    size === 1
      ? t
      : tf.avgPool(tf.reshape(t, [1, length, 1, channels]) as tf.Tensor4D, [size, 1], [size, 1], "valid");
  return tf.reshape(averageEvery(averageEvery(x, rows, chunk), rows / chunk, rows / chunk), [channels]);
}

function composedForward(
  { x, gamma, beta }: Inputs,
  { relu, epsilon }: BatchNormalizationAttributes,
): tf.Tensor[] {
  const mean = channelMeans(x);
  // The centered form: E[x²] − E[x]² cancels, and was wrong in the third digit in float32.
  const centered = tf.sub(x, mean);
  const variance = channelMeans(tf.square(centered));
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  const normalized = tf.add(tf.mul(centered, scale), beta);
  return [relu ? tf.relu(normalized) : normalized, mean, variance];
}

function composedGradient(
  { x, y, dy, gamma, mean, variance }: Inputs,
  { relu, epsilon }: BatchNormalizationAttributes,
): tf.Tensor[] {
  const count = x.size / mean.size;
  const dz = relu ? tf.mul(dy, tf.step(y)) : dy;
  const centered = tf.sub(x, mean);
  const inverse = tf.rsqrt(tf.add(variance, epsilon)); // 1/σ
  const meanDz = channelMeans(dz);
  const meanDzCentred = channelMeans(tf.mul(dz, centered));
  // dx = γ/σ · (dz − mean(dz) − (x − µ)/σ² · mean(dz · (x − µ)))
  const scale = tf.mul(gamma, inverse);
  const slope = tf.mul(tf.mul(scale, tf.square(inverse)), meanDzCentred);
  const dx = tf.sub(tf.sub(tf.mul(dz, scale), tf.mul(centered, slope)), tf.mul(scale, meanDz));
  return [dx, tf.mul(tf.mul(meanDzCentred, inverse), count), tf.mul(meanDz, count)];
}

function composedInference(
  { x, gamma, beta, mean, variance }: Inputs,
  { relu, epsilon }: BatchNormalizationAttributes,
): tf.Tensor {
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  const normalized = tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(mean, scale)));
  return relu ? tf.relu(normalized) : normalized;
}

registerComposed({
  [BATCH_NORMALIZATION]: composedForward,
  [BATCH_NORMALIZATION_GRADIENT]: composedGradient,
  [BATCH_NORMALIZATION_INFERENCE]: composedInference,
});

tf.registerGradient({
  kernelName: BATCH_NORMALIZATION,
  inputsToSave: ["x", "gamma"],
  outputsToSave: [true, true, true],
  gradFunc: (dys, [x, gamma, y, mean, variance], attrs) => {
    const dy = (dys as tf.Tensor[])[0];
    // At once, not in the closures: tfjs calls each closure in a tidy() of its own, which would free the
    // other two results.
    const [dx, dgamma, dbeta] = tf.engine().runKernel(
      BATCH_NORMALIZATION_GRADIENT,
      { x, y, dy, gamma, mean, variance },
      attrs,
    ) as tf.Tensor[];
    return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
  },
});

tf.registerGradient({
  kernelName: BATCH_NORMALIZATION_INFERENCE,
  inputsToSave: ["gamma", "variance"],
  outputsToSave: [true],
  gradFunc: (dy, [gamma, variance, y], attrs) => {
    const { relu, epsilon } = attrs as unknown as BatchNormalizationAttributes;
    const dz = () => (relu ? tf.mul(dy as tf.Tensor, tf.step(y)) : dy) as tf.Tensor;
    return { x: () => tf.mul(dz(), tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)))) };
  },
});

/** Options of {@linkcode batchNormalization} and {@linkcode batchNormalizationInference}. */
export interface BatchNormalizationOptions {
  /** Whether to apply a ReLU in the same pass; false by default. */
  relu?: boolean;
  /** Added to the variance; 1e-5 by default. */
  epsilon?: number;
}

/**
 * Batch normalization with the statistics of the batch: y = γ·(x − µ)/√(σ² + ε) + β, and max(0, y) if `relu`
 * is set. Differentiable once in x `[B, H, W, C]`, γ and β `[C]`.
 * @returns y, and the mean and the biased variance of each channel, `[C]`, as constants
 */
export function batchNormalization(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { relu = false, epsilon = 1e-5 }: BatchNormalizationOptions = {},
): { y: tf.Tensor4D; mean: tf.Tensor1D; variance: tf.Tensor1D } {
  const [y, mean, variance] = tf.engine().runKernel(
    BATCH_NORMALIZATION,
    { x, gamma, beta },
    { relu, epsilon },
  ) as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
  return { y, mean, variance };
}

/**
 * Batch normalization with given statistics, as at inference: `[B, H, W, C]`, differentiable in x.
 */
export function batchNormalizationInference(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  { relu = false, epsilon = 1e-5 }: BatchNormalizationOptions = {},
): tf.Tensor4D {
  return tf.engine().runKernel(
    BATCH_NORMALIZATION_INFERENCE,
    { x, gamma, beta, mean, variance },
    { relu, epsilon },
  ) as tf.Tensor4D;
}

/** running ← kept · running + added · batch */
export function moveAverage(
  running: tf.Variable,
  batch: tf.Tensor,
  { kept, added }: { kept: number; added: number },
): void {
  tf.util.assertShapesMatch(running.shape, batch.shape, "moveAverage: ");
  tf.tidy(() => running.assign(tf.add(tf.mul(running, kept), tf.mul(batch, added))));
}
