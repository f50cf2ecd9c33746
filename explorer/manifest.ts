/**
 * The form of `models/manifest.json`, which lists the models of the page.
 * @module
 */
import { z } from "zod";
import { configurationSchema } from "../lib/run/schema.ts";

const share = z.number().min(0).max(1);

/** `models/manifest.json`. */
export const manifestSchema = z.strictObject({
  classNames: z.array(z.string()).describe("of all steps, in the order in which they are learned"),
  stepSizes: z.array(z.int().min(1)).describe("number of classes of each step"),
  configuration: configurationSchema.pick({
    ...{ seed: true, imageSize: true, views: true, drawsPerEpoch: true, batchSize: true, cacheTeacher: true },
    ...{ classification: true, distillation: true, temperature: true, beta: true, gamma: true, norm: true },
    ...{ attentionClass: true, attentionForm: true, momentum: true, weightDecay: true, maxNorm: true },
    ...{
      epochs: true,
      learningRate: true,
      baseClassification: true,
      baseEpochs: true,
      baseLearningRate: true,
    },
  }).strict().describe("what a training on the page takes from LwM's"),
  models: z.array(z.strictObject({
    name: z.string(),
    digest: z.string().regex(/^[0-9a-f]{64}$/).describe("SHA-256 of the file"),
    accuracy: z.array(share).describe("of each step's classes, among all classes seen, on test images"),
    attention: share.describe("mean cosine to M_0's maps of the base classes"),
  })).describe("in the order of allModels()"),
  typical: z.strictObject({ class: z.string(), picture: z.int().min(0) }).describe(
    "the test picture of a base class that is nearest to the means over all of them",
  ),
});
/** What the models have in common, and what each of them does. */
export type Manifest = Readonly<z.infer<typeof manifestSchema>>;
