/**
 * The three methods of the paper's comparison. Each is a sum of loss terms; put two of them side by side and the
 * difference is the paper.
 *
 * L = L_C + β · L_D + γ · L_AD (Dhar et al., arXiv 1811.08051, equation (3)); LwF-MC leaves out the last term
 * (Li and Hoiem's "Learning without Forgetting" in the form of Rebuffi et al., CVPR 2017), C the last two.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { gradCamClosedForm, mapsOfClass } from "../attention/mod.ts";
import {
  type AttentionClass,
  attentionDistillation,
  type ClassificationKind,
  classificationLoss,
  type DistillationKind,
  distillationLoss,
  type MapNorm,
  topBaseClass,
} from "../losses/mod.ts";
import type { ForwardPass } from "../model/mod.ts";
import type { TeacherAnswers } from "./teacher.ts";

/** C: finetuning. LwF-MC: with knowledge distillation. LwM: with attention distillation as well. */
export type MethodName = "C" | "LwF-MC" | "LwM";

/** How the loss terms are made and weighed. */
export interface LossOptions {
  /** L_C: softmax over the new classes or over all, or sigmoids of the new classes or of all. */
  classification: ClassificationKind;
  /** L_D: sigmoids (iCaRL's LwF-MC), or softmax softened by the temperature. */
  distillation: DistillationKind;
  /** Temperature of the softened softmax. */
  temperature: number;
  /** β: weight of L_D, between 0 and 1. */
  beta: number;
  /** γ: weight of L_AD, between 0 and 1. */
  gamma: number;
  /** Norm of the difference of the two maps in L_AD. */
  norm: MapNorm;
  /** Class whose maps L_AD compares: the student's top base class (the paper's b), the teacher's, or the true class. */
  attentionClass: AttentionClass;
}

/** All that the loss of one batch is made from. B images, C classes of which the first C_b are base classes. */
export interface BatchOutputs {
  /** The student's logits (B, C) and feature maps (B, h, w, K). */
  student: ForwardPass;
  /** (K, C) weights of the student's head. */
  weights: tf.Tensor2D;
  /** (B, C) one-hot labels. */
  labels: tf.Tensor2D;
  /** C_b: number of classes that the teacher knows; 0 in the base step. */
  baseClasses: number;
  /** The frozen teacher's answers to the same images; absent in the base step and for C. */
  teacher?: TeacherAnswers;
}

/** The terms that a method uses, as scalars. */
export type LossTerms = { L_C: tf.Scalar; L_D?: tf.Scalar; L_AD?: tf.Scalar };

/** What each method adds up. */
export const METHODS: Record<MethodName, (batch: BatchOutputs, options: LossOptions) => LossTerms> = {
  "C": (batch, options) => ({ L_C: L_C(batch, options) }),
  "LwF-MC": (batch, options) => ({ L_C: L_C(batch, options), L_D: L_D(batch, options) }),
  "LwM": (batch, options) => ({
    L_C: L_C(batch, options),
    L_D: L_D(batch, options),
    L_AD: L_AD(batch, options),
  }),
};

/**
 * What is minimized.
 *
 * @param terms of one batch
 * @param weights β and γ
 * @returns L = L_C + β · L_D + γ · L_AD over the terms that are there
 */
export function totalLoss(terms: LossTerms, { beta, gamma }: { beta: number; gamma: number }): tf.Scalar {
  return tf.tidy(() => {
    let total = terms.L_C;
    if (terms.L_D !== undefined) total = tf.add(total, tf.mul(terms.L_D, beta));
    if (terms.L_AD !== undefined) total = tf.add(total, tf.mul(terms.L_AD, gamma));
    return total;
  });
}

function L_C({ student, labels, baseClasses }: BatchOutputs, { classification }: LossOptions): tf.Scalar {
  return classificationLoss(student.logits, labels, { kind: classification, baseClasses });
}

function L_D({ student, teacher }: BatchOutputs, { distillation, temperature }: LossOptions): tf.Scalar {
  return distillationLoss(teacher!.logits, student.logits, { kind: distillation, temperature });
}

function L_AD(
  { student, weights, labels, baseClasses, teacher }: BatchOutputs,
  options: LossOptions,
): tf.Scalar {
  const scores = { studentLogits: student.logits, teacherLogits: teacher!.logits, labels };
  const b = topBaseClass(scores, options.attentionClass); // (B, C_b), one-hot
  const baseWeights = tf.slice2d(weights, [0, 0], [-1, baseClasses]); // (K, C_b)
  const Q_t = gradCamClosedForm(student.features, baseWeights, b); // (B, h, w)
  const [B, h, w] = Q_t.shape;
  return attentionDistillation(mapsOfClass(teacher!.maps, b), tf.reshape(Q_t, [B, h * w]), options);
}
