/**
 * From the models of runs to the figures: where they look in images of the classes that were learned first,
 * how that moved, and what the losses see of an image.
 * @module
 */
import { allDraws, readPicture } from "../data/batches.ts";
import type { ImageSet } from "../data/image_set.ts";
import { rightAnswers } from "../evaluation/accuracy.ts";
import { isAllZero, mapCosine, mapCosines, mapOf } from "../evaluation/attention_retention.ts";
import {
  type AttentionShift,
  measureAttentionShifts,
  type SeenByModel,
} from "../evaluation/attention_shift.ts";
import { nearestClasses, predict, type Predictions } from "../evaluation/predictions.ts";
import { probabilities, scoresOf, topColumns } from "../evaluation/scores.ts";
import type { AttentionRetentionNumbers } from "../figures/attention_maps.ts";
import type { BlindSpot, MovedImages } from "../figures/blind_spot.ts";
import type { MethodOverview } from "../figures/diagrams.ts";
import type { ForgettingPicture, WhatAndWhy } from "../figures/examples.ts";
import type { StepFilm } from "../figures/step_film.ts";
import type { ResNet } from "../model/mod.ts";
import { outputKind, shareOnObject } from "../run/evaluate_step.ts";
import type { Run } from "../run/run.ts";
import { mean, median } from "../statistics.ts";
import type { MethodName } from "../training/method.ts";

/** Images shown in `blind-spot`; the score from which M_0 is sure of a class. */
const SHOWN = 3;
const SURE = 0.5;
/** Scores have stayed where L_D is at most this much above its least value. */
const LARGEST_EXCESS = 0.1;
/** Attention has moved where the cosine of the two maps is below this. */
const MOVED_BELOW = 0.7;
/** Views of each training image that are looked at for `method-overview`. */
const VIEWS = 4;
/** Classes shown for each image in `what-and-why`. */
const CLASSES = 3;

/**
 * How scores and maps changed from M_0 to M_t, for every evaluation image of the base classes. L_D has the
 * form of the run's configuration, so it compares what a training with L_D keeps: of sigmoids each score by
 * itself, not only the shares.
 * @param run trained through step t
 * @param step t, from 1
 */
export function attentionShiftsOf(run: Run, step: number): Promise<AttentionShift[]> {
  const set = run.evaluationImages(run.steps[0]);
  return withModels(run, [0, step], (M_0, M_t) => shiftsBetween(run, M_0, M_t, set));
}

function shiftsBetween(
  run: Run,
  teacher: ResNet,
  student: ResNet,
  set: ImageSet,
  attentionClass: "student-top" | "teacher-top" = "student-top",
): Promise<AttentionShift[]> {
  const { norm, distillation, temperature } = run.configuration;
  const losses = { distillation: { kind: distillation, temperature }, attention: { norm }, attentionClass };
  return measureAttentionShifts(teacher, student, set, { ...run.evaluationPasses, ...losses });
}

async function withModels<T>(run: Run, steps: readonly number[], work: (...models: ResNet[]) => Promise<T>) {
  const models = await Promise.all(steps.map((step) => run.model(step)));
  return await work(...models).finally(() => models.forEach((model) => model.dispose()));
}

function trainedWith({ configuration, engine }: Run): { preset: string; engine: string } {
  return { preset: configuration.preset, engine: engine.name };
}

/**
 * What the figure `blind-spot` draws: test images as M_0 and two students with its scores see them. All maps
 * are for the class that M_0 finds most likely. The images that are shown are typical: the scores stayed in
 * both students, M_0 is sure of its class, and of all such images the cosine after the intervention is near
 * the median; at most one a class.
 * @param run with M_0
 * @param students M_0 trained on: to keep the scores and move the attention, and to keep the scores alone
 * @param step whose test images are looked at: 1 for classes that M_0 does not know
 */
