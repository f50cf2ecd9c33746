/**
 * Batch normalization (Ioffe and Szegedy, 2015) as one differentiable operation.
 *
 * tfjs has only the inference form; composed of stock operations the training form takes some thirty passes over the
 * activations, and its gradient broadcasts with `Tile`, which costs more than the convolutions. Here it is one kernel
 * forward and one backward, that an engine may replace; this file holds the kernels for every engine that does not.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** The kernel `{x, gamma, beta} -> [y, mean, variance, workspace]`. */
export const BATCH_NORMALIZATION = "BatchNormalization";
/** The kernel `{x, y, dy, gamma, mean, variance, workspace} -> [dx, dgamma, dbeta]`. */
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

/** Inputs of the forward kernel; here and below, activations are `[B, H, W, C]` and all others `[C]`. */
export interface BatchNormalizationInputs {
  x: tf.Tensor4D;
  gamma: tf.Tensor1D;
  beta: tf.Tensor1D;
}

/** Inputs of the inference kernel. */
export interface BatchNormalizationInferenceInputs extends BatchNormalizationInputs {
  mean: tf.Tensor1D;
  variance: tf.Tensor1D;
}

/** Inputs of the gradient kernel: y is the forward result, dy the loss's gradient by it. */
export interface BatchNormalizationGradientInputs {
  x: tf.Tensor4D;
  y: tf.Tensor4D;
  dy: tf.Tensor4D;
  gamma: tf.Tensor1D;
  mean: tf.Tensor1D;
  variance: tf.Tensor1D;
  /** what the engine's forward kernel left for its backward kernel */
  workspace: tf.Tensor;
}

/**
 * The mean of each column of `[M, C]`. `tf.sum` over the first axis transposes, and one long running sum loses digits in
 * float32; poolings over some √M rows do neither.
 */
export function columnMeans(matrix: tf.Tensor2D): tf.Tensor1D {
  const [rows, columns] = matrix.shape;
  let chunk = 1;
  while (chunk * chunk < rows && rows % (chunk * 2) === 0) chunk *= 2;
  const averageEvery = (t: tf.Tensor, length: number, size: number): tf.Tensor =>
    size === 1
      ? t
      : tf.avgPool(tf.reshape(t, [1, length, 1, columns]) as tf.Tensor4D, [size, 1], [size, 1], "valid");
  return tf.reshape(averageEvery(averageEvery(matrix, rows, chunk), rows / chunk, rows / chunk), [columns]);
}

const asMatrix = (x: tf.Tensor4D): tf.Tensor2D => tf.reshape(x, [-1, x.shape[3]]);

function composedForward(
  { x, gamma, beta }: BatchNormalizationInputs,
  { relu, epsilon }: BatchNormalizationAttributes,
): tf.Tensor[] {
  const mean = columnMeans(asMatrix(x));
  // The centerd form: E[x²] − E[x]² cancels, and was wrong in the third digit in float32.
  const centerd = tf.sub(x, mean) as tf.Tensor4D;
  const variance = columnMeans(asMatrix(tf.square(centerd)));
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  const normalized = tf.add(tf.mul(centerd, scale), beta);
  return [relu ? tf.relu(normalized) : normalized, mean, variance, tf.zeros([0])];
}

function composedGradient(
  { x, y, dy, gamma, mean, variance }: BatchNormalizationGradientInputs,
  { relu, epsilon }: BatchNormalizationAttributes,
): tf.Tensor[] {
  const count = x.size / x.shape[3];
  const dz = relu ? tf.mul(dy, tf.step(y)) as tf.Tensor4D : dy;
  const centerd = tf.sub(x, mean) as tf.Tensor4D;
  const inverse = tf.rsqrt(tf.add(variance, epsilon)); // 1/σ
  const meanDz = columnMeans(asMatrix(dz));
  const meanDzCentred = columnMeans(asMatrix(tf.mul(dz, centerd)));
  // dx = γ/σ · (dz − mean(dz) − (x − µ)/σ² · mean(dz · (x − µ)))
  const scale = tf.mul(gamma, inverse);
  const slope = tf.mul(tf.mul(scale, tf.square(inverse)), meanDzCentred);
  const dx = tf.sub(tf.sub(tf.mul(dz, scale), tf.mul(centerd, slope)), tf.mul(scale, meanDz));
  return [dx, tf.mul(tf.mul(meanDzCentred, inverse), count), tf.mul(meanDz, count)];
}

function composedInference(
  { x, gamma, beta, mean, variance }: BatchNormalizationInferenceInputs,
  { relu, epsilon }: BatchNormalizationAttributes,
): tf.Tensor {
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  const normalized = tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(mean, scale)));
  return relu ? tf.relu(normalized) : normalized;
}

