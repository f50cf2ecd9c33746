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
 * - `random`: any base class, drawn for each image.
 * - `all`: every base class, with the mean of their distances.
 */
export type AttentionClass = "student-top" | "teacher-top" | "random" | "all";

/** The choices of b. */
export const ATTENTION_CLASSES = [
  "student-top",
  "teacher-top",
  "random",
  "all",
] as const satisfies readonly AttentionClass[];

/** What the choice is made from. */
export interface BaseClassScores {
  /** (B, at least C_b) scores; columns after the base classes are ignored. */
  studentLogits: Tensor2D;
  /** (B, C_b) scores: the base classes are those that the teacher scores. */
  teacherLogits: Tensor2D;
  /** What a `random` draw depends on, such as the seed, the step and the iteration. */
  randomKeys?: readonly (string | number)[];
}

/**
 * b, the top base class of the paper (arXiv 1811.08051): the base class with the highest score, or another choice. Where
 * scores tie, the first of them.
 * @param scores of the student and the teacher
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
  { studentLogits, teacherLogits, randomKeys = [] }: BaseClassScores,
  choice: Exclude<AttentionClass, "all">,
): Tensor2D {
  const [B, baseClasses] = teacherLogits.shape;
  return stopGradient(() => {
    if (choice === "teacher-top") return topClass(teacherLogits);
    if (choice === "random") {
      const random = randomStream("attention class", ...randomKeys);
      return oneHotClasses(Array.from({ length: B }, () => random.integer(baseClasses)), baseClasses);
    }
    return topClass(tf.slice2d(studentLogits, [0, 0], [B, baseClasses]));
  });
}

function topClass(scores: Tensor2D): Tensor2D {
  return oneHotRows(tf.argMax(scores, 1) as Tensor1D, scores.shape[1]);
}