export async function blindSpotNumbers(
  run: Run,
  students: { intervention: ResNet; control: ResNet },
  step = 1,
): Promise<BlindSpot> {
  const { dataset } = run;
  const set = run.evaluationImages(run.steps[step]);
  const [moved, control] = await withModels(run, [0], async (M_0) => [
    await shiftsBetween(run, M_0, students.intervention, set, "teacher-top"),
    await shiftsBetween(run, M_0, students.control, set, "teacher-top"),
  ]);
  const scores = ({ logits }: SeenByModel) => Array.from(probabilities(logits, "sigmoid"));
  const typical = moved.filter((shift, i) => {
    const isSure = scores(shift.teacher)[shift.topBaseClass] >= SURE;
    return isSure && [shift, control[i]].every((one) => hasStayed(one) && !isAllZero(one.student.map.values));
  });
  const middle = median(typical.map(({ cosine }) => cosine));
  typical.sort((a, b) => Math.abs(a.cosine - middle) - Math.abs(b.cosine - middle));
  const shown = typical.filter((one, i) => typical.findIndex(({ classId }) => classId === one.classId) === i);
  const seen = (by: SeenByModel, cosine: number) => ({ baseScores: scores(by), map: by.map, cosine });
  return {
    ...trainedWith(run),
    dataset: dataset.name,
    teacher: "M_{0}",
    largestExcess: LARGEST_EXCESS,
    movedBelow: MOVED_BELOW,
    examples: shown.slice(0, SHOWN).map((shift) => {
      const other = control[moved.indexOf(shift)];
      return {
        image: readPicture(set, shift.draw),
        label: dataset.classNames[shift.classId],
        topBaseClass: run.classNames(0)[shift.topBaseClass],
        b: shift.topBaseClass,
        teacher: seen(shift.teacher, 1),
        intervention: seen(shift.student, shift.cosine),
        control: seen(other.student, other.cosine),
      };
    }),
    intervention: movedImages(moved),
    control: movedImages(control),
  };
}

function movedImages(shifts: readonly AttentionShift[]): MovedImages {
  const stayed = shifts.filter(hasStayed);
  const moved = stayed.filter((shift) => shift.cosine < MOVED_BELOW && !isAllZero(shift.student.map.values));
  return { stayed: stayed.length, moved: moved.length };
}

function hasStayed({ distillation, leastDistillation, teacher }: AttentionShift): boolean {
  return distillation - leastDistillation <= LARGEST_EXCESS && !isAllZero(teacher.map.values);
}

/**
 * Looks among training images of step t for one that all three losses have something to say about: the
 * student M_t classifies it rightly, the teacher's map for the top base class b lies on the object, and the
 * student's differs from it the most.
 * @param run trained through step t
 * @param step t, from 1
 */
export async function methodOverviewNumbers(run: Run, step: number): Promise<MethodOverview> {
  const { dataset, configuration, evaluationPasses: passes } = run;
  const views = Math.min(VIEWS, configuration.views);
  const set = dataset.open("train", run.steps[step], { seed: configuration.seed, views });
  const shifts = await withModels(run, [step - 1, step], (M, M_t) => shiftsBetween(run, M, M_t, set));
  const predictions = await withModels(run, [step], (model) => predict(model, set, passes));
  const isRight = rightAnswers(predictions);
  const clarity = shifts.map(({ draw, teacher, attentionDistillation }) =>
    attentionDistillation * shareOnObject(set, draw, teacher.map)
  );
  const [best] = [...shifts.keys()].sort((a, b) => isRight[b] - isRight[a] || clarity[b] - clarity[a]);
  const { draw, classId, topBaseClass, teacher, student } = shifts[best];
  const known = run.classNames(step - 1);
  const scores = Array.from(probabilities(scoresOf(predictions, best), outputKind(configuration, step)));
  return {
    ...trainedWith(run),
    image: readPicture(set, draw),
    label: dataset.classNames[classId],
    topBaseClass: known[topBaseClass],
    teacher: {
      baseScores: Array.from(probabilities(teacher.logits, outputKind(configuration, step - 1))),
      map: teacher.map,
    },
    student: {
      baseScores: scores.slice(0, known.length),
      newScores: scores.slice(known.length),
      map: student.map,
    },
  };
}

