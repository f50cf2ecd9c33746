/**
 * Student and teacher compared image by image: whether the attention moved while the scores hardly changed,
 * the paper's first observation.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allClassMaps, gradCamClosedForm, mapsOfClass } from "../attention/mod.ts";
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
import { type ForwardOptions, forwardPasses, type SquareMap } from "./predictions.ts";

/** What one model makes of an image. */
export interface SeenByModel {
  /** (C_b) scores of the base classes. */
  readonly logits: Float32Array;
  /** The map for b, not normalized. */
  readonly map: SquareMap;
}

/** One image as teacher and student see it. */
export interface AttentionShift {
  /** Which image of the set. */
  readonly draw: Draw;
  /** Its class id. */
  readonly classId: number;
  /** b, the top base class, as a column of the head: both maps are for it. */
  readonly topBaseClass: number;
  /** What the teacher makes of it. */
  readonly teacher: SeenByModel;
  /** What the student makes of it. */
  readonly student: SeenByModel;
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
    const seen = (logits: Float32Array, maps: Float32Array) => ({
      logits: row(logits, baseClasses),
      map: { size: side, values: row(maps, side ** 2) },
    });
    const before = seen(values.teacherLogits, values.teacherMaps);
    const now = seen(values.studentLogits, values.studentMaps);
    return {
      draw,
      classId: set.labels[draw.image],
      topBaseClass: row(values.b, baseClasses).indexOf(1),
      teacher: before,
      student: now,
      distillation: values.distillation[i],
      leastDistillation: values.leastDistillation[i],
      attentionDistillation: values.attentionDistillation[i],
      cosine: mapCosine(before.map.values, now.map.values),
    };
  });
}
