/**
 * L_D, knowledge distillation: on images of the new classes the student's outputs for the base classes
 * should stay those of the teacher.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Scalar, Tensor1D, Tensor2D } from "../tensors.ts";
import { binaryCrossEntropies, crossEntropies } from "./classification.ts";
import { stopGradient } from "./stop_gradient.ts";

/** `sigmoid`: a binary decision for each class, as in LwF-MC; `softmax`: softened by a temperature. */
export type DistillationKind = "sigmoid" | "softmax";

/** Options of {@linkcode distillationLoss}. */
export interface DistillationOptions {
  /** Which outputs are compared. */
  kind: DistillationKind;
  /**
   * T > 0 divides the scores before the softmax; above 1, small scores count more; 1 leaves them. Not used by
   * `sigmoid`.
   */
  temperature: number;
}

/**
 * L_D, equation (1) of the paper (arXiv 1811.08051): summed over the base classes, mean over the batch. It is
 * a cross-entropy, so at equal scores it is not 0 but the entropy of the teacher's outputs; its gradient is
 * 0.
 *
 * - softmax: y'_i = softmax(y / T)_i, ŷ'_i = softmax(ŷ / T)_i, L_D = −Σ_i y'_i · log ŷ'_i. The paper's form,
 *   without the factor T² of Hinton et al. (2015): gradients shrink as T grows.
 * - sigmoid: q_i = σ(y_i), L_D = −Σ_i [q_i · log σ(ŷ_i) + (1 − q_i) · log(1 − σ(ŷ_i))]
 *   (Rebuffi et al., iCaRL, CVPR 2017, algorithm 3: the form of LwF-MC).
 * @param teacherLogits y, (B, Cb); no gradient flows into them
 * @param studentLogits ŷ, (B, at least Cb); columns after the base classes are ignored
 * @param options kind and temperature
 * @returns a scalar, not below 0
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import * as tf from "@tensorflow/tfjs";
 * import { distillationLoss } from "lwm";
 *
 * const teacher = tf.tensor2d([[2, -1]]);
 * const student = tf.tensor2d([[2, -1, 5]]); // a new class, which does not count
 * const options = { kind: "softmax", temperature: 2 } as const;
 * const gradient = tf.grad((logits) => distillationLoss(teacher, logits as tf.Tensor2D, options))(student);
 * assert.ok(gradient.dataSync().every((value) => Math.abs(value) < 1e-6)); // the scores have not moved
 * ```
 */
export function distillationLoss(
  teacherLogits: Tensor2D,
  studentLogits: Tensor2D,
  options: DistillationOptions,
): Scalar {
  return tf.tidy(() => tf.mean(distillationLosses(teacherLogits, studentLogits, options)));
}

/** L_D of {@linkcode distillationLoss} for each image by itself: (B). */
export function distillationLosses(
  teacherLogits: Tensor2D,
  studentLogits: Tensor2D,
  { kind, temperature }: DistillationOptions,
): Tensor1D {
  return tf.tidy(() => {
    const [B, baseClasses] = teacherLogits.shape;
    const student = tf.slice2d(studentLogits, [0, 0], [B, baseClasses]);
    if (kind === "sigmoid") {
      return binaryCrossEntropies(stopGradient(() => tf.sigmoid(teacherLogits)), student);
    }
    const softened = stopGradient(() => tf.softmax(tf.div<Tensor2D>(teacherLogits, temperature)));
    return crossEntropies(softened, tf.div(student, temperature));
  });
}
