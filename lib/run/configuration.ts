/**
 * One flat object describes a run: which images, which classes in which steps, which network, which method,
 * how it is trained. The same object on the same engine gives the same numbers.
 * @module
 */
import { z } from "zod";
import { IEMOJI_CLASSES } from "../data/iemoji/classes.ts";
import { findPhotos } from "../data/photos/photos.ts";
import { classIdsOf, classIncrementalSteps, type ClassSteps } from "../data/protocol.ts";
import { blocksPerStage } from "../model/mod.ts";
import { methodNames } from "../training/method.ts";
import { expectation } from "../files.ts";
import { UserError } from "../user_error.ts";
import { epochsFor, presetValues, stepsFor, type Values } from "./presets.ts";
import { type Configuration, configurationSchema } from "./schema.ts";

/**
 * A complete configuration from a few fields.
 *
 * What is not given comes from the preset for the data set and method. `LWM_PRESET`, `LWM_ENGINE` and
 * `LWM_CODE` in the environment give the preset, the engine and the code where the fields do not.
 * @param fields any fields of {@linkcode Configuration}
 * @throws {UserError} where a field is unknown or out of its range
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { configure } from "lwm";
 *
 * const configuration = configure({ method: "LwM", gamma: 0.3, seed: 2 });
 * assert.equal(configuration.gamma, 0.3);
 * assert.equal(configuration.baseClasses, 10); // from the preset
 * ```
 */
export function configure(fields: Partial<Configuration> = {}): Configuration {
  if (fields === null || typeof fields !== "object" || Array.isArray(fields)) {
    const found = Array.isArray(fields) ? "a list" : `${fields}`;
    throw new UserError(
      `Expected the fields of a configuration, such as { method: "LwM", seed: 2 }, but found ${found}. ` +
        "Give one object for each run.",
    );
  }
  const given: Partial<Configuration> = Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, asSpelled(name, value)]),
  );
  const preset = given.preset ?? environment("preset") ?? "default";
  const engine = given.engine ?? environment("engine") ?? "auto";
  const code = given.code ?? environment("code") ?? "current";
  const dataset = validate("dataset", given.dataset ?? (given.data ? "folder" : "iemoji-100"));
  const method = validate("method", given.method ?? "LwM");
  const values = presetValues({ preset: validate("preset", preset), dataset, method });
  const complete = { ...values, ...fittingSteps(given, values), ...given, preset, engine, code };
  const { data: configuration, error } = configurationSchema.safeParse(complete, { error: expectation });
  if (error) throw new UserError(sentence(error.issues[0], complete));
  blocksPerStage(configuration); // throws where depth and widths do not fit
  refuseImpossibleClasses(configuration);
  return { ...configuration, ...fittingEpochs(given, configuration) };
}

/** A word among those that a field accepts, however it is capitalized. */
export function asSpelled(field: string, value: unknown): unknown {
  const schema = configurationSchema.shape[field as keyof Configuration];
  const words = field === "method" ? methodNames() : schema instanceof z.ZodEnum ? schema.options : [];
  return words.find((word) => `${word}`.toLowerCase() === `${value}`.toLowerCase()) ?? value;
}

/** Each data set by name has as many; of a folder only its images tell. */
const NAMED_CLASSES = 100;

/** All that can be said about the classes without the images. */
function refuseImpossibleClasses(configuration: Configuration): void {
  const { dataset, classes, baseClasses, increment, increments, seed, firstClasses } = configuration;
  for (const field of ["classes", "firstClasses", "classOrder"] as const) {
    const twice = configuration[field].find((name, i, names) => names.indexOf(name) < i);
    if (twice === undefined) continue;
    throw new UserError(
      `Expected \`${field}\` to name each class once but found "${twice}" twice. Leave one out.`,
    );
  }
  if (firstClasses.length > baseClasses && configuration.classOrder.length === 0) {
    throw new UserError(
      `Expected at most ${baseClasses} \`firstClasses\`, as many as the base step learns, but found ${firstClasses.length}. ` +
        "Name fewer, or make baseClasses larger.",
    );
  }
  refusePhotos(configuration);
  if (dataset === "iemoji-100") return void classSteps(configuration, IEMOJI_CLASSES);
  if (baseClasses + increments * increment < 2) throw oneClass(configuration);
  const classCount = classes.length || (dataset === "folder" ? 0 : NAMED_CLASSES);
  if (classCount) classIncrementalSteps({ classCount, baseClasses, increment, steps: increments + 1, seed });
}

/** Refuses what chooses photos where there are none. @throws {UserError} */
export function refusePhotos({ dataset, data, classes, skipBroken }: Configuration): void {
  if (dataset !== "iemoji-100") return;
  for (const [field, value] of Object.entries({ classes: classes[0], data, skipBroken })) {
    if (!value) continue;
    throw new UserError(
      `Expected no \`${field}\` for iemoji-100, which is rendered here with all of its classes, but found ${value}. ` +
        "Leave it out (`classOrder` chooses what is learned first), or choose another data set.",
    );
  }
}

