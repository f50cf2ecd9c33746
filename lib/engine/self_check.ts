/**
 * Whether a fast engine computes what a slower, trusted one computes, before it is used without having been
 * asked for.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "./convolution.ts";
import { type Engine, EngineUnavailable, type StartEngine } from "./engine.ts";
import { batchNormalization, batchNormalizationInference } from "./normalization.ts";
import { addRelu } from "./residual.ts";

/** Largest difference that is taken for rounding, relative to the largest value. */
const TOLERANCE = 1e-4;

/** One block of a network, with strides 1 and 2 and filters 3×3 and 1×1: its output and all gradients. */
function probe(): Float32Array[] {
  return tf.tidy(() => {
    const wave = (shape: number[], pace: number) => {
      const size = tf.util.sizeFromShape(shape);
      return tf.tensor(Float32Array.from({ length: size }, (_, i) => Math.sin(pace * i + 1)), shape);
    };
    const x = wave([2, 9, 9, 8], 0.7) as tf.Tensor4D;
    const mean = wave([16], 0.4) as tf.Tensor1D, variance = tf.add(1.2, wave([16], 0.6)) as tf.Tensor1D;
    const weights = [
      wave([3, 3, 8, 16], 1.3), // first convolution
      wave([3, 3, 16, 16], 0.9), // second
      wave([1, 1, 8, 16], 1.1), // shortcut
      tf.add(1.5, wave([16], 0.3)), // γ
      wave([16], 0.5), // β
    ];
    const block = (
      x: tf.Tensor4D,
      first: tf.Tensor4D,
      second: tf.Tensor4D,
      shortcut: tf.Tensor4D,
      ...scales: tf.Tensor1D[]
    ) => {
      const [gamma, beta] = scales;
      const hidden = batchNormalization(conv2d(x, first, 2, 1), gamma, beta, { relu: true }).y;
      const main = batchNormalization(conv2d(hidden, second, 1, 1), gamma, beta).y;
      const side = batchNormalizationInference(conv2d(x, shortcut, 2, 0), gamma, beta, mean, variance, {
        relu: true,
      });
      return addRelu(main, side);
    };
    const { value, grads } = tf.valueAndGrads(block as (...args: tf.Tensor[]) => tf.Tensor)(
      [x, ...weights],
      wave([2, 5, 5, 16], 0.2),
    );
    return [value, ...grads].map((tensor) => tensor.dataSync() as Float32Array);
  });
}

/** Whether all values agree but for rounding. */
export function agree(found: Float32Array[], expected: Float32Array[]): boolean {
  return expected.every((values, i) => {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return values.every((value, k) => Math.abs(found[i][k] - value) <= TOLERANCE * largest);
  });
}

/**
 * Starts an engine if it agrees with a trusted one. Takes less than a second.
 * @throws {EngineUnavailable} if it cannot be started, fails, or disagrees
 */
export async function startChecked(
  candidate: { start: StartEngine },
  trusted: { start: StartEngine },
  options: { threads: number },
): Promise<Engine> {
  // The candidate first: where it is missing there is nothing to check.
  await candidate.start(options);
  let found;
  try {
    found = probe();
  } catch (error) {
    throw new EngineUnavailable(
      `it failed its self-check (${(error as Error).message})`,
      "Please report this",
    );
  }
  await trusted.start(options);
  if (!agree(found, probe())) {
    throw new EngineUnavailable("its results differ from those of wasm", "Please report this");
  }
  return await candidate.start(options);
}