/**
 * Looks among images of classes that M_t does not know for those that resemble two known classes for
 * different reasons: the score of the second class is high, its map lies elsewhere than that of the first
 * (one minus the maps' cosine), and both lie on the object. At most one image a class is taken.
 * @param run trained through step t
 * @param options t, and how many images are wanted
 * @returns what the figure draws, the clearest case first
 */
export async function whatAndWhyNumbers(
  run: Run,
  { step, count }: { step: number; count: number },
): Promise<WhatAndWhy> {
  const { dataset, configuration } = run;
  const set = run.evaluationImages(run.steps[step + 1]);
  const options = { ...run.evaluationPasses, count: CLASSES, outputs: outputKind(configuration, step) };
  const nearest = await withModels(run, [step], (model) => nearestClasses(model, set, options));

  const ranked = allDraws(set).map((draw, i) => {
    const [first, second] = nearest[i];
    // An all-zero map lies nowhere, so it counts as 0 here.
    const onObject = shareOnObject(set, draw, first.map) * shareOnObject(set, draw, second.map);
    const different = onObject * (1 - mapCosine(first.map.values, second.map.values));
    const label = dataset.classNames[set.labels[draw.image]];
    return { draw, label, classes: nearest[i], clarity: second.score * different };
  }).sort((a, b) => b.clarity - a.clarity);
  const best = ranked.filter(({ label }, i) => ranked.findIndex((other) => other.label === label) === i);
  return {
    ...trainedWith(run),
    dataset: dataset.name,
    model: `M_{${step}}`,
    examples: best.slice(0, count).map(({ draw, label, classes }) => {
      return { image: readPicture(set, draw), label, classes };
    }),
  };
}

/** What the models of one run make of the images. */
export interface RunAttention {
  /** How the run was trained. */
  readonly method: MethodName;
  /** (models) scores and maps of M_0, M_1, … for each image's true class. */
  readonly predictions: readonly Predictions[];
  /** (models) cosine of each image's map to that of M_0. */
  readonly cosines: readonly Float64Array[];
  /** (models) mean of the cosines as the evaluation after each step found it. */
  readonly meanCosine: readonly number[];
}

/** See the module's comment. */
export interface BaseAttention {
  /** Name of the data set. */
  readonly dataset: string;
  /** With what the runs were trained. */
  readonly trainedWith: { readonly preset: string; readonly engine: string };
  /** The evaluation images of the base classes. */
  readonly images: ImageSet;
  /** (images) name of each image's class. */
  readonly labels: readonly string[];
  /** Numbers of the images that count: M_0 has a map for them, so there is something to retain. */
  readonly counted: readonly number[];
  /** One for each run. */
  readonly runs: readonly RunAttention[];
}

/**
 * Asks M_0 … M_t of each run about every evaluation image of the base classes.
 * @param runs of one data set and seed, with one M_0, trained through step t
 * @param through t; default the last step
 */
export async function baseAttention(
  runs: readonly Run[],
  through: number = runs[0].steps.length - 1,
): Promise<BaseAttention> {
  const baseClasses = runs[0].steps[0];
  const first = await runs[0].predictions(0);
  const attentions: RunAttention[] = [];
  for (const run of runs) {
    const predictions = [first];
    for (let step = 1; step <= through; step++) {
      predictions.push(await run.predictions(step, baseClasses));
    }
    const metrics = await Promise.all(predictions.map((_, step) => run.metrics(step)));
    attentions.push({
      method: run.configuration.method,
      predictions,
      cosines: predictions.map((now) => mapCosines(first, now)),
      meanCosine: metrics.map(({ attention }) => attention.cosine),
    });
  }
  const { dataset } = runs[0];
  const images = runs[0].evaluationImages(baseClasses);
  return {
    dataset: dataset.name,
    trainedWith: trainedWith(runs[0]),
    images,
    labels: Array.from(images.labels, (classId) => dataset.classNames[classId]),
    counted: [...images.labels.keys()].filter((image) => !isAllZero(mapOf(first, image))),
    runs: attentions,
  };
}

/**
 * The first image of a class that M_0 classifies rightly and has a map for; the first of all where there is
 * none. A choice that does not depend on what later models make of the image.
 */
