/**
 * L_C, the classification loss on the images of the new classes.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Scalar, Tensor1D, Tensor2D } from "../tensors.ts";

/**
 * - `softmax-new`: softmax over the new classes alone. The old columns of the head get no gradient, but
 *   the scores of different steps never compete in training, so they are not calibrated to each other.
 * - `softmax-all`: softmax over all classes. Every new image pushes all old scores down.
 * - `sigmoid-new`: a binary decision for each new class, as in LwF-MC (Rebuffi et al., iCaRL, CVPR 2017,
 *   algorithm 3): L_D trains the base classes with the outputs of the teacher. Each score is calibrated by
 *   itself.
 * - `sigmoid-all`: a binary decision for each class; every new image is a negative for all base classes.
 */
export type ClassificationKind = "softmax-new" | "softmax-all" | "sigmoid-new" | "sigmoid-all";

/**
 * L_C, first term of equation (3) of the paper (arXiv 1811.08051): summed over the classes, mean over the
 * batch.
 *
 * - softmax: L_C = −Σ_c y_c · log softmax(z)_c
 * - sigmoid: L_C = −Σ_c [y_c · log σ(z_c) + (1 − y_c) · log(1 − σ(z_c))]
 * @param logits z, (B, C)
 * @param labels y, (B, C), one-hot, float32
 * @param options which outputs the network has and over which classes the loss runs; the number of classes
 * that the teacher knows, 0 in the base step
 * @returns a scalar, not below 0
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import * as tf from "@tensorflow/tfjs";
 * import { classificationLoss } from "lwm";
 *
 * const logits = tf.tensor2d([[0, 0]]);
 * const labels = tf.tensor2d([[1, 0]]);
 * const L_C = classificationLoss(logits, labels, { kind: "softmax-all", baseClasses: 0 });
 * assert.ok(Math.abs(L_C.dataSync()[0] - Math.log(2)) < 1e-6);
 * ```
 */
export function classificationLoss(
  logits: Tensor2D,
  labels: Tensor2D,
  { kind, baseClasses }: { kind: ClassificationKind; baseClasses: number },
): Scalar {
  return tf.tidy(() => {
    const [B, C] = logits.shape;
    const first = kind === "softmax-new" || kind === "sigmoid-new" ? baseClasses : 0;
    const ofItsClasses = (t: Tensor2D) => first === 0 ? t : tf.slice2d(t, [0, first], [B, C - first]);
    const loss = kind === "softmax-new" || kind === "softmax-all" ? crossEntropies : binaryCrossEntropies;
    return tf.mean(loss(ofItsClasses(labels), ofItsClasses(logits)));
  });
}

/**
 * −Σ_c p_c · log softmax(z)_c for each image: (B). Targets p and logits z are (B, C); a row of zeros leaves
 * an image out.
 */
export function crossEntropies(targets: Tensor2D, logits: Tensor2D): Tensor1D {
  return tf.tidy(() => tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1)));
}

/**
 * −Σ_c [p_c · log σ(z_c) + (1 − p_c) · log(1 − σ(z_c))] = Σ_c [log(1 + e^{z_c}) − p_c · z_c] for each image:
 * (B). Targets p, from 0 to 1, and logits z are (B, C).
 */
export function binaryCrossEntropies(targets: Tensor2D, logits: Tensor2D): Tensor1D {
  return tf.tidy(() => tf.sum(tf.sub(tf.softplus(logits), tf.mul(targets, logits)), 1));
}
