import * as tf from "@tensorflow/tfjs";
import type { Scalar, Tensor, Tensor2D, Tensor3D, Tensor4D } from "../tensors.ts";
import { type ClassPerImage, oneHotClasses } from "./one_hot_classes.ts";

/**
 * Grad-CAM by automatic differentiation, for any feature maps and any class.
 * Selvaraju et al., "Grad-CAM", ICCV 2017, arXiv 1610.02391, equations (1) and (2).
 *
 * For the stage s of a network whose stages end with `last`:
 *
 *     gradCam(network.stage(s, x), (A) => network.classify(network.stage(last, A, false, s + 1)), classes)
 *
 * The rest of the network must treat each image by itself: with batch statistics one image's score would depend
 * on all. The maps are constants. Training needs no second-order gradients, see {@linkcode gradCamClosedForm}.
 * @param features A, (B, h, w, K)
 * @param scores the rest of the network, from A to the scores (B, C)
 * @param classes c, one class for each image
 * @returns (B, h, w), not below 0
 */
export function gradCam(
  features: Tensor4D,
  scores: (features: Tensor4D) => Tensor2D,
  classes: ClassPerImage,
): Tensor3D {
  return tf.tidy(() => {
    // y^c. Images do not influence each other's score, so the gradient of the sum is each image's own.
    const score = (A: Tensor): Scalar => {
      const y = scores(A as Tensor4D); // (B, C)
      return tf.sum(tf.mul(y, oneHotClasses(classes, y.shape[1])));
    };
    const gradients = tf.grad(score)(features); // (B, h, w, K)

    // α_k = 1/(h·w) Σ_ij ∂y^c/∂A_{k,ij}
    const alpha = tf.mean(gradients, [1, 2], true); // (B, 1, 1, K)

    // L^c = ReLU(Σ_k α_k A_k)
    return tf.relu(tf.sum(tf.mul(alpha, features), 3)) as Tensor3D;
  });
}