/** The composed kernels, for engines that have none of their own. */
export const composedNormalization: Record<string, tf.KernelFunc> = {
  [BATCH_NORMALIZATION]: ({ inputs, attrs }) =>
    tf.tidy(() => composedForward(inputs as never, attrs as never)),
  [BATCH_NORMALIZATION_GRADIENT]: ({ inputs, attrs }) =>
    tf.tidy(() => composedGradient(inputs as never, attrs as never)),
  [BATCH_NORMALIZATION_INFERENCE]: ({ inputs, attrs }) =>
    tf.tidy(() => composedInference(inputs as never, attrs as never)),
};

for (const backendName of ["cpu", "wasm", "webgpu"]) {
  for (const [kernelName, kernelFunc] of Object.entries(composedNormalization)) {
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  }
}

tf.registerGradient({
  kernelName: BATCH_NORMALIZATION,
  inputsToSave: ["x", "gamma"],
  outputsToSave: [true, true, true, true],
  gradFunc: (dys, [x, gamma, y, mean, variance, workspace], attrs) => {
    const dy = (dys as tf.Tensor[])[0];
    // At once, not in the closures: tfjs calls each closure in a tidy() of its own, which would free the other two results.
    const [dx, dgamma, dbeta] = tf.engine().runKernel(
      BATCH_NORMALIZATION_GRADIENT,
      { x, y, dy, gamma, mean, variance, workspace },
      attrs,
    ) as tf.Tensor[];
    return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
  },
});

tf.registerGradient({
  kernelName: BATCH_NORMALIZATION_INFERENCE,
  inputsToSave: ["x", "gamma", "mean", "variance"],
  outputsToSave: [true],
  gradFunc: (dy, [x, gamma, mean, variance, y], attrs) => {
    const { relu, epsilon } = attrs as unknown as BatchNormalizationAttributes;
    const inverse = () => tf.rsqrt(tf.add(variance, epsilon));
    const dz = () => (relu ? tf.mul(dy as tf.Tensor, tf.step(y)) : dy) as tf.Tensor4D;
    const sum = (t: tf.Tensor4D) => tf.mul(columnMeans(asMatrix(t)), t.size / t.shape[3]);
    return {
      x: () => tf.mul(dz(), tf.mul(gamma, inverse())),
      gamma: () => sum(tf.mul(dz(), tf.mul(tf.sub(x, mean), inverse()))),
      beta: () => sum(dz()),
    };
  },
});

/** Options of {@linkcode batchNormalization} and {@linkcode batchNormalizationInference}. */
export interface BatchNormalizationOptions {
  /** Whether to apply a ReLU in the same pass; false by default. */
  relu?: boolean;
  /** Added to the variance; 1e-5 by default. */
  epsilon?: number;
}

/** @throws {Error} unless x is `[B, H, W, C]`, not empty, and the others `[C]`, all float32 */
function expectShapes(x: tf.Tensor4D, perChannel: Record<string, tf.Tensor1D>): void {
  if (x.rank !== 4 || x.size === 0 || x.dtype !== "float32") {
    throw new Error(`Expected x to be float32 [B, H, W, C], not empty, but found ${x.dtype} [${x.shape}]`);
  }
  for (const [name, { shape, dtype }] of Object.entries(perChannel)) {
    if (shape.length !== 1 || shape[0] !== x.shape[3] || dtype !== "float32") {
      throw new Error(`Expected ${name} to be float32 [${x.shape[3]}] but found ${dtype} [${shape}]`);
    }
  }
}

/**
 * Batch normalization with the statistics of the batch: y = γ·(x − µ)/√(σ² + ε) + β, and max(0, y) if `relu` is set.
 * Differentiable once in x `[B, H, W, C]`, γ and β `[C]`.
 * @returns y, and the mean and the biased variance of each channel, `[C]`, as constants
 */
export function batchNormalization(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { relu = false, epsilon = 1e-5 }: BatchNormalizationOptions = {},
): { y: tf.Tensor4D; mean: tf.Tensor1D; variance: tf.Tensor1D } {
  expectShapes(x, { gamma, beta });
  const [y, mean, variance, workspace] = tf.engine().runKernel(
    BATCH_NORMALIZATION,
    { x, gamma, beta },
    { relu, epsilon },
  ) as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor];
  workspace.dispose();
  return { y, mean, variance };
}

/**
 * Batch normalization with given statistics, as at inference: `[B, H, W, C]`, differentiable in x, γ and β; the
 * statistics are constants.
 */
export function batchNormalizationInference(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  { relu = false, epsilon = 1e-5 }: BatchNormalizationOptions = {},
): tf.Tensor4D {
  expectShapes(x, { gamma, beta, mean, variance });
  return tf.engine().runKernel(
    BATCH_NORMALIZATION_INFERENCE,
    { x, gamma, beta, mean, variance },
    { relu, epsilon },
  ) as tf.Tensor4D;
}
