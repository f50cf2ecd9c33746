import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../tensors.ts";

/** Computes a constant: no gradient flows into the tensors that it is computed from. */
export function stopGradient<T extends Tensor>(compute: () => T): T {
  // The operation has no inputs as far as the gradient tape can see.
  const constant = tf.customGrad(() => ({ value: compute(), gradFunc: () => [] }));
  return constant() as T;
}
