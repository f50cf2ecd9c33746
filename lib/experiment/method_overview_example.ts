/**
 * From two models of a run to the figure `method-overview`.
 * @module
 */
import { allDraws, headPositions, readPicture } from "../data/mod.ts";
import { measureAttentionShifts, predict, probabilities, topColumns } from "../evaluation/mod.ts";
import type { MethodOverview } from "../figures/mod.ts";
import { evaluationImages, evaluationPasses, outputKind } from "./evaluation_images.ts";
import type { Run } from "./run.ts";

/**
 * Looks among images of the new classes of step t for one that all three losses have something to say about: the student
 * M_t classifies it rightly, and its map for the top base class b differs from that of the teacher M_{t−1} the most.
 *
 * @param run trained through step t
 * @param step t, from 1
 * @returns what the figure draws
 */
export async function methodOverviewExample(run: Run, step: number): Promise<MethodOverview> {
  const { dataset, configuration } = run;
  const { distillation, temperature, norm } = configuration;
  const set = evaluationImages(run, run.steps[step]);
  const passes = evaluationPasses(run);
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
  const rank = (image: number) =>
    Number(topColumns(scoresOf(image), 1)[0] === labels[image]) * 1e3 + measured[image].attentionDistillation;
  const best = measured.map((_, image) => image).sort((a, b) => rank(b) - rank(a))[0];
  const shift = measured[best];
  const known = run.classNames(step - 1);
  const scores = Array.from(probabilities(scoresOf(best), outputKind(configuration, step)));
  const mapOf = (values: Float32Array) => ({ size: shift.mapSize[0], values });
  return {
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
