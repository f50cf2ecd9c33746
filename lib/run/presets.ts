/**
 * The presets: `smoke` for tests (seconds), `default` for two cores (minutes), `paper` for a GPU.
 *
 * A preset is made of the scale (how much is trained), the data set (what is trained on) and the method (its
 * tuned values). `presets.json` has the first two: `default` is for iEmoji-100, and what photographs change
 * of it. iEmoji-100 and iCIFAR-100 have the winners of their tuning, a learning rate and a β that suited both
 * LwF-MC and LwM; other photographs share those of iEmoji-100. `smoke` is enough to see that every part
 * works. It has softmax, since so little training leaves a network with sigmoids no attention at all:
 * everything speaks against every class. How β, γ and the learning rates were chosen, and on which validation
 * data, stands in `studies/README.md`.
 * @module
 */
import { median } from "../statistics.ts";
import { methodNamed } from "../training/method.ts";
import PRESETS from "./presets.json" with { type: "json" };
import type { Configuration, DatasetName, PresetName } from "./schema.ts";

/** The fields that a preset decides. */
export type Values = Omit<Configuration, "preset" | "engine" | "code">;

/** By data set; those of photographs have `photos` where they are not named. */
type OfDatasets = { readonly photos: Partial<Values>; readonly [dataset: string]: Partial<Values> };

// The values of JSON are texts and numbers to TypeScript. A test makes each preset a configuration.
const { default: usual, smoke, paper } = PRESETS as unknown as {
  default: OfDatasets;
  smoke: Partial<Values>;
  paper: OfDatasets;
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

/**
 * Fewer iterations teach a step too little, however few images it has. Measured on two small sets of
 * Caltech-101, of 20 and of 25 to 160 training images a class: with 300 in place of 48 to 168, the average
 * incremental accuracy rose by 3 to 17 points.
 */
const LEAST_ITERATIONS = 300;

/**
 * Epochs that give each step about {@linkcode LEAST_ITERATIONS}: a preset's own are for hundreds of images.
 * The same for all seeds, whichever classes a step learns.
 * @param imagesPerClass how many training images each class has: their median counts
 */
export function epochsFor(
  imagesPerClass: readonly number[],
  { baseClasses, increment, batchSize, drawsPerEpoch, baseEpochs, epochs }: Values,
): Pick<Values, "baseEpochs" | "epochs"> {
  const least = (classes: number, epochs: number) => {
    const images = Math.max(1, Math.round(classes * median(imagesPerClass))) * drawsPerEpoch;
    return Math.max(epochs, Math.ceil(LEAST_ITERATIONS / Math.ceil(images / batchSize)));
  };
  return { baseEpochs: least(baseClasses, baseEpochs), epochs: least(increment, epochs) };
}

/** All fields but preset, engine and code. */
export function presetValues(
  { preset, dataset, method }: { preset: PresetName; dataset: DatasetName; method: Configuration["method"] },
): Values {
  const of = (values: OfDatasets) => values[dataset] ?? values.photos;
  const { tuned = {} } = methodNamed(method);
  const ofMethod = tuned[dataset] ?? (dataset === "iemoji-100" ? {} : tuned.photos);
  const scale = { smoke, default: {}, paper: of(paper) }[preset];
  return { ...usual["iemoji-100"] as Values, ...of(usual), ...ofMethod, ...scale, dataset, method };
}
