/**
 * What the built folder holds, and what the page and its workers say to each other.
 * @module
 */
import type { Picture } from "../lib/data/image_set.ts";
import type { AttentionMap } from "../lib/figures/kit/overlay.ts";
import type { Configuration } from "../lib/run/schema.ts";
import type { EpochLog } from "../lib/training/train_step.ts";
import type { LossValues } from "../lib/training/iteration.ts";

/** The methods, in the order of the rows. */
export const METHOD_NAMES = ["C", "LwF-MC", "LwM"] as const;
/** One of {@linkcode METHOD_NAMES}. */
export type Method = typeof METHOD_NAMES[number];

/** A model of the page: M_0 is shared by the methods. */
export interface ModelKey {
  /** Ignored for step 0. */
  readonly method: Method;
  /** t, from 0. */
  readonly step: number;
}

/** `models/manifest.json`. */
export interface Manifest {
  /** Names of all classes of the steps, in the order in which they are learned. */
  readonly classNames: readonly string[];
  /** (steps) number of classes of each step. */
  readonly stepSizes: readonly number[];
  /** Of LwM; the other methods differ in their fields only. */
  readonly configuration: Configuration;
}

/** Such as `M_0` or `M_2 of LwM`. */
export function modelName({ method, step }: ModelKey): string {
  return step === 0 ? "M_0" : `M_${step} of ${method}`;
}

/** All models, M_0 once and first. */
export function allModels({ stepSizes }: Pick<Manifest, "stepSizes">): ModelKey[] {
  const steps = [...stepSizes.keys()].slice(1);
  const later = METHOD_NAMES.flatMap((method) => steps.map((step) => ({ method, step })));
  return [{ method: "C", step: 0 }, ...later];
}

/** File of a model in the built folder, and in `explorer/`. */
export function modelFile({ method, step }: ModelKey): string {
  return step === 0 ? "models/M0.safetensors.gz" : `models/${method}-M${step}.safetensors.gz`;
}

/**
 * A file of the built folder, unpacked. Addresses are relative to the page.
 * @throws {Error} where it cannot be fetched
 */
export async function fetchAsset(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(file).catch(() => null);
  if (!response?.ok) {
    const found = response ? `status ${response.status}. Build` : "no answer. Load";
    throw new Error(`Expected the file ${file} beside the page but found ${found} the page again.`);
  }
  if (!file.endsWith(".gz")) return response.bytes();
  return new Response(response.body!.pipeThrough(new DecompressionStream("gzip"))).bytes();
}

/** What the models have in common. */
export async function fetchManifest(): Promise<Manifest> {
  return JSON.parse(new TextDecoder().decode(await fetchAsset("models/manifest.json")));
}

/** What one model says of a picture. C classes, maps of h × w cells. */
export interface Answer {
  /** (C) scores before the sigmoid. */
  readonly logits: Float32Array;
  /** (C, h·w) Grad-CAM maps, not below 0. */
  readonly maps: Float32Array;
  /** h = w. */
  readonly mapSize: number;
}

/** Numbers between two models, on one picture. */
export interface Comparison {
  /** Over the classes that both know. */
  readonly L_D: number;
  /** For the student's top class among those. */
  readonly L_AD: number;
  /** Cosine between the two maps of that class; 0 where one is dark, or where they share no cell. */
  readonly cosine: number;
  /** Whether one of the two maps is. */
  readonly dark: boolean;
  /** That class: its position in the order of learning. */
  readonly topBaseClass: number;
  /** Teacher and student, each with its scores before the sigmoid. */
  readonly models: readonly { readonly name: string; readonly logits: Float32Array }[];
}

/** What a reader can change about a training. */
export type TrainSettings = Pick<
  Configuration,
  "beta" | "gamma" | "learningRate" | "epochs" | "classification" | "distillation" | "norm"
>;

/** What a training tells while it goes on: of each iteration, and of each epoch. */
export interface TrainReport {
  /** Before the update of the iteration. */
  readonly loss?: LossValues;
  /** Number of iterations of the whole training. */
  readonly total?: number;
  readonly epoch?: EpochReport;
}

/** What is measured after an epoch, on the test images of both steps. */
export interface EpochReport {
  /** Means of the losses. */
  readonly log: EpochLog;
  /**
   * Accuracy among all classes seen, of images of the old and of the new ones, and mean cosine to M_0's maps
   * of the old.
   */
  readonly rates: Readonly<Record<"old classes" | "new classes" | "attention kept", number>>;
  /** Of the first test picture of the first class, the telephone. */
  readonly map: AttentionMap;
}

export type { Picture };
