/**
 * One flat object describes a run: which images, which classes in which steps, which network, which method, how it is
 * trained. The same object on the same engine gives the same numbers.
 * @module
 */
import type { z } from "zod";
import { findPhotos } from "../data/photos/photos.ts";
import { UserError } from "../user_error.ts";
import { type Configuration, configurationSchema, type DatasetName, type PresetName } from "./schema.ts";
import { presetValues, stepsFor } from "./presets.ts";

/**
 * A complete configuration from a few fields.
 *
 * What is not given comes from the preset for the data set and method. `LWM_PRESET`, `LWM_ENGINE` and
 * `LWM_CODE` in the environment give the preset, the engine and the code where the fields do not.
 *
 * @param fields any fields of {@linkcode Configuration}
 * @throws {UserError} where a field is unknown or out of its range
 *
 * @example
 * ```ts ignore
 * const configuration = configure({ method: "LwM", gamma: 0.3, seed: 2 });
 * ```
 */
export function configure(fields: Partial<Configuration> = {}): Configuration {
  const preset = fields.preset ?? environment("preset") ?? "default";
  const engine = fields.engine ?? environment("engine") ?? "auto";
  const code = fields.code ?? environment("code") ?? "current";
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const dataset = validate(
    "dataset",
    fields.dataset ?? (fields.data ? "folder" : "iemoji-100"),
  ) as DatasetName;
  const start = presetValues({
    preset: validate("preset", preset) as PresetName,
    dataset,
    method: validate("method", fields.method ?? "LwM") as Configuration["method"],
  });
  return checkConfiguration({
    ...start,
    ...fittingSteps(fields, dataset),
    ...given,
    preset,
    engine,
    code,
  });
}

/** Steps that suit the classes of a folder, or those that are named, where no number of classes is given. */
function fittingSteps(fields: Partial<Configuration>, dataset: DatasetName): Partial<Configuration> {
  const { data, classes = [], seed = 1, baseClasses, increment, increments } = fields;
  if (baseClasses !== undefined || increment !== undefined || increments !== undefined) return {};
  let count = classes.length;
  if (count === 0 && dataset === "folder" && data) {
    count = findPhotos(dataset, { path: data, seed }).classNames.length;
  }
  return count === 0 || count >= 100 ? {} : stepsFor(count);
}

/**
 * Makes sure that a value is a configuration.
 *
 * @param value what may be a complete configuration, from a file for instance
 * @throws {UserError} where it is not
 */
export function checkConfiguration(value: unknown): Configuration {
  const parsed = configurationSchema.safeParse(value);
  if (!parsed.success) throw new UserError(sentence(parsed.error.issues[0], value));
  refuseOddDepth(parsed.data);
  return parsed.data;
}

/** The network itself says the same, but only when the run is open. */
function refuseOddDepth({ depth, widths }: Configuration): void {
  const layers = 2 * widths.length;
  const blocks = (depth - 2) / layers;
  if (Number.isInteger(blocks) && blocks >= 1) return;
  throw new UserError(
    `Expected depth to be 2 + stages · 2n, which is 2 + ${layers}n with ${widths.length} widths, but found ${depth}. ` +
      `Take ${2 + layers * Math.max(1, Math.round(blocks))}, or another number of widths.`,
  );
}

function validate(field: keyof Configuration, value: unknown, name: string = field): unknown {
  const parsed = configurationSchema.shape[field].safeParse(value);
  if (parsed.success || value === undefined) return value;
  throw new UserError(sentence({ ...parsed.error.issues[0], path: [field] }, { [field]: value }, name));
}

/** What was expected, what was found, what to do. */
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
  return `Expected ${name ?? (path.join(".") || "a configuration")} to be ${expectation(issue)} but found ${
    typeof found === "number" ? found : JSON.stringify(found)
  }.` +
    `${meaning ? ` It means: ${meaning}.` : ""} Change it${
      name?.startsWith("LWM_") ? "" : " in the configuration or on the command line"
    }.`;
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return issue.values.map((v) => `"${String(v)}"`).join(" or ");
    case "too_small":
      return `${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
    case "invalid_type":
      return issue.expected === "number" ? "a finite number" : `a value of type ${issue.expected}`;
    default:
      return issue.message;
  }
}

/** What `LWM_FIELD` says. */
function environment(field: "preset" | "engine" | "code"): unknown {
  const name = `LWM_${field.toUpperCase()}`;
  return validate(field, Deno.env.get(name) || undefined, `${name} in the environment`);
}
