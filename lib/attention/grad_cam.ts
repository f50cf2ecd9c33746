/**
 * Grad-CAM: where a network looks when it scores a class.
 * Selvaraju et al., "Grad-CAM", ICCV 2017, arXiv 1610.02391, equations (1) and (2).
 *
 * With global average pooling and a dense head the score of class c is y^c = Σ_k W_{k,c} · mean_{ij} A_{k,ij}
 * + bias_c, so ∂y^c/∂A_{k,ij} = W_{k,c} / (H·W) everywhere and Grad-CAM's α is known in closed form, without
 * a backward pass. These maps are ordinary functions of A and W: differentiating them gives gradients through
 * both.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor2D, Tensor3D, Tensor4D } from "../tensors.ts";
import { type ClassPerImage, oneHotClasses } from "./one_hot_classes.ts";

/**
 * Grad-CAM maps of the last stage, for one class an image.
 *
 * Differentiable in features and weights, and cheap: two small matrix products forward and three backward.
 * @param features A, (B, H, W, K), what global average pooling sees
 * @param weights (K, C), the dense head
 * @param classes c, one class for each image
 * @returns (B, H, W), not below 0
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import * as tf from "@tensorflow/tfjs";
 * import { gradCamClosedForm } from "lwm";
 *
 * const features = tf.tensor4d([1, 0, 0, 4], [1, 2, 2, 1]); // one feature map of 2 × 2 pixels
 * const weights = tf.tensor2d([[2, -2]]); // it speaks for the first class, and against the second
 * assert.deepEqual([...gradCamClosedForm(features, weights, [0]).dataSync()], [0.5, 0, 0, 2]);
 * assert.deepEqual([...gradCamClosedForm(features, weights, [1]).dataSync()], [0, 0, 0, 0]);
 * ```
 */
export function gradCamClosedForm(
  features: Tensor4D,
  weights: Tensor2D,
  classes: ClassPerImage,
): Tensor3D {
  return tf.tidy(() => {
    const [B, H, W, K] = features.shape;
    const oneHot = oneHotClasses(classes, weights.shape[1]); // (B, C)

    // α_k = 1/(H·W) Σ_ij ∂y^c/∂A_{k,ij} = W_{k,c} / (H·W)
    const alpha = tf.div(tf.matMul(oneHot, weights, false, true), H * W); // (B, K)

    // L^c = ReLU(Σ_k α_k A_k)
    const sum = tf.matMul(features.reshape([B, H * W, K]), alpha.reshape([B, K, 1])); // (B, H·W, 1)
    return tf.relu(sum).reshape([B, H, W]);
  });
}

/**
 * The maps of every class at once: they are kept of a frozen teacher, so that any class can be chosen later.
 * @param features A, (B, H, W, K), what global average pooling sees
 * @param weights (K, C), the dense head
 * @returns (B, C, H·W), not below 0
 */
export function allClassMaps(features: Tensor4D, weights: Tensor2D): Tensor3D {
  return tf.tidy(() => {
    const [B, H, W, K] = features.shape;
    const C = weights.shape[1];
    const alpha = tf.div(weights, H * W); // (K, C)
    const maps = tf.relu(tf.matMul(features.reshape([B * H * W, K]), alpha)); // (B·H·W, C)
    return tf.transpose(maps.reshape([B, H * W, C]), [0, 2, 1]) as Tensor3D;
  });
}

/** Chooses one class an image from the maps of {@linkcode allClassMaps}: (B, C, H·W) → (B, H·W). */
export function mapsOfClass(maps: Tensor3D, classes: ClassPerImage): Tensor2D {
  return tf.tidy(() => {
    const [B, C, HW] = maps.shape;
    const oneHot = oneHotClasses(classes, C).reshape([B, 1, C]);
    return tf.matMul(oneHot, maps).reshape([B, HW]);
  });
}
