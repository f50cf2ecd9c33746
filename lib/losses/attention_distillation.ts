/**
 * L_AD, attention distillation: where the student looks when it scores a base class should stay where the
 * teacher looked. This is what Learning without Memorizing adds to LwF-MC.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Scalar, Tensor, Tensor1D, Tensor2D } from "../tensors.ts";
import { stopGradient } from "./stop_gradient.ts";

/**
 * Distance between normalized maps: the sum of absolute differences (the paper's choice), or the Euclidean
 * one.
 */
export type MapNorm = "L1" | "L2";

/** Options of {@linkcode attentionDistillation}. */
export interface AttentionDistillationOptions {
  /** Distance between normalized maps. */
  norm: MapNorm;
  /** Whether the maps are divided by their 2-norm, as in the paper; default true. */
  normalized?: boolean;
}

/**
 * L_AD, equation (2) of the paper (arXiv 1811.08051), mean over the batch:
 *
 *     L_AD = ‖ Q_{t−1}^{I,b} / ‖Q_{t−1}^{I,b}‖₂ − Q_t^{I,b} / ‖Q_t^{I,b}‖₂ ‖₁
 *
 * An all-zero map has no direction: it counts as the zero vector. No gradient flows into an all-zero map of
 * the student. Beside an all-zero map of the teacher, L1 pushes the student's map to fewer places, and L2 has
 * no gradient. Equal maps have distance 0 and gradient 0. For normalized Grad-CAM maps, which are not below
 * 0, the loss with L2 is at most √2, with L1 at most √(2·H·W).
 * @param teacherMaps Q_{t−1}^{I,b}, (B, H·W), not normalized; no gradient flows into them
 * @param studentMaps Q_t^{I,b}, (B, H·W), not normalized
 * @param options the norm of the distance
 * @returns a scalar, not below 0
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import * as tf from "@tensorflow/tfjs";
 * import { attentionDistillation } from "lwm";
 *
 * const teacher = tf.tensor2d([[1, 0, 0, 0]]);
 * const elsewhere = tf.tensor2d([[0, 0, 0, 9]]);
 * assert.equal(attentionDistillation(teacher, elsewhere, { norm: "L1" }).dataSync()[0], 2);
 * const stronger = tf.tensor2d([[9, 0, 0, 0]]);
 * assert.equal(attentionDistillation(teacher, stronger, { norm: "L1" }).dataSync()[0], 0);
 * ```
 */
export function attentionDistillation(
  teacherMaps: Tensor2D,
  studentMaps: Tensor2D,
  options: AttentionDistillationOptions,
): Scalar {
  return tf.tidy(() => tf.mean(mapDistances(teacherMaps, studentMaps, options)));
}

/** The distance of {@linkcode attentionDistillation} for each image by itself: (B). */
export function mapDistances(
  teacherMaps: Tensor2D,
  studentMaps: Tensor2D,
  { norm, normalized = true }: AttentionDistillationOptions,
): Tensor1D {
  return tf.tidy(() => {
    const scaled = (maps: Tensor2D) => normalized ? normalize(maps) : tf.clone(maps);
    const teacher = stopGradient(() => scaled(teacherMaps));
    const difference = tf.sub(teacher, scaled(studentMaps));
    return norm === "L1" ? norm1(difference) : norm2(difference);
  });
}

/**
 * Maps below this length count as all-zero: their direction is rounding noise, and its gradient would be
 * huge.
 */
const SHORTEST_MAP = 1e-12;

/**
 * Each row of (B, H·W) divided by its 2-norm: Q̂ = Q / ‖Q‖, ∂/∂Q = (∂/∂Q̂ − Q̂ · ⟨Q̂, ∂/∂Q̂⟩) / ‖Q‖. An
 * all-zero map stays all-zero and gets no gradient; tfjs's own gradient would divide zero by zero.
 */
const normalize = tf.customGrad((...args) => {
  const [maps, save] = args as unknown as [Tensor, tf.GradSaveFunc];
  const length = lengths(maps); // (B, 1)
  const inverse = tf.where(tf.greater(length, SHORTEST_MAP), tf.reciprocal(length), 0); // (B, 1)
  const unit = tf.mul(maps, inverse); // (B, H·W)
  save([unit, inverse]);
  const gradFunc = (dy: Tensor, saved: Tensor[]) => {
    const [unit, inverse] = saved;
    const along = tf.sum(tf.mul(unit, dy), 1, true); // (B, 1)
    return tf.mul(tf.sub(dy, tf.mul(unit, along)), inverse);
  };
  return { value: unit, gradFunc };
});

/**
 * ‖d‖₁ of each row; its gradient is sign(d), 0 at 0. (tfjs's gradient of abs is −1 at 0: equal maps would be
 * pulled apart.)
 */
const norm1 = rowNorm((d) => tf.sum(tf.abs(d), 1), (d) => tf.sign(d));

/** ‖d‖₂ of each row; its gradient is d / ‖d‖₂, 0 at 0. */
const norm2 = rowNorm((d) => tf.squeeze(lengths(d), [1]), normalize);

/** (B, 1), the 2-norm of each row. */
function lengths(rows: Tensor): Tensor {
  return tf.sqrt(tf.sum(tf.square(rows), 1, true));
}

function rowNorm(value: (rows: Tensor) => Tensor, gradient: (rows: Tensor) => Tensor) {
  return tf.customGrad((...args) => {
    const [rows, save] = args as unknown as [Tensor, tf.GradSaveFunc];
    save([rows]);
    const gradFunc = (dy: Tensor, [rows]: Tensor[]) => tf.mul(tf.expandDims(dy, 1), gradient(rows));
    return { value: value(rows), gradFunc };
  }) as (rows: Tensor) => Tensor1D;
}
