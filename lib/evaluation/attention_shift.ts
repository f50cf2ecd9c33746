/**
 * Student and teacher compared image by image: whether the attention moved while the scores hardly changed,
 * the paper's first observation.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allClassMaps, gradCamClosedForm, type MapSize, mapsOfClass } from "../attention/mod.ts";
import { allDraws, type Draw } from "../data/batches.ts";
import type { ImageSet } from "../data/image_set.ts";
import {
  type AttentionDistillationOptions,
  distillationLosses,
  type DistillationOptions,
  mapDistances,
  topBaseClass,
} from "../losses/mod.ts";
import type { ResNet } from "../model/mod.ts";
import { mapCosine } from "./attention_retention.ts";
import { type ForwardOptions, forwardPasses } from "./predictions.ts";

/** One image as teacher and student see it. */
export interface AttentionShift {
  /** Which image of the set. */
  readonly draw: Draw;
  /** Its class id. */
  readonly classId: number;
  /** b, the top base class, as a column of the head: both maps are for it. */
  readonly topBaseClass: number;
  /** (C_b) the teacher's scores. */
  readonly teacherLogits: Float32Array;
  /** (C_b) the student's scores of the same classes. */
  readonly studentLogits: Float32Array;
  /** (h·w) the teacher's map for b, not normalized. */
  readonly teacherMap: Float32Array;
  /** (h·w) the student's map for b, not normalized. */
  readonly studentMap: Float32Array;
  /** h and w. */
  readonly mapSize: MapSize;
  /** L_D of this image. */
  readonly distillation: number;
  /** L_D of a student with the teacher's scores: L_D is a cross-entropy, so this is more than 0. */
  readonly leastDistillation: number;
  /** L_AD of this image. */
  readonly attentionDistillation: number;
  /** Cosine between the two maps. */
  readonly cosine: number;
}

/**
 * How scores and maps differ between a teacher and a student, for each view of each image.
 * @param teacher such as M_0
 * @param student a later model, whose head begins with the teacher's classes
 * @param options those of L_D and of L_AD, and how to feed the images
 */
export async function measureAttentionShifts(
  teacher: ResNet,
  student: ResNet,
  set: ImageSet,
  { distillation, attention, attentionClass = "student-top", ...options }: ForwardOptions & {
    distillation: DistillationOptions;
    attention: AttentionDistillationOptions;
    attentionClass?: "student-top" | "teacher-top";
  },
): Promise<AttentionShift[]> {
  const baseClasses = teacher.classNames.length;
  const side = student.featureSize(set.size);
  const values = await forwardPasses(set, options, (x) => {
    const [before, now] = [teacher.forward(x), student.forward(x)];
    const [teacherLogits, studentLogits] = [before.logits, now.logits]; // (B, C_b), (B, C)
    const [B] = studentLogits.shape;
    const b = topBaseClass({ studentLogits, teacherLogits }, attentionClass); // (B, C_b)
    const teacherMaps = mapsOfClass(allClassMaps(before.features, teacher.head.weights), b); // (B, h·w)
    const Q = gradCamClosedForm(now.features, student.head.weights, b); // (B, h, w)
    const studentMaps = tf.reshape(Q, [B, side ** 2]) as tf.Tensor2D;
    return {
      b,
      teacherLogits,
      studentLogits: tf.slice2d(studentLogits, [0, 0], [B, baseClasses]),
      teacherMaps,
      studentMaps,
      distillation: distillationLosses(teacherLogits, studentLogits, distillation),
      leastDistillation: distillationLosses(teacherLogits, teacherLogits, distillation),
      attentionDistillation: mapDistances(teacherMaps, studentMaps, attention),
    };
  });

  return allDraws(set).map((draw, i) => {
    const row = (all: Float32Array, length: number) => all.slice(i * length, (i + 1) * length);
    const teacherMap = row(values.teacherMaps, side ** 2);
    const studentMap = row(values.studentMaps, side ** 2);
    return {
      draw,
      classId: set.labels[draw.image],
      topBaseClass: row(values.b, baseClasses).indexOf(1),
      teacherLogits: row(values.teacherLogits, baseClasses),
      studentLogits: row(values.studentLogits, baseClasses),
      teacherMap,
      studentMap,
      mapSize: [side, side],
      distillation: values.distillation[i],
      leastDistillation: values.leastDistillation[i],
      attentionDistillation: values.attentionDistillation[i],
      cosine: mapCosine(teacherMap, studentMap),
    };
  });
}
