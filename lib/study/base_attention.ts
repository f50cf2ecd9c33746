/**
 * Where the models of several runs look in images of the classes that were learned first: the paper's
 * picture, and what it is chosen from.
 * @module
 */
import { type ImageSet, readPicture } from "../data/mod.ts";
import { rightAnswers } from "../evaluation/accuracy.ts";
import { mapCosines, mapOf } from "../evaluation/attention_retention.ts";
import type { Predictions } from "../evaluation/predict.ts";
import { topColumns } from "../evaluation/scores.ts";
import type { AttentionRetentionNumbers, ForgettingPicture } from "../figures/mod.ts";
import type { Run } from "../run/run.ts";
import { mean } from "../statistics.ts";
import type { MethodName } from "../training/method.ts";

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
  readonly setting: { readonly preset: string; readonly engine: string };
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
    setting: { preset: runs[0].configuration.preset, engine: runs[0].engine.name },
    images,
    labels: Array.from(images.labels, (classId) => dataset.classNames[classId]),
    counted: [...images.labels.keys()].filter((image) => mapOf(first, image).some((value) => value > 0)),
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
    ...attention.setting,
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
          attention.counted.filter((image) => mapOf(ofModel, image).every((value) => value === 0)).length
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
  const { dataset, setting, images: set, labels, runs } = attention;
  const images = imagesOf(attention, chosen);
  const { method, seed } = run.configuration;
  const { predictions } = runs.find((asked) => asked.method === method)!;
  const answer = (image: number, step: number) => {
    const { classes, logits } = predictions[step];
    const [column] = topColumns(logits.subarray(image * classes, (image + 1) * classes), 1);
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
    ...setting,
    dataset,
    method,
    examples,
    pictures: Object.fromEntries(Array.from(answered, (className) => [className, pictureOf(className)])),
    accuracy: predictions.map((prediction) => mean(rightAnswers(prediction))),
  };
}

function imagesOf(attention: BaseAttention, chosen: readonly (number | string)[]): number[] {
  return chosen.map((image) => typeof image === "string" ? firstRecognized(attention, image) : image);
}
