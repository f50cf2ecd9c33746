/**
 * The fields of a configuration: one flat object describes a run.
 * @module
 */
import { z } from "zod";
import type { EngineName } from "../engine/mod.ts";
import { ATTENTION_CLASSES, ATTENTION_FORMS } from "../losses/mod.ts";
import type { Stem } from "../model/mod.ts";
import { type LossOptions, type MethodName, methodNamed, methodNames } from "../training/method.ts";

export const presetNames = ["smoke", "default", "paper"] as const;
export const datasetNames = [
  "iemoji-100",
  "caltech-101",
  "cifar-100",
  "cub-200-2011",
  "imagenet-small",
  "folder",
] as const;

/** Name of a preset. */
export type PresetName = Configuration["preset"];
/** Name of a data set. */
export type DatasetName = Configuration["dataset"];

/** A complete and valid description of one run. What each field means is said where its range is. */
export type Configuration =
  & LossOptions
  & Record<"seed" | "imagesPerClass" | "imageSize" | "views" | "drawsPerEpoch" | "depth", number>
  & Record<"baseClasses" | "increment" | "increments" | "baseEpochs" | "epochs" | "batchSize", number>
  & Record<"baseLearningRate" | "learningRate" | "momentum" | "weightDecay" | "maxNorm", number>
  & Record<"classes" | "firstClasses" | "classOrder", string[]>
  & Record<"skipBroken" | "cacheTeacher", boolean>
  & Record<"code" | "data", string>
  & {
    preset: "smoke" | "default" | "paper";
    engine: EngineName;
    dataset: "iemoji-100" | "caltech-101" | "cifar-100" | "cub-200-2011" | "imagenet-small" | "folder";
    evaluateOn: "test" | "validation";
    topK: 1 | 5;
    widths: number[];
    stem: Stem;
    method: MethodName;
    baseClassification: "softmax" | "sigmoid";
  };

const count = z.int().min(1);
/** A bound that only a typing mistake exceeds. */
const atMost = (most: number) => count.max(most);

const fields = {
  preset: z.enum(presetNames).describe("the preset that the other fields start from"),
  seed: z.int().min(0).describe(
    "class order, split, initial weights, augmentation and shuffling come from it",
  ),
  engine: z.enum(["auto", "wasm", "wasm-unfused", "webgpu", "cpu", "onednn"]).describe(
    "what computes; auto takes wasm, which gives the same numbers on every machine with a fused multiply-add",
  ),

  code: z.string().regex(/^(current|[0-9a-f]{6})$/, '"current", or six digits such as "0a1b2c"')
    .describe("which version of the code may have trained the run: current, or a digest"),

  dataset: z.enum(datasetNames).describe("which images; with `data` alone it is folder"),
  data: z.string().describe("folder of the data set; empty for DIRECTORY/NAME, such as data/caltech-101"),
  skipBroken: z.boolean().describe("leave out photos that cannot be decoded, and list them"),
  classes: z.array(z.string()).describe("names of the classes to use; empty for the data set's usual ones"),
  imagesPerClass: z.int().min(0).describe(
    "images of each class in training and test, for a first look; 0 for all",
  ),
  imageSize: z.int().min(16).max(512).describe("height and width of an image in pixels"),
  views: atMost(1000).describe("augmented views of each training image"),
  drawsPerEpoch: atMost(1000).describe(
    "views of each training image that are drawn in one epoch, in turn: more than `views` repeat some",
  ),
  evaluateOn: z.enum(["test", "validation"]).describe("validation to tune, test to report"),
  topK: z.literal([1, 5]).describe("the accuracy that curves show: top-1 or top-5; both are measured"),

  baseClasses: count.describe("classes of the base step"),
  increment: count.describe("new classes of each later step"),
  increments: z.int().min(0).describe("number of steps after the base step"),
  firstClasses: z.array(z.string()).describe("classes that are learned in the base step whatever the seed"),
  classOrder: z.array(z.string()).describe(
    'classes in the order in which they are learned: names, numbers of the alphabetical list, or "icarl" for CIFAR-100; ' +
      "empty for an order drawn from the seed; firstClasses have no effect beside it",
  ),

  depth: atMost(1202).describe("weighted layers of the residual network: 2 + stages · 2n"),
  widths: z.array(atMost(4096)).min(1).max(5).describe("channels of each stage"),
  stem: z.enum(["3x3", "3x3/2", "7x7/4"]).describe("first layer: full, half or a quarter of the resolution"),

  method: z.string().refine((name) => methodNames().includes(name), {
    error: () => methodNames().map((name) => `"${name}"`).join(" or "),
  }).meta({
    enum: methodNames(),
    description: methodNames().map((name) => `${name}: ${methodNamed(name).description}`).join("; "),
  }),
  classification: z.enum(["softmax-new", "softmax-all", "sigmoid-new", "sigmoid-all"]).describe(
    "L_C of the later steps: over the new classes or all of them",
  ),
  distillation: z.enum(["sigmoid", "softmax"]).describe("L_D"),
  temperature: z.number().gt(0).describe("temperature of L_D with distillation softmax"),
  beta: z.number().min(0).max(10).describe("β, weight of L_D; between 0 and 1 in the paper"),
  gamma: z.number().min(0).max(10).describe("γ, weight of L_AD; between 0 and 1 in the paper"),
  norm: z.enum(["L1", "L2"]).describe("norm of L_AD"),
  attentionClass: z.enum(ATTENTION_CLASSES).describe(
    "class whose maps L_AD compares; all: the mean over all base classes",
  ),
  attentionForm: z.enum(ATTENTION_FORMS).describe(
    "how L_AD is computed; all but normalized are controls or mistakes, for studies",
  ),

  baseClassification: z.enum(["softmax", "sigmoid"]).describe("L_C of the base step"),
  baseEpochs: atMost(100_000).describe("epochs of the base step"),
  baseLearningRate: z.number().gt(0).describe("learning rate of the base step, at the start of the cosine"),
  epochs: atMost(100_000).describe("epochs of each later step"),
  learningRate: z.number().gt(0).describe("learning rate of the later steps, at the start of the cosine"),
  batchSize: atMost(10_000).describe("images of one iteration"),
  momentum: z.number().min(0).lt(1).describe("momentum of SGD"),
  weightDecay: z.number().min(0).describe("weight decay of SGD"),
  maxNorm: z.number().gt(0).describe("gradients are clipped at this global norm"),
  cacheTeacher: z.boolean().describe(
    "whether the teacher's answers are computed once a step and kept in memory",
  ),
} satisfies { [Field in keyof Configuration]: z.ZodType<Configuration[Field]> };

/** Every field with its range and its meaning; `deno task train --help` prints these. */
export const configurationSchema: z.ZodObject<typeof fields, z.core.$strict> = z.strictObject(fields);
