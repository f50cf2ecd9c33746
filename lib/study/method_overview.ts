/**
 * From two models of a run to the figure `method-overview`.
 * @module
 */
import { allDraws, headPositions, readPicture } from "../data/mod.ts";
import { measureAttentionShifts } from "../evaluation/attention_shift.ts";
import { predict } from "../evaluation/predict.ts";
import { probabilities, topColumns } from "../evaluation/scores.ts";
import type { MethodOverview } from "../figures/mod.ts";
import { outputKind, shareOnObject } from "../run/evaluate_step.ts";
import type { Run } from "../run/run.ts";

/** Views of each training image that are looked at. */
const VIEWS = 4;

/**
 * Looks among training images of step t for one that all three losses have something to say about: the student
 * M_t classifies it rightly, the teacher's map for the top base class b lies on the object, and the student's differs from
 * it the most.
 *
 * @param run trained through step t
 * @param step t, from 1
 */
export async function methodOverviewNumbers(run: Run, step: number): Promise<MethodOverview> {
  const { dataset, configuration } = run;
  const { distillation, temperature, norm } = configuration;
  const views = Math.min(VIEWS, configuration.views);
  const set = dataset.open("train", run.steps[step], { seed: configuration.seed, views });
  const passes = run.evaluationPasses;
  const [teacher, student] = [await run.model(step - 1), await run.model(step)];
  const predictions = predict(student, set, { ...passes, headPositions: headPositions(run.classOrder) });
  const shifts = measureAttentionShifts(teacher, student, set, allDraws(set), {
    ...passes,
    distillation: { kind: distillation, temperature },
    attention: { norm },
  });
  const [{ classes, logits, labels }, measured] = await Promise.all([predictions, shifts]).finally(() => {
    teacher.dispose();
    student.dispose();
  });

  const scoresOf = (image: number) => logits.subarray(image * classes, (image + 1) * classes);
  const isRight = (image: number) => topColumns(scoresOf(image), 1)[0] === labels[image];
  const clarity = measured.map(({ draw, teacherMap, mapSize, attentionDistillation }) =>
    attentionDistillation * shareOnObject(set, draw, teacherMap, mapSize)
  );
  const best =
    [...measured.keys()].sort((a, b) =>
      Number(isRight(b)) - Number(isRight(a)) || clarity[b] - clarity[a]
    )[0];
  const shift = measured[best];
  const known = run.classNames(step - 1);
  const scores = Array.from(probabilities(scoresOf(best), outputKind(configuration, step)));
  const mapOf = (values: Float32Array) => ({ size: shift.mapSize[0], values });
  return {
    preset: configuration.preset,
    engine: run.engine.name,
    image: readPicture(set, shift.draw),
    label: dataset.classNames[shift.classId],
    topBaseClass: known[shift.topBaseClass],
    teacher: {
      baseScores: Array.from(probabilities(shift.teacherLogits, outputKind(configuration, step - 1))),
      map: mapOf(shift.teacherMap),
    },
    student: {
      baseScores: scores.slice(0, known.length),
      newScores: scores.slice(known.length),
      map: mapOf(shift.studentMap),
    },
  };
}
