/**
 * From images to plain typed arrays: the only place where a network is run for an evaluation.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allClassMaps, gradCamClosedForm } from "../attention/mod.ts";
import { allDraws, type Draw, type Normalization, readBatch } from "../data/batches.ts";
import type { ImageSet } from "../data/image_set.ts";
import type { ResNet } from "../model/mod.ts";
import { UserError } from "../user_error.ts";
import type { AttentionMaps } from "./attention_retention.ts";
import { type LabeledScores, type OutputKind, probabilities, scoresOf, topColumns } from "./scores.ts";

/** How images are fed to a network. */
export interface ForwardOptions {
  /** Mean and standard deviation of the channels, as in training. */
  normalization: Normalization;
  /** Images in one pass. */
  batchSize: number;
  /**
   * Called after each pass with the number of images done; a promise that it returns is awaited, so
   * that it can yield.
   */
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/**
 * Runs a computation on all views of all images, batch by batch. All batches have the same size, for which
 * engines compile their kernels once: the last is padded with its last image, and the results of the padding
 * are dropped.
 * @param pass from x (B, H, W, 3) to tensors whose first dimension is B; called inside `tf.tidy`
 * @returns each tensor's values, for all images one after the other
 * @throws {UserError} where a value is not a finite number
 */
export async function forwardPasses<Name extends string>(
  set: ImageSet,
  { normalization, batchSize, onProgress }: ForwardOptions,
  pass: (x: tf.Tensor4D, first: number) => Record<Name, tf.Tensor>,
): Promise<Record<Name, Float32Array>> {
  const draws = allDraws(set);
  const size = Math.min(batchSize, draws.length);
  const all: Partial<Record<Name, Float32Array>> = {};
  for (let first = 0; first < draws.length; first += size) {
    const real = draws.slice(first, first + size);
    const filled = [...real, ...Array<Draw>(size - real.length).fill(real[real.length - 1])];
    const tensors = tf.tidy(() => {
      const { x } = readBatch(set, filled, normalization);
      return pass(tf.tensor4d(x, [size, set.size, set.size, 3]), first);
    });
    for (const name of Object.keys(tensors) as Name[]) {
      const ofBatch = await tensors[name].data<"float32">();
      const perImage = ofBatch.length / size;
      const values = ofBatch.subarray(0, real.length * perImage);
      // The only check for broken networks: every evaluation goes through it.
      const broken = values.findIndex((value) => !Number.isFinite(value));
      if (broken >= 0) {
        throw new UserError(
          `Expected finite numbers from the network but found ${values[broken]} in the ${name} of image ` +
            `${first + Math.floor(broken / perImage)} of ${set.name}. ` +
            "Train it again, with a smaller learning rate.",
        );
      }
      (all[name] ??= new Float32Array(draws.length * perImage)).set(values, first * perImage);
      tensors[name].dispose();
    }
    await onProgress?.(first + real.length, draws.length);
  }
  return all as Record<Name, Float32Array>;
}

/** What a network's head sees of N images. */
export interface PooledFeatures {
  /** (N, K) the last stage's features, each the mean over its places, image by image. */
  readonly pooled: Float32Array;
  /** (N) column of each image's true class in the head. */
  readonly labels: Int32Array;
}

/** Scores of N images, their pooled features, and the attention map of each for its true class. */
export interface Predictions extends LabeledScores, AttentionMaps, PooledFeatures {}

/** Options of {@linkcode predict}. */
export interface PredictOptions extends ForwardOptions {
  /** Column of the head for each class id of the data set. */
  headPositions: Int32Array;
}

/**
 * The scores of a model for each image, in the order of the set, and the attention map for the image's true
 * class.
 * @param model any model that knows the classes of all images
 * @param set images, one prediction for each view
 * @throws {UserError} where there are no images, or one of a class that the model does not know
 */
export async function predict(
  model: ResNet,
  set: ImageSet,
  { headPositions, ...options }: PredictOptions,
): Promise<Predictions> {
  const classes = model.classNames.length;
  const labels = Int32Array.from(allDraws(set), ({ image }) => headPositions[set.labels[image]]);
  if (labels.length === 0) {
    throw new UserError(`Expected images but found none in ${set.name}. Check the classes and the split.`);
  }
  const unknown = labels.find((label) => label >= classes);
  if (unknown !== undefined) {
    throw new UserError(
      `Expected images of the ${classes} classes that the model knows but found one ` +
        `of class ${
          unknown + 1
        } in the order of learning, in ${set.name}. Open the set with the classes of the model's steps only.`,
    );
  }

  const side = model.featureSize(set.size);
  const { logits, maps, pooled } = await forwardPasses(set, options, (x, first) => {
    const { logits, features } = model.forward(x); // (B, C), (B, h, w, K)
    // The padding of the last batch gets class 0: its maps are dropped.
    const ofBatch = Int32Array.from({ length: x.shape[0] }, (_, i) => labels[first + i] ?? 0);
    const maps = gradCamClosedForm(features, model.head.weights, ofBatch);
    return { logits, maps, pooled: tf.mean(features, [1, 2]) };
  });
  return { classes, logits, labels, maps, mapSize: [side, side], pooled };
}

/**
 * The pooled features of images, in the order of the set, also of classes that the model does not know.
 * @param set images, one row for each view
 */
export async function pooledFeatures(
  model: ResNet,
  set: ImageSet,
  { headPositions, ...options }: PredictOptions,
): Promise<PooledFeatures> {
  const labels = Int32Array.from(allDraws(set), ({ image }) => headPositions[set.labels[image]]);
  const last = model.options.widths.length - 1;
  const { pooled } = await forwardPasses(set, options, (x) => ({
    pooled: tf.mean(model.stage(last, x), [1, 2]), // (B, K)
  }));
  return { pooled, labels };
}

/**
 * The predictions for images of the classes that were learned first, such as the base classes.
 * @param count number of classes, in the order of learning
 * @returns what is left, in the same order; the scores are still of all classes
 */
export function ofFirstClasses(predictions: Predictions, count: number): Predictions {
  const { classes, logits, labels, maps, mapSize, pooled } = predictions;
  const kept = [...labels.keys()].filter((image) => labels[image] < count);
  const rowsOf = (values: Float32Array, length: number) => {
    const rows = new Float32Array(kept.length * length);
    kept.forEach((image, i) => rows.set(values.subarray(image * length, (image + 1) * length), i * length));
    return rows;
  };
  return {
    classes,
    logits: rowsOf(logits, classes),
    labels: Int32Array.from(kept, (image) => labels[image]),
    maps: rowsOf(maps, mapSize[0] * mapSize[1]),
    mapSize,
    pooled: rowsOf(pooled, pooled.length / labels.length),
  };
}

/** One attention map, not below 0. */
export interface SquareMap {
  /** Height and width. */
  readonly size: number;
  /** (size, size) numbers, row by row. */
  readonly values: Float32Array;
}

/** A class that an image resembles, and where. */
export interface NearestClass {
  /** Its name. */
  readonly className: string;
  /** Probability, between 0 and 1. */
  readonly score: number;
  /** The attention map for this class. */
  readonly map: SquareMap;
}

/**
 * The paper's second observation: scores say *what* an image resembles, the maps of the nearest
 * classes say *why*.
 * @param options how many classes of each image, how scores become probabilities, and how to feed the images
 * @returns for each view of each image its nearest classes, the nearest first
 */
export async function nearestClasses(
  model: ResNet,
  set: ImageSet,
  { count, outputs, ...options }: ForwardOptions & { count: number; outputs: OutputKind },
): Promise<NearestClass[][]> {
  const { logits, maps } = await forwardPasses(set, options, (x) => {
    const { logits, features } = model.forward(x); // (B, C), (B, h, w, K)
    return { logits, maps: allClassMaps(features, model.head.weights) }; // (B, C, h·w)
  });
  const classes = model.classNames.length;
  const side = model.featureSize(set.size);
  const pixels = side ** 2;
  return Array.from({ length: logits.length / classes }, (_, i) => {
    const row = scoresOf({ classes, logits }, i);
    const scores = probabilities(row, outputs);
    return topColumns(row, count).map((column) => ({
      className: model.classNames[column],
      score: scores[column],
      map: {
        size: side,
        values: maps.slice((i * classes + column) * pixels, (i * classes + column + 1) * pixels),
      },
    }));
  });
}
