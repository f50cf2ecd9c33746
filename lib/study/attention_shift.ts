/**
 * From two models of a run to the figure `attention-shift`.
 * @module
 */
import { allDraws, readPicture } from "../data/mod.ts";
import { type AttentionShift, measureAttentionShifts } from "../evaluation/attention_shift.ts";
import { probabilities, topColumns } from "../evaluation/scores.ts";
import type { AttentionShiftExample, AttentionShiftNumbers, ShiftDistribution } from "../figures/mod.ts";
import type { Run } from "../run/run.ts";

/** The most scores drawn for an image. */
const SCORES = 4;

/**
 * How scores and maps changed from M_0 to M_t, for every evaluation image of the base classes. L_D has the form of the run's
 * configuration, so it compares what a training with L_D keeps: of sigmoids each score by itself, not only the shares.
 *
 * @param run trained through step t
 * @param step t, from 1
 */
export async function attentionShiftsOf(run: Run, step: number): Promise<AttentionShift[]> {
  const { norm, distillation, temperature } = run.configuration;
  const [teacher, student] = [await run.model(0), await run.model(step)];
  try {
    const set = run.evaluationImages(run.steps[0]);
    return await measureAttentionShifts(teacher, student, set, allDraws(set), {
      ...run.evaluationPasses,
      distillation: { kind: distillation, temperature },
      attention: { norm },
    });
  } finally {
    teacher.dispose();
    student.dispose();
  }
}

/**
 * What the figure draws of some of these images. Scores are those that L_D compares; of the base classes, the
 * likeliest for the teacher are drawn.
 *
 * @param run as in {@linkcode attentionShiftsOf}
 * @param shifts which images, in the order in which they are drawn
 */
export function attentionShiftNumbers(
  run: Run,
  step: number,
  shifts: readonly AttentionShift[],
): AttentionShiftNumbers {
  const { dataset, configuration } = run;
  const set = run.evaluationImages(run.steps[0]);
  const baseClasses = run.classNames(0);
  const example = (shift: AttentionShift): AttentionShiftExample => {
    const columns = topColumns(shift.teacherLogits, SCORES);
    if (!columns.includes(shift.topBaseClass)) columns[columns.length - 1] = shift.topBaseClass;
    const side = (logits: Float32Array, map: Float32Array) => {
      const scores = probabilities(logits, configuration.distillation);
      return {
        scores: columns.map((column) => ({ className: baseClasses[column], score: scores[column] })),
        map: { size: shift.mapSize[0], values: map },
      };
    };
    return {
      image: readPicture(set, shift.draw),
      label: dataset.classNames[shift.classId],
      topBaseClass: baseClasses[shift.topBaseClass],
      teacher: side(shift.teacherLogits, shift.teacherMap),
      student: side(shift.studentLogits, shift.studentMap),
      distillation: shift.distillation,
      leastDistillation: shift.leastDistillation,
      attentionDistillation: shift.attentionDistillation,
      cosine: shift.cosine,
    };
  };
  return {
    preset: configuration.preset,
    engine: run.engine.name,
    dataset: `${dataset.name}, method ${configuration.method}`,
    teacher: "M_{0}",
    student: `M_{${step}}`,
    scores: configuration.distillation,
    examples: shifts.map(example),
  };
}

/**
 * What the figure `shift-distribution` draws: how often attention moves while L_D hardly changes.
 *
 * @param students runs, and which of their images count
 */
export function shiftDistributionNumbers(
  students: readonly { readonly run: Run; readonly shifts: readonly AttentionShift[] }[],
  step: number,
  marked?: string,
): ShiftDistribution {
  const [{ run: { dataset, configuration, engine } }] = students;
  return {
    preset: configuration.preset,
    engine: engine.name,
    dataset: dataset.name,
    student: `M_{${step}}`,
    largestExcess: 0.1,
    movedBelow: 0.7,
    marked,
    students: students.map(({ run, shifts }) => ({
      name: run.configuration.method,
      images: shifts.map(({ classId, distillation, leastDistillation, cosine, studentMap }) => ({
        label: dataset.classNames[classId],
        excess: Math.max(0, distillation - leastDistillation),
        cosine,
        dark: studentMap.every((value) => value === 0),
      })),
    })),
  };
}
