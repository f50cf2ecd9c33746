/**
 * Training on the classes of one step: M_0 on the base classes, or M_t on the new classes with M_{t−1} as its
 * teacher.
 *
 * The training can be stopped at any moment: all randomness depends only on the seed, the step, the epoch and
 * the image, and after each epoch the caller gets the state to resume from.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneHotClasses } from "../attention/mod.ts";
import { type Draw, epochBatches, type Normalization, readBatch } from "../data/batches.ts";
import type { ImageSet } from "../data/image_set.ts";
import type { ResNet, SafeTensor } from "../model/mod.ts";
import { UserError } from "../user_error.ts";
import { iterate, type LossValues } from "./iteration.ts";
import { type LossOptions, type MethodName, methodNamed } from "./method.ts";
import { cosineSchedule, type OptimizerOptions, Sgd } from "./optimizer.ts";
import { askTeacher, cachedTeacher, type Teacher } from "./teacher.ts";

/** How one step is trained. */
export interface StepOptions {
  /** t; 0 is the base step. */
  step: number;
  /** Which terms the loss has. */
  method: MethodName;
  /** How the terms are computed and weighted. */
  losses: LossOptions;
  /** Number of passes over the images. */
  epochs: number;
  /** Learning rate at the start of the cosine schedule. */
  learningRate: number;
  /** Images of one iteration, at most. */
  batchSize: number;
  /** Of the optimizer. */
  sgd: OptimizerOptions;
  /** How many views of each image are drawn in one epoch. */
  drawsPerEpoch: number;
  /** Whether the teacher's outputs for all views are computed once and kept in memory. */
  cacheTeacher: boolean;
  /** Mean and standard deviation of the channels. */
  normalization: Normalization;
  /** Order of the images in each epoch. */
  seed: number;
}

/**
 * The fields of a configuration that decide how its steps are trained. Method, epochs and rate are those of
 * the later steps.
 */
export interface StepsConfiguration
  extends LossOptions, OptimizerOptions, Omit<StepOptions, "step" | "losses" | "sgd" | "normalization"> {
  /** L_C of the base step. */
  baseClassification: "softmax" | "sigmoid";
  /** Epochs of the base step. */
  baseEpochs: number;
  /** Learning rate of the base step, at the start of the cosine schedule. */
  baseLearningRate: number;
}

/** How a configuration trains one of its steps. */
export function stepOptions(
  configuration: StepsConfiguration,
  step: number,
  { mean, std }: Normalization,
): StepOptions {
  const { method, epochs, learningRate, batchSize, drawsPerEpoch, cacheTeacher, seed } = configuration;
  const { momentum, weightDecay, maxNorm, baseClassification } = configuration;
  const sgd = { momentum, weightDecay, maxNorm };
  const shared = { step, batchSize, sgd, drawsPerEpoch, cacheTeacher, normalization: { mean, std }, seed };
  if (step > 0) return { ...shared, method, losses: configuration, epochs, learningRate };
  // In the base step all classes are new and there is no teacher: every method is L_C.
  const classification = baseClassification === "softmax" ? "softmax-all" : "sigmoid-all";
  return {
    ...shared,
    method: "C",
    losses: { ...configuration, classification },
    epochs: configuration.baseEpochs,
    learningRate: configuration.baseLearningRate,
  };
}

/** Mean of each loss value over the batches of an epoch. */
export type EpochLog = LossValues & {
  /** From 1. */
  epoch: number;
  /** At the start of the epoch. */
  learningRate: number;
};

/** The state of a training, beside the weights: enough to resume it. */
export interface StepState {
  /** Number of finished epochs. */
  epochsDone: number;
  /** Their losses. */
  log: EpochLog[];
  /** The optimizer's velocities, by parameter name. */
  velocities: Map<string, SafeTensor>;
}

/** Progress of a training. */
export interface StepProgress {
  /** `teacher` while the teacher's outputs are computed, then `training`. */
  phase: "teacher" | "training";
  /** Finished images or iterations. */
  done: number;
  /** Number of images or iterations. */
  total: number;
  /** The current epoch, from 1; absent in the teacher's phase. */
  epoch?: number;
  /** Number of epochs; absent in the teacher's phase. */
  epochs?: number;
  /** Loss of the last batch; absent in the teacher's phase. */
  loss?: LossValues;
}

/** Callbacks during the training of a step. */
export interface StepHooks {
  /** Called after every iteration; what it throws ends the training at once. */
  onProgress?: (progress: StepProgress) => void;
  /** Called after every epoch with the state to resume from. */
  onEpoch?: (state: StepState) => Promise<void>;
}

/**
 * Trains `student` in place.
 * @param student its head already has columns for the step's classes
 * @param set training images of this step only
 * @param headPosition (all classes of the data set) column of the head for each class id
 * @param teacher M_{t−1}; null in the base step
 * @param resume the state of an interrupted training of this step
 * @returns the log of all epochs
 * @throws {UserError} where the loss is no longer a finite number, or a batch is too small to be normalized
 */
