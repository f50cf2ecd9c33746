/**
 * What the study on Caltech-101 keeps of its runs: the numbers of the figure `caltech-101-accuracy`.
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import type { AccuracyCurve, MethodRun } from "../figures/mod.ts";
import { UserError } from "../user_error.ts";
import { type Configuration, configurationSchema } from "../run/schema.ts";
import { readJson } from "../files.ts";
import { accuracyCurveNumbers, type MeasuredRun, methodRun } from "./run_record.ts";
import { methodIdentity } from "../run/identity.ts";

/** One run: one method, one seed. All numbers are fractions between 0 and 1, one a step. */
export interface CaltechRun extends MethodRun {
  /** As the mean over classes, which is the custom for this data set: its classes differ much in size. */
  readonly meanClassAccuracy: readonly number[];
  /** (steps) after step t, the accuracies of the classes of steps 0 … t among all classes seen. */
  readonly accuracyOfSteps: readonly (readonly number[])[];
}

/** The form of `caltech-101-accuracy.json`: that of `accuracy-curve.json`, and what else the tables need. */
export interface CaltechAccuracy extends AccuracyCurve {
  /** One for each method and seed. */
  readonly runs: readonly CaltechRun[];
  /** LwM once more, with the settings of LwF-MC, so that the two differ in L_AD alone; may be empty. */
  readonly controls: readonly CaltechRun[];
  /** Of one network that was trained on all classes together. */
  readonly upperBound: { readonly accuracy: number; readonly meanClassAccuracy: number };
}

/**
 * What is kept of the study's runs.
 *
 * @param runs of the methods, each through all its steps
 * @param joint the run whose base step has all classes
 * @param controls runs of LwM, each with the settings of one of LwF-MC
 * @throws {UserError} where the joint run knows other numbers of classes than the last step of the methods, or a control
 * differs from LwF-MC in more than L_AD
 */
export function caltechAccuracyNumbers(
  runs: readonly MeasuredRun[],
  joint: MeasuredRun,
  controls: readonly MeasuredRun[] = [],
): CaltechAccuracy {
  const curve = accuracyCurveNumbers(runs);
  const { classesSeen, accuracy, meanClassAccuracy } = joint.metrics[0];
  const last = curve.classesSeen[curve.classesSeen.length - 1];
  if (classesSeen !== last) {
    throw new UserError(
      `Expected the run on all classes together to have the ${last} classes that the methods end with but found ` +
        `${classesSeen}. Give it baseClasses ${last}.`,
    );
  }
  for (const { configuration } of controls) refuseOtherSettings(configuration, runs);
  return {
    ...curve,
    runs: runs.map(caltechRun),
    controls: controls.map(caltechRun),
    upperBound: { accuracy, meanClassAccuracy },
  };
}

function caltechRun(run: MeasuredRun): CaltechRun {
  return {
    ...methodRun(run),
    meanClassAccuracy: run.metrics.map(({ meanClassAccuracy }) => meanClassAccuracy),
    accuracyOfSteps: run.metrics.map(({ accuracyOfSteps }) => accuracyOfSteps),
  };
}

function refuseOtherSettings(control: Configuration, runs: readonly MeasuredRun[]): void {
  // Without γ, which LwF-MC has no use for. The engine is the same in all.
  const withoutAttention = (configuration: Configuration) =>
    JSON.stringify(methodIdentity({ ...configuration, method: "LwF-MC" }, "onednn"));
  const wanted = withoutAttention(control);
  const partners = runs.filter(({ configuration }) => configuration.method === "LwF-MC");
  if (partners.some(({ configuration }) => withoutAttention(configuration) === wanted)) return;
  throw new UserError(
    `Expected a second run of LwM with seed ${control.seed} to have the settings of LwF-MC, but for γ, but found none of ` +
      `LwF-MC with the same. Give it LwF-MC's β and learning rate.`,
  );
}

/**
 * Reads the numbers that come with the project; needs neither the data set nor a run.
 *
 * @param directory of the figures
 * @throws {UserError} where they are not there, or damaged
 */
export function readCaltechAccuracy(directory: string): Promise<CaltechAccuracy> {
  return readJson(join(directory, "caltech-101-accuracy.json"), {
    schema: SCHEMA,
    holds: "the numbers of the figure",
    remedy:
      "Restore it with git, or make it: `deno task data caltech-101`, `deno task sweep studies/caltech-101.json`, " +
      "then `deno task caltech`.",
  });
}

const perStep = z.array(z.number());

const RUN: z.ZodType<CaltechRun> = z.strictObject({
  method: configurationSchema.shape.method,
  seed: z.int(),
  accuracy: perStep,
  attentionCosine: perStep,
  meanClassAccuracy: perStep,
  accuracyOfSteps: z.array(perStep),
});

const SCHEMA: z.ZodType<CaltechAccuracy> = z.object({
  dataset: z.string(),
  preset: z.string(),
  classesSeen: perStep,
  runs: z.array(RUN),
  controls: z.array(RUN),
  upperBound: z.strictObject({ accuracy: z.number(), meanClassAccuracy: z.number() }),
});
