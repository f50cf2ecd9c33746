/**
 * What the built folder holds, and what the page and its workers say to each other.
 * @module
 */
import type { Picture } from "../lib/data/image_set.ts";
import type { Configuration } from "../lib/run/schema.ts";
import type { Sketch } from "./sketch.ts";

/**
 * The methods in order, each with what it learns in words, the dashes of its line, and the
 * setting that is its learning rate.
 */
export const METHODS = [
  {
    name: "C",
    title: "Only the new",
    about: "It learns the new things, and nothing else.",
    dash: "",
    rate: "rateC",
  },
  {
    name: "LwF-MC",
    title: "Also its old answers",
    about: "It also tries to keep its answers.",
    dash: "7 4",
    rate: "rateLwF",
  },
  {
    name: "LwM",
    title: "Also where it looked",
    about: "And it tries to look where it looked.",
    dash: "",
    rate: "rateLwM",
  },
] as const;
/** Name of one of {@linkcode METHODS}. */
export type Method = typeof METHODS[number]["name"];
/** Their names. */
export const METHOD_NAMES: readonly Method[] = METHODS.map(({ name }) => name);

/** `models/manifest.json`: what the models have in common, and what each of them does. */
export interface Manifest {
  /** Of all steps, in the order in which they are learned. */
  readonly classNames: readonly string[];
  /** Number of classes of each step. */
  readonly stepSizes: readonly number[];
  /** LwM's, which a training on the page is like. */
  readonly configuration: Configuration;
  /**
   * In the order of {@linkcode allModels}: the share of right answers on each step's classes, and the mean
   * cosine to M₀'s maps of the base classes.
   */
  readonly models: readonly { name: string; accuracy: readonly number[]; attention: number }[];
  /** The test picture of a base class that is nearest to the means over all of them. */
  readonly typical: { readonly class: string; readonly picture: number };
}

/** A model of the page: M₀ is shared by the methods. */
export interface ModelKey {
  /** Ignored for step 0. */
  readonly method: Method;
  /** t, from 0. */
  readonly step: number;
}

/** Such as `M0` or `LwM-M2`. */
export function modelName({ method, step }: ModelKey): string {
  return step === 0 ? "M0" : `${method}-M${step}`;
}

/** All models, M₀ once and first. */
export function allModels({ stepSizes }: Pick<Manifest, "stepSizes">): ModelKey[] {
  const steps = [...stepSizes.keys()].slice(1);
  const later = METHOD_NAMES.flatMap((method) => steps.map((step) => ({ method, step })));
  return [{ method: "C", step: 0 }, ...later];
}

/** File of a model in the built folder, and in `explorer/`. */
export function modelFile(key: ModelKey): string {
  return `models/${modelName(key)}.safetensors.gz`;
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
  const bytes = new Uint8Array(await response.arrayBuffer());
  // Some servers say that a .gz file is encoded, and then the browser has unpacked it already.
  const isPacked = file.endsWith(".gz") && bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isPacked) return bytes;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

/** What the models have in common. */
export async function fetchManifest(): Promise<Manifest> {
  return JSON.parse(new TextDecoder().decode(await fetchAsset("models/manifest.json")));
}

/** A picture of the visitor's: a drawing, or a photograph in the size of the network. */
export type OwnPicture = { readonly sketch: Sketch } | { readonly photo: Picture };

/** What can be changed about a training: `lesson` chooses what is taught; each method has a rate of its own. */
export type TeachSettings =
  & Pick<Configuration, "beta" | "gamma" | "epochs" | "seed">
  & Record<"rateC" | "rateLwF" | "rateLwM", number>
  & Pick<Configuration, "classification" | "distillation" | "norm" | "attentionForm">
  & { lesson: "yours" | "next ten" };

/**
 * Gentle enough that a network which learns two classes does not forget all others at once; and so that LwM
 * learns more than half of the ready ones.
 */
export const GENTLE: TeachSettings = {
  ...{
    lesson: "yours",
    rateC: 0.04,
    rateLwF: 0.04,
    rateLwM: 0.04,
    beta: 0.5,
    gamma: 0.3,
    epochs: 20,
    seed: 1,
  },
  ...{ classification: "sigmoid-new", distillation: "sigmoid", norm: "L1", attentionForm: "normalized" },
};

/** How one student is trained. */
export type StudentSettings = TeachSettings & Pick<Configuration, "learningRate"> & { method: Method };

/** The settings of a method's student, at its rate or at a slower one. */
export function studentSettings(
  settings: TeachSettings,
  method: Method,
  learningRate: number = settings[METHODS.find(({ name }) => name === method)!.rate],
): StudentSettings {
  return { ...settings, method, learningRate };
}

/** A training that has ended: what is measured after its last round. */
export interface Dot {
  readonly method: Method;
  readonly learningRate: number;
  readonly seed: number;
  readonly report: Report;
}

/** Every third picture is kept for the test. */
export function isKept(index: number): boolean {
  return index % 3 === 2;
}
/** Placements of such a picture in the test, where it is a drawing. */
export const TEST_VIEWS = 4;

/** What is taught: the pictures of some new classes. */
export type Lesson = readonly (readonly OwnPicture[])[];

/**
 * A share of right answers: among all classes, and where it is told whether the picture is of an old or of
 * a new class.
 */
export interface Rate {
  readonly free: number;
  readonly told: number;
}

/** What is measured on test pictures after a round; round 0 is before the training. */
export interface Report {
  readonly round: number;
  readonly old: Rate;
  readonly added: Rate;
  /** Mean cosine to M₀'s maps of the old classes. */
  readonly looks: number;
  /**
   * Of a test picture of each old class, the first that M₀ gets right: the answers, as columns of the head,
   * and the map.
   */
  readonly shown: readonly { readonly free: number; readonly told: number; readonly heat: Picture }[];
  /** Number of test pictures of old and of new classes, and of placements of the new: each is asked about. */
  readonly tested: readonly [old: number, added: number, placements: number];
  /** Mean of each term of the loss over the round, before weighting; none before the training. */
  readonly losses: Readonly<Record<string, number>>;
}

/** What a model says of one picture: C classes, a map of h × w cells. */
export interface Answer {
  /** The class with the highest score. */
  readonly answer: number;
  /** (C) from 0 to 1. */
  readonly scores: readonly number[];
  /**
   * (h·w) the Grad-CAM map of the asked class, or of the answer, not below 0; empty where the model has not
   * learned the class.
   */
  readonly map: readonly number[];
  /** That map over the picture. */
  readonly heat?: Picture;
  /** Its cosine to M₀'s map, and what the losses between M₀ and the model would be. */
  readonly cosine: number;
  readonly L_D: number;
  readonly L_AD: number;
}

/** The pictures of a class of the data set, and what all models say of one, or of one of the visitor's. */
export interface Shown {
  readonly pictures: readonly Picture[];
  readonly picture: Picture;
  /** The class whose maps are asked for; -1: each model's answer. */
  readonly asked: number;
  /** By {@linkcode modelName}. */
  readonly answers: ReadonlyMap<string, Answer>;
}

export type { Picture };
