/**
 * L_AD as a function of the last stages of teacher and student, in its correct form and with common mistakes.
 *
 * Public implementations of Learning without Memorizing have small mistakes that are easy to make: the code
 * runs, the loss has a plausible value, and nothing shows that γ does not work. Here each mistake can be made
 * by itself, to measure its effect on the training.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allClassMaps, type ClassPerImage, gradCamClosedForm, mapsOfClass } from "../attention/mod.ts";
import type { Scalar, Tensor2D, Tensor3D, Tensor4D } from "../tensors.ts";
import { attentionDistillation, type MapNorm } from "./attention_distillation.ts";
import { stopGradient } from "./stop_gradient.ts";

/**
 * How L_AD is computed.
 *
 * - `normalized`: equation (2) of the paper.
 * - `unnormalized`: the maps are not divided by their 2-norm. The loss measures how strong the maps are
 *   rather than where they lie, and it is as small as they are: γ loses its scale. A 2-norm over an axis of
 *   length 1, the channel axis of a (B, 1, H, W) map, that stands in for the normalized map has the same
 *   effect: √(Q²) = Q.
 * - `detached-student`: the student's map is a constant, as if made under `no_grad`. The value is right, the
 *   gradient is zero: γ has no effect.
 * - `gradient-times-gradient`: the map is ReLU(Σ_k mean(g_k) · g_k) instead of gradient times activation.
 *   Behind global average pooling g_k = W_{k,c} / (H·W) is the same everywhere, so this map is constant over
 *   space: all normalized maps are equal, and loss and gradient are 0.
 * - `detached-alpha`: α is a constant. The value is right, and a gradient reaches the feature maps, but none
 *   reaches the head through α: the weights of the base class, half of what decides where the student looks,
 *   may drift.
 * - `elsewhere`: no mistake but a control. The teacher's map is the one that it has for the same class in the
 *   next image of the batch: a real map in the wrong place. That image was not chosen for the class, so the
 *   map has fewer places above zero, and some are all zero: it differs from `normalized` in *how much* it
 *   shows, too.
 */
export type AttentionForm = typeof ATTENTION_FORMS[number];

/** The forms of L_AD. */
export const ATTENTION_FORMS = [
  "normalized",
  "unnormalized",
  "detached-student",
  "gradient-times-gradient",
  "detached-alpha",
  "elsewhere",
] as const;

/** What Grad-CAM of the last stage needs of a network. */
export interface LastStage {
  /** A, (B, H, W, K), what global average pooling sees. */
  features: Tensor4D;
  /** (K, C), the dense head. */
  weights: Tensor2D;
}

/**
 * L_AD between the maps that teacher and student have for the same classes, mean over the batch.
 * @param teacherMaps (B, C_b, H·W) maps of every base class, see {@linkcode allClassMaps}; no gradient flows
 * into them
 * @param student M_t; columns of its head after the base classes are ignored
 * @param classes b, one base class for each image; `all` takes the mean of the distances over all base
 * classes
 * @param options form and norm
 * @returns a scalar, not below 0
 */
export function attentionLoss(
  teacherMaps: Tensor3D,
  { features, weights }: LastStage,
  classes: ClassPerImage | "all",
  { form, norm }: { form: AttentionForm; norm: MapNorm },
): Scalar {
  return tf.tidy(() => {
    const [B, C, HW] = teacherMaps.shape;
    const ofImages = form === "elsewhere" ? ofNextImage(teacherMaps) : teacherMaps; // (B, C_b, H·W)
    const Q_teacher = classes === "all"
      ? ofImages.reshape<Tensor2D>([B * C, HW])
      : mapsOfClass(ofImages, classes); // (B, H·W)
    const ofBaseClasses = tf.slice2d(weights, [0, 0], [-1, C]); // (K, C_b)
    const options = { norm, normalized: form !== "unnormalized" };
    if (form === "gradient-times-gradient") {
      // Constant over space, in the teacher as in the student.
      const Q_student = squaredGradients({ features, weights: ofBaseClasses }, classes);
      return attentionDistillation(tf.onesLike(Q_teacher), Q_student, options);
    }
    const alpha = form === "detached-alpha" ? stopGradient(() => tf.clone(ofBaseClasses)) : ofBaseClasses;
    const maps = () => studentMaps({ features, weights: alpha }, classes);
    const Q_student = form === "detached-student" ? stopGradient(maps) : maps(); // (B, H·W)
    return attentionDistillation(Q_teacher, Q_student, options);
  });
}

/** Image i gets the maps of image i + 1, the last one those of the first: (B, C_b, H·W). */
function ofNextImage(maps: Tensor3D): Tensor3D {
  return tf.concat([tf.slice(maps, [1]), tf.slice(maps, [0], [1])]) as Tensor3D;
}

/** (B, H·W) Grad-CAM maps of the chosen classes, or (B·C, H·W) of all. */
function studentMaps({ features, weights }: LastStage, classes: ClassPerImage | "all"): Tensor2D {
  const [B, H, W] = features.shape;
  return classes === "all"
    ? allClassMaps(features, weights).reshape([B * weights.shape[1], H * W])
    : gradCamClosedForm(features, weights, classes).reshape([B, H * W]);
}

/**
 * ReLU(Σ_k mean(g_k) · g_k), shaped as {@linkcode studentMaps}; behind global average pooling
 * mean(g_k) = g_k = α_k.
 */
function squaredGradients({ features, weights }: LastStage, classes: ClassPerImage | "all"): Tensor2D {
  const [B, H, W] = features.shape;
  const alpha = tf.div(weights, H * W); // (K, C)
  const ofClass = tf.sum(tf.square(alpha), 0); // (C), Σ_k α_k²
  const everywhere = tf.tile(ofClass.reshape([1, -1, 1]), [B, 1, H * W]) as Tensor3D; // (B, C, H·W)
  return tf.relu(classes === "all" ? everywhere.reshape([-1, H * W]) : mapsOfClass(everywhere, classes));
}

/**
 * The gradient of γ · L_AD in the student's last stage, for some γ: whether a form of L_AD lets γ influence
 * training.
 * @param loss L_AD as a function of the student
 * @param student M_t
 * @param gammas values of γ
 * @returns for each γ ‖γ · ∂L_AD/∂A‖₂, into the feature maps and from there into every layer, and ‖γ ·
 * ∂L_AD/∂W‖₂, into the classifier's weights through α
 */
export async function gradientsOverGamma(
  loss: (student: LastStage) => Scalar,
  student: LastStage,
  gammas: readonly number[],
): Promise<{ featureGradient: number[]; weightGradient: number[] }> {
  const [featureGradient, weightGradient]: number[][] = [[], []];
  for (const gamma of gammas) {
    const norms = tf.tidy(() => {
      const gradients = tf.grads((A, W) => {
        const L_AD = loss({ features: A as Tensor4D, weights: W as Tensor2D });
        // tfjs cannot differentiate a loss that does not depend on A and W: a sum times 0 depends on them.
        return tf.add(tf.mul(L_AD, gamma), tf.mul(tf.add(tf.sum(A), tf.sum(W)), 0));
      });
      return tf.stack(gradients([student.features, student.weights]).map((gradient) => tf.norm(gradient)));
    });
    const [inFeatures, inWeights] = await norms.data();
    norms.dispose();
    featureGradient.push(inFeatures);
    weightGradient.push(inWeights);
  }
  return { featureGradient, weightGradient };
}
