/**
 * Attention distillation as it can go wrong.
 *
 * Four public implementations of Learning without Memorizing report that they cannot reproduce the paper.
 * Each has a small slip that is easy to make: the code runs, the loss has a plausible value, and nothing
 * tells that γ does not do what it should. Here the slips are rebuilt one at a time, on the last stage of a
 * network with global average pooling, for the tutorial and for the tests. Nothing is trained with them.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type ClassPerImage, gradCamClosedForm, oneHotClasses } from "../attention/mod.ts";
import { attentionDistillation } from "./attention_distillation.ts";
import { stopGradient } from "./stop_gradient.ts";

/** What Grad-CAM of the last stage needs of a network. */
export interface LastStage {
  /** A, (B, H, W, K), what global average pooling sees. */
  features: tf.Tensor4D;
  /** (K, C), the dense head. */
  weights: tf.Tensor2D;
}

/** An attention loss between two networks, for one class an image. */
export type AttentionLoss = (teacher: LastStage, student: LastStage, classes: ClassPerImage) => tf.Scalar;

/**
 * The right one, in the same form: L_AD with the L1 norm.
 *
 * @param teacher M_{t−1}
 * @param student M_t
 * @param classes b, one class for each image
 * @returns a scalar
 */
export function correctAttentionLoss(
  teacher: LastStage,
  student: LastStage,
  classes: ClassPerImage,
): tf.Scalar {
  return tf.tidy(() =>
    attentionDistillation(flatMaps(teacher, classes), flatMaps(student, classes), { norm: "L1" })
  );
}

/**
 * The student's map is a constant, as if made under `no_grad` (FACIL). The value is right. The gradient is
 * zero: γ does nothing at all.
 *
 * @param teacher M_{t−1}
 * @param student M_t
 * @param classes b, one class for each image
 * @returns a scalar without gradient
 */
export function withDetachedStudent(
  teacher: LastStage,
  student: LastStage,
  classes: ClassPerImage,
): tf.Scalar {
  return tf.tidy(() => {
    const studentMaps = stopGradient(() => flatMaps(student, classes));
    return attentionDistillation(flatMaps(teacher, classes), studentMaps, { norm: "L1" });
  });
}

/**
 * The 2-norm runs over an axis of length 1, the channel axis of a (B, 1, H, W) map (FACIL): it gives the map
 * itself instead of its length, so nothing is normalized. The loss measures how strong the maps are rather
 * than where they lie, and it is as small as they are: γ has lost its scale.
 *
 * @param teacher M_{t−1}
 * @param student M_t
 * @param classes b, one class for each image
 * @returns a scalar
 */
export function withNormOverAxisOfLengthOne(
  teacher: LastStage,
  student: LastStage,
  classes: ClassPerImage,
): tf.Scalar {
  return tf.tidy(() => {
    // √(Q²): what the 2-norm is over an axis of length 1.
    const norms = (stage: LastStage) => tf.abs(flatMaps(stage, classes)); // (B, H·W)
    const difference = tf.sub(stopGradient(() => norms(teacher)), norms(student));
    return tf.mean(tf.sum(tf.abs(difference), 1));
  });
}

/**
 * The map is ReLU(Σ_k mean(g_k) · g_k), gradient times gradient, instead of gradient times activation
 * (Knowledge-Distillation-Zoo and one stand-alone repository). Behind global average pooling g_k = W_{k,c} /
 * (H·W) is the same everywhere, so this map is too: every two normalized maps are equal, the loss is 0 and so
 * is its gradient.
 *
 * @param teacher M_{t−1}
 * @param student M_t
 * @param classes b, one class for each image
 * @returns a scalar
 */
export function withGradientTimesGradient(
  teacher: LastStage,
  student: LastStage,
  classes: ClassPerImage,
): tf.Scalar {
  return tf.tidy(() => {
    const maps = ({ features, weights }: LastStage) => {
      const [B, H, W, K] = features.shape;
      const oneHot = oneHotClasses(classes, weights.shape[1]); // (B, C)
      const alpha = tf.div(tf.matMul(oneHot, weights, false, true), H * W); // (B, K)
      const gradients = tf.mul(tf.ones([B, H * W, K]), alpha.reshape([B, 1, K])); // (B, H·W, K)
      return tf.relu(tf.matMul(gradients, alpha.reshape([B, K, 1]))).reshape([B, H * W]) as tf.Tensor2D;
    };
    return attentionDistillation(maps(teacher), maps(student), { norm: "L1" });
  });
}

/**
 * α is a constant (inclearn). The value is right, and a gradient reaches the feature maps, but none reaches
 * the head through α: the weights of the base class, half of what decides where the student looks, are left
 * free to drift.
 *
 * @param teacher M_{t−1}
 * @param student M_t
 * @param classes b, one class for each image
 * @returns a scalar
 */
export function withDetachedAlpha(teacher: LastStage, student: LastStage, classes: ClassPerImage): tf.Scalar {
  return tf.tidy(() => {
    const weights = stopGradient(() => tf.clone(student.weights));
    return correctAttentionLoss(teacher, { features: student.features, weights }, classes);
  });
}

function flatMaps({ features, weights }: LastStage, classes: ClassPerImage): tf.Tensor2D {
  const [B, H, W] = features.shape;
  return gradCamClosedForm(features, weights, classes).reshape([B, H * W]);
}
