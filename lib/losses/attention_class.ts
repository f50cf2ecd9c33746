import * as tf from "@tensorflow/tfjs";
import { oneHotClasses, oneHotRows } from "../attention/mod.ts";
import { randomStream } from "../random.ts";
import type { Tensor1D, Tensor2D } from "../tensors.ts";
import { stopGradient } from "./stop_gradient.ts";

/**
 * Which base class's maps L_AD compares.
 *
 * - `student-top`: the one with the highest score of the student, the paper's b.
 * - `teacher-top`: the one with the highest score of the teacher.
 * - `ground-truth`: the image's own class where that is a base class, else the student's top one. Training
 *   images of an increment are all of new classes, so there it is `student-top`.
 * - `random`: any base class, drawn for each image.
 * - `all`: every base class, with the mean of their distances.
 */
export type AttentionClass = typeof ATTENTION_CLASSES[number];

/** The choices of b. */
export const ATTENTION_CLASSES = ["student-top", "teacher-top", "ground-truth", "random", "all"] as const;

/** What the choice is made from. */
export interface BaseClassScores {
  /** (B, at least C_b) scores; columns after the base classes are ignored. */
  studentLogits: Tensor2D;
  /** (B, C_b) scores: the base classes are those that the teacher scores. */
  teacherLogits: Tensor2D;
  /** (B, at least C_b) one-hot labels, float32; needed for `ground-truth` only. */
  labels?: Tensor2D;
  /** What a `random` draw depends on, such as the seed, the step and the iteration. */
  randomKeys?: readonly (string | number)[];
}

/**
 * b, the top base class of the paper (arXiv 1811.08051): the base class with the highest score, or another
 * choice. Where scores tie, the first of them.
 * @param scores of the student and the teacher, and the truth
 * @param choice which class
 * @returns (B, C_b), one-hot, float32; a constant, no gradient flows through the choice
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import * as tf from "@tensorflow/tfjs";
 * import { topBaseClass } from "lwm";
 *
 * const scores = { studentLogits: tf.tensor2d([[1, 3, 9]]), teacherLogits: tf.tensor2d([[4, 2]]) };
 * assert.deepEqual([...topBaseClass(scores, "student-top").dataSync()], [0, 1]); // the third class is new
 * ```
 */
export function topBaseClass(
  { studentLogits, teacherLogits, labels, randomKeys = [] }: BaseClassScores,
  choice: Exclude<AttentionClass, "all">,
): Tensor2D {
  const [B, baseClasses] = teacherLogits.shape;
  return stopGradient(() => {
    if (choice === "teacher-top") return topClass(teacherLogits);
    if (choice === "random") {
      const random = randomStream("attention class", ...randomKeys);
      return oneHotClasses(Array.from({ length: B }, () => random.integer(baseClasses)), baseClasses);
    }
    const studentTop = topClass(ofBaseClasses(studentLogits, baseClasses)); // (B, C_b)
    if (choice === "student-top") return studentTop;
    const truth = ofBaseClasses(labels!, baseClasses); // (B, C_b), a row of zeros where the class is new
    const isNew = tf.sub(1, tf.sum(truth, 1, true)); // (B, 1)
    return tf.add(truth, tf.mul(isNew, studentTop)) as Tensor2D;
  });
}

function topClass(scores: Tensor2D): Tensor2D {
  return oneHotRows(tf.argMax(scores, 1) as Tensor1D, scores.shape[1]);
}

function ofBaseClasses(scores: Tensor2D, baseClasses: number): Tensor2D {
  return tf.slice2d(scores, [0, 0], [scores.shape[0], baseClasses]);
}
