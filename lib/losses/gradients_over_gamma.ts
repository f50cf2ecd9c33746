import * as tf from "@tensorflow/tfjs";
import type { ClassPerImage } from "../attention/mod.ts";
import type { AttentionLoss, LastStage } from "./wrong_variants.ts";

/** What reaches the student's parameters, as 2-norms, one number for each γ. */
export interface GradientsOverGamma {
  /** ‖γ · ∂L_AD/∂A‖₂: into the feature maps, and from there into every layer. */
  featureGradient: number[];
  /** ‖γ · ∂L_AD/∂W‖₂: into the classifier's weights, through α. */
  weightGradient: number[];
}

/**
 * The gradient of γ · L_AD in the student's last stage, for some γ: whether a way to write L_AD lets γ influence training.
 *
 * @param loss one way to write L_AD
 * @param teacher M_{t−1}
 * @param student M_t
 * @param classes b, one class for each image
 * @param gammas values of γ
 */
export async function gradientsOverGamma(
  loss: AttentionLoss,
  teacher: LastStage,
  student: LastStage,
  classes: ClassPerImage,
  gammas: readonly number[],
): Promise<GradientsOverGamma> {
  const [featureGradient, weightGradient]: number[][] = [[], []];
  for (const gamma of gammas) {
    const norms = tf.tidy(() => {
      const gradients = tf.grads((A, W) => {
        const L_AD = loss(teacher, { features: A as tf.Tensor4D, weights: W as tf.Tensor2D }, classes);
        // tfjs refuses to differentiate what does not depend on A and W at all; a sum times 0 does.
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
