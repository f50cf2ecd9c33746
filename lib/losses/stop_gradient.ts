import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../tensors.ts";

/**
 * Computes something that counts as a constant: no gradient flows into whatever it was computed from.
 *
 * @param compute what to compute; what it makes on the way is freed
 * @returns its result
 */
export function stopGradient<T extends Tensor>(compute: () => T): T {
  // The operation has no inputs as far as the gradient tape can see.
  const constant = tf.customGrad(() => ({ value: compute(), gradFunc: () => [] }));
  return constant() as T;
}