/** Which classes a run learns when. @param classNames of its data set */
export function classSteps(configuration: Configuration, classNames: readonly string[]): ClassSteps {
  const { baseClasses, increment, increments, seed, firstClasses, classOrder } = configuration;
  return classIncrementalSteps({
    classCount: classNames.length,
    baseClasses,
    increment,
    steps: increments + 1,
    seed,
    first: classOrder.length > 0
      ? classIdsOf(classOrder, classNames, "classOrder")
      : classIdsOf(firstClasses, classNames, "firstClasses"),
  });
}

/** Steps that suit the number of classes and what is given, where the number is known. */
function fittingSteps(given: Partial<Configuration>, preset: Values): Partial<Configuration> {
  const { data, classes, seed = 1, baseClasses, increment, increments } = given;
  if (baseClasses !== undefined && increment !== undefined && increments !== undefined) return {};
  const { dataset } = preset;
  const inFolder = () => findPhotos("folder", { path: data!, seed }).classNames.length;
  const known = dataset === "folder" && data ? inFolder : () => dataset === "folder" ? 0 : NAMED_CLASSES;
  // Values that are no lists are refused later.
  const count = Array.isArray(classes) && classes.length || known();
  if (count === 1 && dataset !== "iemoji-100") throw oneClass(given);
  if (count > 0 && count < 100) return stepsFor(count, { baseClasses, increment, increments });
  const later = count - (baseClasses ?? preset.baseClasses);
  const most = Math.max(0, Math.floor(later / (increment ?? preset.increment)));
  return count === 0 || !(most < preset.increments) ? {} : { increments: most };
}

/** Epochs that suit the number of a folder's images; `smoke` is for a look, not for results. */
function fittingEpochs(given: Partial<Configuration>, configuration: Configuration): Partial<Configuration> {
  const { dataset, data, classes, preset, seed, evaluateOn, imagesPerClass } = configuration;
  const { baseEpochs, epochs } = given;
  if (dataset !== "folder" || !data || preset === "smoke" || (baseEpochs && epochs)) return {};
  const { classNames, photos } = findPhotos("folder", {
    path: data,
    seed,
    classes: classes.length > 0 ? classes : undefined,
  });
  // Of an undivided class a fifth is for the test, and of its training images a fifth for validation.
  const isHeldOut = evaluateOn === "validation" ? 0.8 : 1;
  const counts = classNames.map(() => 0);
  for (const { classId, split } of photos) {
    if (split !== "test") counts[classId] += isHeldOut * (split === undefined ? 0.8 : 1);
  }
  const most = imagesPerClass > 0 ? imagesPerClass : Infinity;
  const fitting = epochsFor(counts.map((count) => Math.min(count, most)), configuration);
  return { baseEpochs: baseEpochs ?? fitting.baseEpochs, epochs: epochs ?? fitting.epochs };
}

function oneClass({ data }: Partial<Configuration>): UserError {
  const where = data ? ` in ${data}` : "";
  return new UserError(`Expected at least two classes to tell apart but found one${where}. Add classes.`);
}

/** @throws {UserError} where it is no value of the field */
export function validate<Field extends keyof Configuration>(
  field: Field,
  value: unknown,
  name: string = field,
): Configuration[Field] {
  const parsed = configurationSchema.shape[field].safeParse(value, { error: expectation });
  if (parsed.success) return value as Configuration[Field];
  throw new UserError(sentence({ ...parsed.error.issues[0], path: [field] }, { [field]: value }, name));
}

function sentence(issue: z.core.$ZodIssue, value: unknown, name?: string): string {
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(configurationSchema.shape);
    return `Expected only known fields in a configuration but found "${issue.keys.join('", "')}". ` +
      `The fields are ${known.join(", ")}.`;
  }
  const path = issue.path.map(String);
  const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], value);
  const field = path[0] as keyof Configuration;
  const meaning = configurationSchema.shape[field]?.description;
  return `Expected ${name ?? (path.join(".") || "a configuration")} to be ${issue.message} but found ` +
    `${typeof found === "number" ? found : JSON.stringify(found)}.${
      meaning ? ` It means: ${meaning}.` : ""
    } ` +
    `Change it${name?.startsWith("LWM_") ? "" : " in the configuration or on the command line"}.`;
}

function environment<Field extends "preset" | "engine" | "code">(field: Field) {
  const name = `LWM_${field.toUpperCase()}`;
  const value = Deno.env.get(name);
  return value ? validate(field, value, `${name} in the environment`) : undefined;
}
