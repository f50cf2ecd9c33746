import * as tf from "@tensorflow/tfjs";
import type { Tensor1D, Tensor2D } from "../tensors.ts";

/**
 * −Σ_c p_c · log softmax(z)_c for each image.
 * @param targets p, (B, C), each row sums to 1 or is all zero, which leaves the image out
 * @param logits z, (B, C)
 * @returns (B)
 */
export function crossEntropies(targets: Tensor2D, logits: Tensor2D): Tensor1D {
  return tf.tidy(() => tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1)));
}

/**
 * −Σ_c [p_c · log σ(z_c) + (1 − p_c) · log(1 − σ(z_c))] = Σ_c [log(1 + e^{z_c}) − p_c · z_c] for each image.
 * @param targets p, (B, C), each between 0 and 1
 * @param logits z, (B, C)
 * @returns (B)
 */
export function binaryCrossEntropies(targets: Tensor2D, logits: Tensor2D): Tensor1D {
  return tf.tidy(() => tf.sum(tf.sub(tf.softplus(logits), tf.mul(targets, logits)), 1));
}
