/**
 * Whose opinion decides which maps L_AD compares: the student's, as in the paper, or the teacher's?
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allClassMaps, mapsOfClass } from "../attention/mod.ts";
import type { Draw, ImageSet } from "../data/mod.ts";
import { type AttentionDistillationOptions, mapDistances, topBaseClass } from "../losses/mod.ts";
import type { ResNet } from "../model/mod.ts";
import { type ForwardOptions, forwardPasses } from "./forward_passes.ts";

/** What one choice of b gives, over some images. */
export interface AttentionClassChoice {
  /** Mean of L_AD. */
  readonly attentionDistillation: number;
  /** Share of the images whose map of the student for b is all zero: L_AD has no gradient there. */
  readonly darkStudentMaps: number;
  /** Share of the images whose map of the teacher for b is all zero: there is nothing to keep. */
  readonly darkTeacherMaps: number;
}

/** See {@linkcode compareAttentionClasses}. */
export interface AttentionClassComparison {
  /** Share of the images for which student and teacher have another top base class. */
  readonly differ: number;
  /** b by the student's scores: the paper's choice. */
  readonly studentTop: AttentionClassChoice;
  /** b by the teacher's scores. */
  readonly teacherTop: AttentionClassChoice;
}

/**
 * Compares the two choices of b where they are made: on images of the new classes.
 *
 * @param teacher M_{t−1}
 * @param student M_t
 * @param set images of step t
 * @param draws which of them
 * @param options the norm of L_AD, and how to feed the images
 */
export async function compareAttentionClasses(
  teacher: ResNet,
  student: ResNet,
  set: ImageSet,
  draws: readonly Draw[],
  { norm, ...options }: AttentionDistillationOptions & ForwardOptions,
): Promise<AttentionClassComparison> {
  const values = await forwardPasses(set, draws, options, (x) => {
    const [before, now] = [teacher.forward(x), student.forward(x)];
    const scores = { teacherLogits: before.logits, studentLogits: now.logits };
    const teacherMaps = allClassMaps(before.features, teacher.head.weights); // (B, C_b, h·w)
    const studentMaps = allClassMaps(now.features, student.head.weights); // (B, C, h·w)
    const of = (b: tf.Tensor2D) => {
      const [Q_before, Q_now] = [mapsOfClass(teacherMaps, b), mapsOfClass(studentMaps, b)]; // (B, h·w)
      return {
        distance: mapDistances(Q_before, Q_now, { norm }),
        student: tf.max(Q_now, 1),
        teacher: tf.max(Q_before, 1),
      };
    };
    const [byStudent, byTeacher] = [topBaseClass(scores, "student-top"), topBaseClass(scores, "teacher-top")];
    const [studentTop, teacherTop] = [of(byStudent), of(byTeacher)];
    return {
      same: tf.sum(tf.mul(byStudent, byTeacher), 1), // (B) 1 where both choose the same class
      studentTopDistance: studentTop.distance,
      studentTopStudent: studentTop.student,
      studentTopTeacher: studentTop.teacher,
      teacherTopDistance: teacherTop.distance,
      teacherTopStudent: teacherTop.student,
      teacherTopTeacher: teacherTop.teacher,
    };
  });
  const share = (all: Float32Array, isMeant: (value: number) => boolean) =>
    all.filter(isMeant).length / all.length;
  const choice = (distance: Float32Array, studentMax: Float32Array, teacherMax: Float32Array) => ({
    attentionDistillation: distance.reduce((sum, value) => sum + value, 0) / distance.length,
    darkStudentMaps: share(studentMax, (highest) => highest === 0),
    darkTeacherMaps: share(teacherMax, (highest) => highest === 0),
  });
  return {
    differ: share(values.same, (same) => same === 0),
    studentTop: choice(values.studentTopDistance, values.studentTopStudent, values.studentTopTeacher),
    teacherTop: choice(values.teacherTopDistance, values.teacherTopStudent, values.teacherTopTeacher),
  };
}
