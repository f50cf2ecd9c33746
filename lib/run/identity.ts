/**
 * The identity of a run: the fields of its configuration that its numbers depend on, and the folder names
 * made from them.
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
 * `seed1-LwM-0a1b2c3d4e-onednn`.
 */
export function runNames(
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
