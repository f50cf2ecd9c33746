/**
 * The frozen model M_{t−1} and its outputs for the images of step t.
 *
 * The views of an image are a finite set and the teacher never changes, so its logits and maps are computed
 * once a step and looked up in every epoch. That makes L_D and L_AD almost free.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allClassMaps } from "../attention/mod.ts";
import { type Draw, type Normalization, readBatch } from "../data/batches.ts";
import type { ImageSet } from "../data/image_set.ts";
import type { ResNet } from "../model/mod.ts";
import type { Tensor2D, Tensor3D, Tensor4D } from "../tensors.ts";

/** The teacher's outputs for B images: C_b base classes, maps of h × w pixels. */
export type TeacherAnswers = {
  /** (B, C_b) scores of the base classes. */
  logits: Tensor2D;
  /** (B, C_b, h·w) Grad-CAM map of every base class, not normalized. */
  maps: Tensor3D;
  /** (B, K) feature maps of the last stage, pooled: their mean over space. */
  pooled: Tensor2D;
};

/**
 * Gives the teacher's outputs for one batch: its draws, and (B, H, W, 3) their images. The caller disposes
 * the tensors.
 */
export type Teacher = (draws: readonly Draw[], x: Tensor4D) => TeacherAnswers;

/** Runs the teacher on (B, H, W, 3) images: needs no memory, but one forward pass a batch. */
export function askTeacher(model: ResNet, x: Tensor4D): TeacherAnswers {
  const { logits, features } = model.forward(x);
  return { logits, maps: allClassMaps(features, model.head.weights), pooled: tf.mean(features, [1, 2]) };
}

/**
 * Runs the model once for every view of every image of the step.
 * @param set the images of the step
 * @param options `views`: how many views of each image will be used; `batchSize` of the passes
 * @param onProgress called with the number of images done, of how many
 * @returns a teacher that reads from memory: count · views · (C_b · (1 + h·w) + K) numbers of four bytes
 */
export async function cachedTeacher(
  model: ResNet,
  set: ImageSet,
  { views, batchSize, normalization }: { views: number; batchSize: number; normalization: Normalization },
  onProgress: (done: number, total: number) => void | Promise<void> = () => {},
): Promise<Teacher> {
  const baseClasses = model.classNames.length;
  const pixels = model.featureSize(set.size) ** 2;
  const total = set.count * views;
  const kept = {
    logits: new Float32Array(total * baseClasses),
    maps: new Float32Array(total * baseClasses * pixels),
    pooled: new Float32Array(total * model.head.weights.shape[0]),
  };
  const names = Object.keys(kept) as (keyof typeof kept)[];

  for (let start = 0; start < total; start += batchSize) {
    // All batches have the same size, for which engines compile their kernels once: the last may repeat
    // images.
    const first = Math.max(0, Math.min(start, total - batchSize));
    const draws = Array.from({ length: Math.min(batchSize, total) }, (_, i) => ({
      image: Math.floor((first + i) / views),
      view: (first + i) % views,
    }));
    const batch = readBatch(set, draws, normalization);
    const answers = tf.tidy(() =>
      askTeacher(model, tf.tensor4d(batch.x, [draws.length, set.size, set.size, 3]))
    );
    for (const name of names) {
      kept[name].set(await answers[name].data<"float32">(), first * kept[name].length / total);
    }
    tf.dispose(answers);
    await onProgress(Math.min(start + batchSize, total), total);
  }

  return (draws) => {
    const B = draws.length;
    const [logits, maps, pooled] = names.map((name) => {
      const length = kept[name].length / total;
      const ofBatch = new Float32Array(B * length);
      draws.forEach(({ image, view }, i) => {
        const row = image * views + view;
        ofBatch.set(kept[name].subarray(row * length, (row + 1) * length), i * length);
      });
      return ofBatch;
    });
    return {
      logits: tf.tensor2d(logits, [B, baseClasses]),
      maps: tf.tensor3d(maps, [B, baseClasses, pixels]),
      pooled: tf.tensor2d(pooled, [B, pooled.length / B]),
    };
  };
}
