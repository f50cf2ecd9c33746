/**
 * `metrics.json`: what was measured after a step.
 * @module
 */
import { z } from "zod";
import { UserError } from "../user_error.ts";
import type { StepMetrics } from "./evaluate_step.ts";
import { readJsonIfThere } from "../files.ts";

const share = z.number().min(0).max(1);
const drop = z.object({ first: z.number(), now: z.number(), drop: z.number() });

const schema: z.ZodType<StepMetrics> = z.object({
  step: z.int().min(0),
  classesSeen: z.int().min(1),
  accuracy: share,
  accuracyOfSteps: z.array(share).min(1),
  meanClassAccuracy: share,
  confusion: z.array(z.array(z.number())),
  attention: z.object({
    images: z.int().min(0),
    cosine: z.number(),
    pointingGame: drop.optional(),
    energyInside: drop.optional(),
  }),
});

/**
 * Reads what was measured after a step.
 *
 * @param path of the file
 * @returns null where there is no such file
 * @throws {UserError} where it is damaged or of another version
 */
export async function readStepMetrics(path: string): Promise<StepMetrics | null> {
  const found = await readJsonIfThere<unknown>(path);
  if (found === null) return null;
  const parsed = schema.safeParse(found);
  if (parsed.success) return parsed.data;
  const { path: place, message } = parsed.error.issues[0];
  throw new UserError(
    `Expected ${path} to hold what is measured after a step but found this at ${
      place.join(".") || "its root"
    }: ${message}. ` +
      "It is damaged, or of another version: delete it, and train or evaluate the run again.",
  );
}
