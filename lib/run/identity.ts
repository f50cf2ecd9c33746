/**
 * The identity of a run: the fields of its configuration that its numbers depend on, the folder names made
 * from them, and what tells runs apart in words.
 * @module
 */
import { hash } from "node:crypto";
import { resolve } from "node:path";
import type { Engine } from "../engine/mod.ts";
import { type MethodName, methodNamed, methodNames, PAPER_METHODS } from "../training/method.ts";
import type { Configuration } from "./schema.ts";

/** Fields that M_0 depends on. Runs with the same values share it. */
const BASE_FIELDS = [
  "seed",
  "dataset",
  "classes",
  "imagesPerClass",
  "imageSize",
  "views",
  "drawsPerEpoch",
  "evaluateOn",
  "baseClasses",
  "firstClasses",
  "classOrder",
  "depth",
  "widths",
  "stem",
  "baseClassification",
  "baseEpochs",
  "baseLearningRate",
  "batchSize",
  "momentum",
  "weightDecay",
  "maxNorm",
] as const satisfies readonly (keyof Configuration)[];

/** The values that M_0 depends on. */
export function baseIdentity(configuration: Configuration): Record<string, unknown> {
  const identity = pick(configuration, BASE_FIELDS);
  // A named data set is the same wherever it lies.
  return configuration.dataset === "folder" ? { ...identity, data: resolve(configuration.data) } : identity;
}

/**
 * The values that M_1, M_2 … depend on. The number of increments is not among them: a run can be continued.
 */
export function methodIdentity(configuration: Configuration): Record<string, unknown> {
  const isDefined = methodNames().includes(configuration.method);
  // Which losses a method has that is not defined here, nobody knows.
  const { fields, usesTeacher } = isDefined
    ? methodNamed(configuration.method)
    : { fields: [], usesTeacher: true };
  return {
    ...baseIdentity(configuration),
    ...pick(configuration, ["method", "increment", "epochs", "learningRate", ...fields]),
    ...usesTeacher ? pick(configuration, ["cacheTeacher"]) : {},
  };
}

/**
 * Folder names below the data set's, for M_0 and for the later steps, without the code:
 * `seed1-LwM-0a1b2c3d4e-wasm`.
 */
export function folderNames(
  configuration: Configuration,
  engine: Engine["name"],
  images?: string,
): { base: string; method: string } {
  const { seed, method, dataset } = configuration;
  const name = (kind: string, { data, ...identity }: Record<string, unknown>) => {
    const all = dataset === "folder" ? { ...identity, images: images ?? data } : identity;
    const sorted = Object.entries(all).sort(([a], [b]) => a < b ? -1 : 1);
    return `seed${seed}-${kind}-${hash("sha256", JSON.stringify(sorted)).slice(0, 10)}-${engine}`;
  };
  return {
    base: name("base", baseIdentity(configuration)),
    method: name(method, { ...methodIdentity(configuration), ...ownCode(method) }),
  };
}

/**
 * The terms of a method that a user added, without what they call. Those of the paper's methods are in the
 * digest of the code.
 */
function ownCode(name: MethodName): Record<string, unknown> {
  if (PAPER_METHODS.includes(name)) return {};
  const terms = Object.entries(methodNamed(name).terms);
  return { terms: terms.map(([term, { value, weight }]) => [term, `${value}`, `${weight?.value}`]) };
}

function pick(configuration: Configuration, fields: readonly (keyof Configuration)[]) {
  return Object.fromEntries(fields.map((field) => [field, configuration[field]]));
}

/**
 * A setting: all that decides about a run, except its seed and its order of classes, as plain JSON. It has
 * only fields that the run's method uses, such as no γ for LwF-MC.
 */
export function settingOf(configuration: Configuration): Record<string, unknown> {
  const { method, increments } = configuration;
  const identity = increments > 0
    ? methodIdentity(configuration)
    : { ...baseIdentity(configuration), method };
  const { seed: _, classOrder: __, ...setting } = identity;
  return setting;
}

/** Fields in which settings of the same method differ. */
export function varyingFields(configurations: readonly Configuration[]): string[] {
  const settings = configurations.filter(({ increments }) => increments > 0).map(settingOf);
  const varying = new Set<string>();
  for (const ofMethod of Map.groupBy(settings, ({ method }) => method).values()) {
    for (const field of Object.keys(ofMethod[0])) {
      if (new Set(ofMethod.map((setting) => JSON.stringify(setting[field]))).size > 1) varying.add(field);
    }
  }
  return [...varying];
}

/**
 * A setting in words.
 * @param fields what {@linkcode varyingFields} found
 * @returns such as `LwM, γ 0.1, norm L2`
 */
export function describeSetting(configuration: Configuration, fields: readonly string[]): string {
  if (configuration.increments === 0) return `all ${configuration.baseClasses} classes together`;
  const setting = settingOf(configuration);
  const shown = fields.filter((field) => field in setting)
    .map((field) => `${FIELD_TITLES[field] ?? field} ${setting[field]}`);
  return [configuration.method, ...shown].join(", ");
}

/** A function that names these runs: the setting, as far as those of a method differ, and the seed. */
export function runNames(configurations: readonly Configuration[]): (configuration: Configuration) => string {
  const ofMethods = Map.groupBy(configurations, ({ method }) => method);
  const fields = new Map(Array.from(ofMethods, ([method, same]) => [method, varyingFields(same)]));
  return (configuration) =>
    `${describeSetting(configuration, fields.get(configuration.method)!)}, seed ${configuration.seed}`;
}

/** Fields of a configuration that people call by another name. */
export const FIELD_TITLES: Readonly<Record<string, string>> = {
  beta: "β",
  gamma: "γ",
  learningRate: "learning rate",
  classification: "L_C",
  attentionClass: "class of L_AD",
  attentionForm: "form of L_AD",
  baseClasses: "base classes",
};
