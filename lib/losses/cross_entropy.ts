import * as tf from "@tensorflow/tfjs";

/**
 * −Σ_c p_c · log softmax(z)_c, mean over the batch.
 *
 * @param targets p, (B, C), each row sums to 1 (or is zero: then the image does not count)
 * @param logits z, (B, C)
 * @returns a scalar
 */
export function crossEntropy(targets: tf.Tensor2D, logits: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => tf.div(tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)))), logits.shape[0]));
}

/**
 * −Σ_c [p_c · log σ(z_c) + (1 − p_c) · log(1 − σ(z_c))] = Σ_c [log(1 + e^{z_c}) − p_c · z_c], mean over the batch.
 *
 * @param targets p, (B, C), each between 0 and 1
 * @param logits z, (B, C)
 * @returns a scalar
 */
export function binaryCrossEntropy(targets: tf.Tensor2D, logits: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => tf.div(tf.sum(tf.sub(tf.softplus(logits), tf.mul(targets, logits))), logits.shape[0]));
}
