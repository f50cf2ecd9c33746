import * as tf from "@tensorflow/tfjs";
import { type Draw, type ImageSet, type Normalization, readBatch } from "../data/mod.ts";

/** How images are fed to a network. */
export interface ForwardOptions {
  /** Mean and standard deviation of the channels, as in training. */
  normalization: Normalization;
  /** Images in one pass. */
  batchSize: number;
  /**
   * Called after each pass with the number of images done; what it returns is awaited, so that it can let
   * others run.
   */
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/**
 * Runs something on images, a batch at a time. Every batch has the same size, for which engines compile their
 * kernels once: the last is filled up with its last image, and what comes of these is dropped.
 *
 * @param set where the images are
 * @param draws which of them
 * @param options batch size, normalization, progress
 * @param pass from x (B, H, W, 3) to tensors whose first dimension is B; called inside `tf.tidy`
 * @returns each tensor's values, for all images one after the other
 */
export async function forwardPasses<Name extends string>(
  set: ImageSet,
  draws: readonly Draw[],
  { normalization, batchSize, onProgress }: ForwardOptions,
  pass: (x: tf.Tensor4D, first: number) => Record<Name, tf.Tensor>,
): Promise<Record<Name, Float32Array>> {
  const size = Math.min(batchSize, draws.length);
  const all: Partial<Record<Name, Float32Array>> = {};
  for (let first = 0; first < draws.length; first += size) {
    const real = draws.slice(first, first + size);
    const filled = [...real, ...Array<Draw>(size - real.length).fill(real[real.length - 1])];
    const tensors = tf.tidy(() => {
      const { x } = readBatch(set, filled, normalization);
      return pass(tf.tensor4d(x, [size, set.size, set.size, 3]), first);
    });
    for (const name of Object.keys(tensors) as Name[]) {
      const values = await tensors[name].data<"float32">();
      const perImage = values.length / size;
      const target = all[name] ??= new Float32Array(draws.length * perImage);
      target.set(values.subarray(0, real.length * perImage), first * perImage);
      tensors[name].dispose();
    }
    await onProgress?.(first + real.length, draws.length);
  }
  return all as Record<Name, Float32Array>;
}
