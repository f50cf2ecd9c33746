/**
 * The presets: `smoke` for tests (seconds), `default` for two cores (minutes), `paper` for a GPU.
 *
 * A preset is made of the scale (how much is trained), the data set (what is trained on) and the method (its
 * tuned values). How β, γ and the learning rates were chosen, and on which validation data, stands in
 * `studies/README.md`.
 * @module
 */
import { methodNamed } from "../training/method.ts";
import type { Configuration, DatasetName, PresetName } from "./schema.ts";

/** The fields that a preset decides. */
export type Values = Omit<Configuration, "preset" | "engine" | "code">;

/**
 * iEmoji-100 on two cores: five steps of ten classes. LwF-MC and LwM were both tuned to its learning rate and β,
 * which photographs share.
 */
const IEMOJI: Omit<Values, "method"> = {
  seed: 1,
  dataset: "iemoji-100",
  data: "",
  classes: [],
  skipBroken: false,
  imagesPerClass: 0,
  imageSize: 32,
  views: 40,
  drawsPerEpoch: 10,
  evaluateOn: "test",
  topK: 1,
  baseClasses: 10,
  increment: 10,
  increments: 4,
  firstClasses: ["telephone"],
  classOrder: [],
  depth: 8,
  widths: [16, 32, 64],
  stem: "3x3",
  classification: "sigmoid-new",
  distillation: "sigmoid",
  temperature: 2,
  beta: 1,
  gamma: 0.3,
  norm: "L1",
  attentionClass: "student-top",
  attentionForm: "normalized",
  baseClassification: "sigmoid",
  baseEpochs: 30,
  baseLearningRate: 0.1,
  epochs: 20,
  learningRate: 0.02,
  batchSize: 32,
  momentum: 0.9,
  weightDecay: 5e-4,
  maxNorm: 5,
  cacheTeacher: true,
};

/** Photographs on two cores. */
const PHOTOS: Partial<Values> = {
  imageSize: 64,
  views: 8,
  drawsPerEpoch: 1,
  increments: 9,
  firstClasses: [],
  depth: 20,
  stem: "3x3/2",
  baseEpochs: 60,
  epochs: 24,
};

const DATASETS: Record<DatasetName, Partial<Values>> = {
  "iemoji-100": {},
  "caltech-101": PHOTOS,
  "cifar-100": { ...PHOTOS, imageSize: 32, stem: "3x3" },
  "cub-200-2011": PHOTOS,
  "imagenet-small": { ...PHOTOS, topK: 5 },
  "folder": PHOTOS,
};

/** Enough to see that every part works, not enough to learn much. */
const SMOKE: Partial<Values> = {
  views: 2,
  drawsPerEpoch: 2,
  baseEpochs: 2,
  epochs: 2,
  // So little training leaves a network with sigmoids no attention at all: everything speaks against every
  // class.
  baseClassification: "softmax",
  widths: [8, 16, 32],
  depth: 8,
};

const PAPER_PHOTOS: Partial<Values> = {
  imageSize: 224,
  stem: "7x7/4",
  depth: 18,
  widths: [64, 128, 256, 512],
  batchSize: 64,
  baseEpochs: 60,
  epochs: 60,
};

const PAPER: Record<DatasetName, Partial<Values>> = {
  "iemoji-100": { depth: 32, increments: 9, baseEpochs: 100, epochs: 60, views: 200, batchSize: 128 },
  "caltech-101": PAPER_PHOTOS,
  "cifar-100": { depth: 32, batchSize: 128, baseEpochs: 70, epochs: 70, views: 16 },
  "cub-200-2011": PAPER_PHOTOS,
  "imagenet-small": { ...PAPER_PHOTOS, cacheTeacher: false, views: 1000 },
  "folder": PAPER_PHOTOS,
};

/** How many classes are learned when. */
export type Steps = Pick<Values, "baseClasses" | "increment" | "increments">;

/**
 * Steps that suit a data set of less than a hundred classes: by default up to five of two classes or more,
 * and two where there are only two or three classes.
 * @param given what is decided already; the rest follows from it
 */
export function stepsFor(classCount: number, { baseClasses, ...given }: Partial<Steps> = {}): Steps {
  const parts = (size: number) => Math.min(4, Math.floor(classCount / size) - 1);
  if (baseClasses === undefined) {
    const { increments = Math.max(1, parts(given.increment ?? 2)) } = given;
    const { increment = Math.max(1, Math.floor(classCount / (increments + 1))) } = given;
    return { baseClasses: Math.max(1, classCount - increments * increment), increment, increments };
  }
  const rest = Math.max(0, classCount - baseClasses);
  const equal = [4, 3, 2].find((count) => rest % count === 0 && rest >= 2 * count) ?? Math.min(1, rest);
  const { increments = given.increment ? Math.floor(rest / given.increment) : equal } = given;
  const { increment = Math.max(1, Math.floor(rest / Math.max(1, increments))) } = given;
  return { baseClasses, increment, increments };
}

/** All fields but preset, engine and code. */
export function presetValues(
  { preset, dataset, method }: { preset: PresetName; dataset: DatasetName; method: Configuration["method"] },
): Values {
  const scale = { smoke: SMOKE, default: {}, paper: PAPER[dataset] }[preset];
  const { tuned = {} } = methodNamed(method);
  const ofDataset = tuned[dataset] ?? (dataset === "iemoji-100" ? {} : tuned.photos);
  return { ...IEMOJI, ...DATASETS[dataset], ...ofDataset, ...scale, dataset, method };
}
