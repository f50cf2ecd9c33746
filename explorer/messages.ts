/**
 * What the page and its workers say to each other, and what the built folder holds.
 * @module
 */
import type { Configuration } from "../lib/run/schema.ts";
import type { EpochLog, LossValues } from "../lib/training/mod.ts";

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

/** `manifest.json` of the built folder. */
export interface Manifest {
  /** Names of all classes of the steps, in the order in which they are learned. */
  readonly classNames: readonly string[];
  /** (steps) number of classes of each step. */
  readonly stepSizes: readonly number[];
  /** Of each method; they differ in the method's fields only. */
  readonly configurations: Readonly<Record<Method, Configuration>>;
}

/** Such as `M_0` or `M_2 of LwM`. */
export function modelName({ method, step }: ModelKey): string {
  return step === 0 ? "M_0" : `M_${step} of ${method}`;
}

/** The names of all models. */
export function modelNames(steps: readonly number[]): string[] {
  const later = METHOD_NAMES.flatMap((method) => steps.slice(1).map((step) => modelName({ method, step })));
  return ["M_0", ...later];
}

/** The model of a name. */
export function keyOf(name: string): ModelKey {
  const [model, method = "C"] = name.split(" of ");
  return { method: method as Method, step: Number(model.slice(2)) };
}

/** File of a model in the built folder. */
export function modelFile({ method, step }: ModelKey): string {
  return step === 0 ? "models/M0.safetensors" : `models/${method}-M${step}.safetensors`;
}

/** A picture as the network gets it. */
export interface Picture {
  /** Height and width. */
  readonly size: number;
  /** (size, size, 3) bytes. */
  readonly rgb: Uint8Array<ArrayBuffer>;
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
  /** For the second model's top class among those. */
  readonly L_AD: number;
  /** Cosine between the two maps of that class; 0 where one is dark. */
  readonly cosine: number;
  /** That class: its position in the order of learning. */
  readonly topBaseClass: number;
}

/** What a reader can change about a training. */
export type TrainSettings = Pick<
  Configuration,
  "beta" | "gamma" | "learningRate" | "epochs" | "classification" | "distillation" | "norm" | "attentionClass"
>;

/** What is measured after an epoch, on the test images of both steps. */
export interface EpochReport {
  /** Means of the losses. */
  readonly log: EpochLog;
  /** Accuracy among all classes seen, of the images of the base classes. */
  readonly oldAccuracy: number;
  /** The same of the images of the new classes. */
  readonly newAccuracy: number;
  /** Mean cosine to M_0's maps, on images of the base classes, for their class. */
  readonly cosine: number;
  /** (h·w) map of the telephone. */
  readonly map: Float32Array;
  /** h = w. */
  readonly mapSize: number;
}

/** From the page to a worker. Each request is answered with its `id`. */
export type Request = { readonly id: number } & RequestBody;
/** See {@linkcode Request}. */
export type RequestBody =
  | { readonly type: "look"; readonly picture: Picture }
  | { readonly type: "compare"; readonly picture: Picture; readonly pair: readonly [ModelKey, ModelKey] }
  | { readonly type: "pictures"; readonly classId: number }
  | { readonly type: "train"; readonly settings: TrainSettings }
  | { readonly type: "pause" }
  | { readonly type: "go on" }
  | { readonly type: "stop" };

/** From a worker to the page. */
export type Reply =
  | { readonly id: number; readonly type: "answers"; readonly answers: readonly (readonly Answer[])[] }
  | { readonly id: number; readonly type: "comparison"; readonly comparison: Comparison }
  | { readonly id: number; readonly type: "pictures"; readonly pictures: readonly Picture[] }
  | { readonly id: number; readonly type: "done" }
  | { readonly id: number; readonly type: "error"; readonly message: string }
  | {
    readonly id: number;
    readonly type: "iteration";
    readonly done: number;
    readonly total: number;
    readonly loss: LossValues | null;
  }
  | { readonly id: number; readonly type: "epoch"; readonly report: EpochReport };

/** What a training tells while it goes on: a {@linkcode Reply} without its id. */
export type Report = Reply extends infer R ? R extends { type: "iteration" | "epoch" } ? Omit<R, "id"> : never
  : never;
