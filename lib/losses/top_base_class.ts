import * as tf from "@tensorflow/tfjs";
import { oneHotRows } from "../attention/mod.ts";
import { stopGradient } from "./stop_gradient.ts";

/**
 * Which base class's maps are compared: the one with the highest score of the *student* (the paper's b), with
 * the highest score of the teacher, or the image's own class where that is a base class and else the
 * student's top one. The last two are for studies. (Training images of an increment are all of new classes,
 * so there the last is the first.)
 */
export type AttentionClass = "student-top" | "teacher-top" | "ground-truth";

/** What the choice is made from. */
export interface BaseClassScores {
  /** (B, at least C_b) scores; columns after the base classes are ignored. */
  studentLogits: tf.Tensor2D;
  /** (B, C_b) scores: the base classes are those that the teacher scores. */
  teacherLogits: tf.Tensor2D;
  /** (B, at least C_b) one-hot labels, float32; needed for `ground-truth` only. */
  labels?: tf.Tensor2D;
}

/**
 * b, the top base class of the paper (arXiv 1811.08051): the base class with the highest score. Where scores
 * tie, the first of them.
 *
 * @param scores of the student and the teacher, and the truth
 * @param choice whose opinion counts
 * @returns (B, C_b), one-hot, float32; a constant, no gradient flows through the choice
 */
export function topBaseClass(
  { studentLogits, teacherLogits, labels }: BaseClassScores,
  choice: AttentionClass,
): tf.Tensor2D {
  const baseClasses = teacherLogits.shape[1];
  return stopGradient(() => {
    if (choice === "teacher-top") return topClass(teacherLogits);
    const studentTop = topClass(ofBaseClasses(studentLogits, baseClasses)); // (B, C_b)
    if (choice === "student-top") return studentTop;
    const truth = ofBaseClasses(labels!, baseClasses); // (B, C_b), a row of zeros where the class is new
    const isNew = tf.sub(1, tf.sum(truth, 1, true)); // (B, 1)
    return tf.add(truth, tf.mul(isNew, studentTop)) as tf.Tensor2D;
  });
}

function topClass(scores: tf.Tensor2D): tf.Tensor2D {
  return oneHotRows(tf.argMax(scores, 1) as tf.Tensor1D, scores.shape[1]);
}

function ofBaseClasses(scores: tf.Tensor2D, baseClasses: number): tf.Tensor2D {
  return tf.slice2d(scores, [0, 0], [scores.shape[0], baseClasses]);
}