export function firstRecognized({ labels, counted, runs }: BaseAttention, className: string): number {
  const isRight = rightAnswers(runs[0].predictions[0]);
  return counted.find((image) => labels[image] === className && isRight[image] === 1) ??
    labels.indexOf(className);
}

/**
 * What the figure `attention-retention` draws of some of the images.
 * @param chosen their numbers, or the names of classes for {@linkcode firstRecognized}, in the order in which
 * they are drawn
 */
export function attentionRetentionNumbers(
  attention: BaseAttention,
  chosen: readonly (number | string)[],
): AttentionRetentionNumbers {
  const images = imagesOf(attention, chosen);
  return {
    ...attention.trainedWith,
    dataset: attention.dataset,
    examples: images.map((image) => ({
      image: readPicture(attention.images, { image, view: 0 }),
      label: attention.labels[image],
      rows: attention.runs.map(({ method, predictions, cosines }) => ({
        method,
        cells: predictions.map((ofModel, t) => ({
          map: { size: ofModel.mapSize[0], values: mapOf(ofModel, image) },
          cosine: cosines[t][image],
        })),
      })),
    })),
    mean: {
      images: attention.counted.length,
      rows: attention.runs.map(({ method, meanCosine, predictions }) => ({
        method,
        cosine: meanCosine,
        dark: predictions.map((ofModel) =>
          attention.counted.filter((image) => isAllZero(mapOf(ofModel, image))).length
        ),
      })),
    },
  };
}

/** What the figure `forgetting` draws: the answers of a run's models to some of the images. */
export function forgettingNumbers(
  attention: BaseAttention,
  run: Run,
  chosen: readonly (number | string)[],
): ForgettingPicture {
  const { dataset, images: set, labels, runs } = attention;
  const images = imagesOf(attention, chosen);
  const { method, seed } = run.configuration;
  const { predictions } = runs.find((asked) => asked.method === method)!;
  const answer = (image: number, step: number) => {
    const [column] = topColumns(scoresOf(predictions[step], image), 1);
    return run.classNames(step)[column];
  };
  const examples = images.map((image) => ({
    image: readPicture(set, { image, view: 0 }),
    label: labels[image],
    answers: predictions.map((_, step) => answer(image, step)),
  }));
  const pictureOf = (className: string) => {
    const classId = run.dataset.classNames.indexOf(className);
    return readPicture(run.dataset.open("train", [classId], { seed, views: 1 }), { image: 0, view: 0 });
  };
  const answered = new Set(examples.flatMap(({ answers }) => answers));
  return {
    ...attention.trainedWith,
    dataset,
    method,
    examples,
    pictures: Object.fromEntries(Array.from(answered, (className) => [className, pictureOf(className)])),
    accuracy: predictions.map((prediction) => mean(rightAnswers(prediction))),
    newest: predictions.map((_, step) => {
      const names = run.classNames(step).slice(step === 0 ? 0 : run.classNames(step - 1).length);
      return mean(labels.map((_, image) => Number(names.includes(answer(image, step)))));
    }),
  };
}

/** What the figure `step-film` draws: the answers and the maps of all models, for some of the images. */
export function stepFilmNumbers(
  attention: BaseAttention,
  runs: readonly Run[],
  chosen: readonly (number | string)[],
): StepFilm {
  const images = imagesOf(attention, chosen);
  return {
    ...attention.trainedWith,
    dataset: attention.dataset,
    images: images.map((image) => ({
      image: readPicture(attention.images, { image, view: 0 }),
      label: attention.labels[image],
    })),
    rows: attention.runs.map(({ method, predictions }, r) => ({
      method,
      models: predictions.map((ofModel, t) =>
        images.map((image) => ({
          answer: runs[r].classNames(t)[topColumns(scoresOf(ofModel, image), 1)[0]],
          map: { size: ofModel.mapSize[0], values: mapOf(ofModel, image) },
        }))
      ),
    })),
  };
}

function imagesOf(attention: BaseAttention, chosen: readonly (number | string)[]): number[] {
  return chosen.map((image) => typeof image === "string" ? firstRecognized(attention, image) : image);
}
