/**
 * Runs of several methods and seeds, as figures draw them.
 * @module
 */
import { type MethodName, methodNames } from "../training/method.ts";

/** With what the runs of a figure were trained. */
export interface Setting {
  /** Name of the preset. */
  readonly preset?: string;
  /** Name of the engine. */
  readonly engine?: string;
}

/** Runs on one data set. */
export interface DatasetSetting extends Setting {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
}

/** One run: one method, one seed. All numbers are fractions between 0 and 1, one a step. */
export interface MethodRun {
  /** Which loss terms were used. */
  readonly method: MethodName;
  /** Seed of the run. */
  readonly seed: number;
  /** Accuracy over all classes seen so far, over images. */
  readonly accuracy: readonly number[];
  /** Mean cosine between the maps of M_0 and M_t, for the true class of the first step's test images. */
  readonly attentionCosine: readonly number[];
  /** Accuracy as the mean over classes, for data sets whose classes differ in size. */
  readonly meanClassAccuracy?: readonly number[];
  /** Pointing-game accuracy of M_0 minus that of M_t. */
  readonly pointingGameDrop?: readonly number[];
  /** Share of attention inside the object in M_0 minus that in M_t. */
  readonly energyDrop?: readonly number[];
  /** Share of the first step's test images whose map is all zero. */
  readonly darkMaps?: readonly number[];
}

/** The form of `accuracy-curve.json`. */
export interface MethodRuns extends DatasetSetting {
  /** Name of the preset, for the subtitle. */
  readonly preset: string;
  /** Number of classes seen after each step. */
  readonly classesSeen: readonly number[];
  /** 5 where the accuracy counts five guesses; one where absent. */
  readonly topK?: number;
  /** One for each method and seed. */
  readonly runs: readonly MethodRun[];
}

/** Published results to compare with: a curve, or an average alone. */
export interface Reference {
  /** Whose it is, and of what, such as `LwF in FACIL, one seed`. */
  readonly name: string;
  /** Accuracy after each step, as far as it was published. */
  readonly accuracy?: readonly number[];
  /** Average incremental accuracy; drawn as a level. */
  readonly average?: number;
}

/** The methods that occur in the runs, in the order of all figures. */
export function methodsOf(runs: readonly { readonly method: MethodName }[]): MethodName[] {
  return methodNames().filter((method) => runs.some((run) => run.method === method));
}

/** How many seeds each method has: `3 seeds`, or `C 3 seeds, LwM 1 seed` where methods differ. */
export function describeSeeds(runs: readonly Pick<MethodRun, "method" | "seed">[]): string {
  const methods = methodsOf(runs);
  const counts = methods.map((method) => countSeeds(runs.filter((run) => run.method === method)));
  if (new Set(counts).size === 1) return counts[0];
  return methods.map((method, i) => `${method} ${counts[i]}`).join(", ");
}

/** How many seeds there are: `3 seeds`, or `1 seed`. */
export function countSeeds(runs: readonly { readonly seed: number }[]): string {
  const n = new Set(runs.map(({ seed }) => seed)).size;
  return `${n} seed${n === 1 ? "" : "s"}`;
}
