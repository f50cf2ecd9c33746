/**
 * One flat object describes a run: which images, which classes in which steps, which network, which method, how it is
 * trained. The same object on the same engine gives the same numbers.
 * @module
 */
import { z } from "zod";
import { UserError } from "../user_error.ts";
import { type DatasetName, datasetNames, type PresetName, presetNames, presetValues } from "./presets.ts";

const count = z.int().min(1);
const fraction = z.number().min(0).max(1);

/** Every field with its range and its meaning; `deno task train --help` prints these. */
export const configurationSchema = z.strictObject({
  preset: z.enum(presetNames).describe("the preset that the other fields start from"),
  seed: z.int().min(0).describe(
    "class order, split, initial weights, augmentation and shuffling come from it",
  ),
  engine: z.enum(["auto", "wasm", "onednn", "webgpu", "cpu"]).describe(
    "what computes; auto takes the fastest",
  ),

  dataset: z.enum(datasetNames).describe("which images"),
  data: z.string().describe("folder of the data set; empty for the embedded iemoji-100"),
  skipBroken: z.boolean().describe("leave out photos that cannot be decoded, and list them"),
  imageSize: z.int().min(16).max(512).describe("height and width of an image in pixels"),
  views: count.describe("augmented views of each training image"),
  drawsPerEpoch: count.describe("views of each training image that are drawn in one epoch"),
  evaluateOn: z.enum(["test", "validation"]).describe("validation to tune, test to report"),
  topK: count.describe("an image counts as right when its class is among the k best"),

  baseClasses: count.describe("classes of the base step"),
  increment: count.describe("new classes of each later step"),
  increments: z.int().min(0).describe("number of steps after the base step"),
  firstClasses: z.array(z.string()).describe("classes that are learned in the base step whatever the seed"),

  depth: count.describe("weighted layers of the residual network, 2 + 2n for each stage"),
  widths: z.array(count).min(1).max(5).describe("channels of each stage"),
  stem: z.enum(["3x3", "3x3/2", "7x7/4"]).describe("first layer: full, half or a quarter of the resolution"),

  method: z.enum(["C", "LwF-MC", "LwM"]).describe("C: L_C alone; LwF-MC: + β·L_D; LwM: + β·L_D + γ·L_AD"),
  classification: z.enum(["softmax-new", "softmax-all", "sigmoid-new", "sigmoid-all"]).describe(
    "L_C of the later steps: over the new classes or all of them",
  ),
  distillation: z.enum(["sigmoid", "softmax"]).describe("L_D"),
  temperature: z.number().gt(0).describe("temperature of the softened softmax in L_D"),
  beta: fraction.describe("β, weight of L_D"),
  gamma: fraction.describe("γ, weight of L_AD"),
  norm: z.enum(["L1", "L2"]).describe("norm of L_AD"),
  attentionClass: z.enum(["student-top", "teacher-top", "ground-truth"]).describe(
    "class whose maps L_AD compares",
  ),

  baseClassification: z.enum(["softmax", "sigmoid"]).describe("L_C of the base step"),
  baseEpochs: count.describe("epochs of the base step"),
  baseLearningRate: z.number().gt(0).describe("learning rate of the base step, at the start of the cosine"),
  epochs: count.describe("epochs of each later step"),
  learningRate: z.number().gt(0).describe("learning rate of the later steps, at the start of the cosine"),
  batchSize: count.describe("images of one iteration"),
  momentum: z.number().min(0).lt(1).describe("momentum of SGD"),
  weightDecay: z.number().min(0).describe("weight decay of SGD"),
  maxNorm: z.number().gt(0).describe("gradients are clipped at this global norm"),
  cacheTeacher: z.boolean().describe(
    "whether the teacher's answers are computed once a step and kept in memory",
  ),
});

/** A complete and valid description of one run. */
export type Configuration = z.infer<typeof configurationSchema>;

/**
 * A complete configuration from a few fields.
 *
 * What is not given comes from the preset for the data set and method. `LWM_PRESET` and `LWM_ENGINE` in the environment
 * override preset and engine.
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
  const preset = environment("LWM_PRESET") ?? fields.preset ?? "default";
  const engine = environment("LWM_ENGINE") ?? fields.engine ?? "auto";
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const start = presetValues({
    preset: validate("preset", preset) as PresetName,
    dataset: validate("dataset", fields.dataset ?? "iemoji-100") as DatasetName,
    method: validate("method", fields.method ?? "LwM") as Configuration["method"],
  });
  return checkConfiguration({ ...start, ...given, preset, engine });
}

/**
 * @param value what may be a complete configuration, from a file for instance
 * @throws {UserError} where it is not
 */
export function checkConfiguration(value: unknown): Configuration {
  const parsed = configurationSchema.safeParse(value);
  if (!parsed.success) throw new UserError(sentence(parsed.error.issues[0], value));
  return parsed.data;
}

function validate(field: keyof Configuration, value: unknown): unknown {
  const parsed = configurationSchema.shape[field].safeParse(value);
  if (!parsed.success) {
    throw new UserError(sentence({ ...parsed.error.issues[0], path: [field] }, { [field]: value }));
  }
  return parsed.data;
}

/** What was expected, what was found, what to do. */
function sentence(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(configurationSchema.shape);
    return `Expected only known fields in a configuration but found "${issue.keys.join('", "')}". ` +
      `The fields are ${known.join(", ")}.`;
  }
  const path = issue.path.map(String);
  const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], value);
  const field = path[0] as keyof Configuration;
  const meaning = configurationSchema.shape[field]?.description;
  return `Expected ${path.join(".") || "a configuration"} to be ${expectation(issue)} but found ${
    JSON.stringify(found)
  }.` +
    `${meaning ? ` It says: ${meaning}.` : ""} Change it in the configuration or on the command line.`;
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
      return `a value of type ${issue.expected}`;
    default:
      return issue.message;
  }
}

function environment(name: string): string | undefined {
  return Deno.env.get(name) || undefined;
}