export async function trainStep(
  { student, set, headPosition, teacher, resume }: {
    student: ResNet;
    set: ImageSet;
    headPosition: Int32Array;
    teacher: ResNet | null;
    resume?: StepState;
  },
  options: StepOptions,
  hooks: StepHooks = {},
): Promise<EpochLog[]> {
  const { step, method, epochs, batchSize, normalization, drawsPerEpoch } = options;
  refuseSinglePixels(student, set, options);
  const answering = teacher && methodNamed(method).usesTeacher
    ? await prepareTeacher(teacher, set, options, hooks)
    : null;
  const baseClasses = teacher?.classNames.length ?? 0;
  const sgd = new Sgd(student, options.sgd, resume?.velocities);
  const log = [...resume?.log ?? []];
  const breath = breather();
  const tensorsOf = (draws: readonly Draw[]) => {
    const { x: pixels, labels: classIds } = readBatch(set, draws, normalization);
    const x = tf.tensor4d(pixels, [draws.length, set.size, set.size, 3]);
    const labels = oneHotClasses(classIds.map((id) => headPosition[id]), student.classNames.length);
    return { x, labels, teacher: answering?.(draws, x) };
  };

  try {
    for (let epoch = resume?.epochsDone ?? 0; epoch < epochs; epoch++) {
      const batches = epochBatches(set, { seed: options.seed, step, epoch, drawsPerEpoch, batchSize });
      const losses: LossValues[] = [];
      for (const [i, draws] of batches.entries()) {
        const iteration = epoch * batches.length + i;
        const learningRate = cosineSchedule(options.learningRate, iteration, epochs * batches.length);
        const tensors = tf.tidy(() => tensorsOf(draws));
        const batch = { ...tensors, baseClasses, randomKeys: [options.seed, step, iteration] };
        const loss = await iterate(sgd, batch, method, options.losses, learningRate)
          .finally(() => tf.dispose(tensors));
        refuseNonFinite(loss, { step, epoch, learningRate, method });
        losses.push(loss);
        hooks.onProgress?.({
          phase: "training",
          done: iteration + 1,
          total: epochs * batches.length,
          epoch: epoch + 1,
          epochs,
          loss,
        });
        await breath();
      }
      log.push({
        epoch: epoch + 1,
        ...meanOf(losses),
        learningRate: cosineSchedule(options.learningRate, epoch, epochs),
      });
      await hooks.onEpoch?.({ epochsDone: epoch + 1, log, velocities: await sgd.velocities() });
    }
    return log;
  } finally {
    sgd.dispose();
  }
}

function prepareTeacher(
  teacher: ResNet,
  set: ImageSet,
  { cacheTeacher, epochs, drawsPerEpoch, batchSize, normalization }: StepOptions,
  { onProgress }: StepHooks,
): Promise<Teacher> {
  if (!cacheTeacher) return Promise.resolve((_draws, x) => askTeacher(teacher, x));
  const breath = breather();
  const views = Math.min(set.views, epochs * drawsPerEpoch);
  return cachedTeacher(teacher, set, { views, batchSize, normalization }, (done, total) => {
    onProgress?.({ phase: "teacher", done, total });
    return breath();
  });
}

/** Batch normalization takes the unbiased variance of a batch: it needs two values of each channel. */
function refuseSinglePixels(
  student: ResNet,
  set: ImageSet,
  { drawsPerEpoch, batchSize }: StepOptions,
): void {
  const images = set.count * drawsPerEpoch;
  const smallestBatch = Math.floor(images / Math.ceil(images / batchSize));
  if (smallestBatch > 1 || student.featureSize(set.size) > 1) return;
  const remedy = images > 1 ? `a batchSize of at least ${2 + images % 2}` : "more images";
  throw new UserError(
    `Expected at least two values a channel in every batch but found a batch of one image, which the last stage shrinks ` +
      `to one pixel (${images} draw${images > 1 ? "s" : ""} an epoch, batchSize ${batchSize}). ` +
      `Take ${remedy}, larger images, or fewer widths.`,
  );
}

/** Names the term that is no longer finite, and what to try. */
function refuseNonFinite(
  loss: LossValues,
  { step, epoch, learningRate, method }: Pick<StepOptions, "step" | "learningRate" | "method"> & {
    epoch: number;
  },
): void {
  const { L, ...terms } = loss;
  const broken = Object.entries({ ...terms, L }).find(([, value]) => !Number.isFinite(value));
  if (broken === undefined) return;
  const [name, value] = broken;
  const symbol = methodNamed(method).terms[name]?.weight?.symbol;
  throw new UserError(
    `Expected finite losses but found ${name} = ${value} in step ${step}, epoch ${
      epoch + 1
    }, at a learning ` +
      `rate of ${learningRate.toPrecision(3)}. Try a learning rate a third as large` +
      `${symbol ? `, or a smaller ${symbol}` : ""}.`,
  );
}

function meanOf(losses: readonly LossValues[]): LossValues {
  const mean = (name: string) => losses.reduce((sum, loss) => sum + loss[name], 0) / losses.length;
  return Object.fromEntries(Object.keys(losses[0]).map((name) => [name, mean(name)])) as LossValues;
}

/** Yields to signals, timers and displays ten times a second. */
function breather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 100) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
