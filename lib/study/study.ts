/**
 * The study: what takes longer than a notebook should. Its numbers are committed with the figures that draw them;
 * `deno task reproduce --all-seeds` computes them anew.
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import type { DistanceRuns, GammaRuns, MethodRuns } from "../figures/mod.ts";
import { configure } from "../run/configuration.ts";
import { type Configuration, configurationSchema } from "../run/schema.ts";
import { readJsonIfThere } from "../files.ts";
import {
  accuracyCurveNumbers,
  attentionRetentionCurveNumbers,
  distanceNumbers,
  gammaNumbers,
  type MeasuredRun,
} from "./run_record.ts";

/** Each method is trained with these. */
export const STUDY_SEEDS: readonly number[] = [1, 2, 3, 4, 5];
/** Each γ of the grid is trained with these. */
export const GAMMA_SEEDS: readonly number[] = [1, 2, 3];
/** The grid of γ; 0 is LwF-MC. The γ of LwM was chosen on validation data before: see the tuning table. */
export const GAMMA_GRID: readonly number[] = [0, 0.01, 0.03, 0.1, 0.3, 1];
/**
 * For the same two maps the L2 norm is up to √(H·W) times smaller than the L1 norm, so the same γ weighs it less. It is
 * tried with this γ as well, the largest that there is.
 */
export const L2_GAMMA = 1;

/** What is compared with what. One run may stand in several lists. */
export interface StudyPlan {
  /** The three methods. */
  readonly curves: readonly Configuration[];
  /** LwF-MC, and LwM with both norms. */
  readonly distances: readonly Configuration[];
  /** LwM with each γ. */
  readonly gammas: readonly Configuration[];
}

/** The configurations of the study. */
export function studyPlan(): StudyPlan {
  const method = (
    method: Configuration["method"],
    seeds: readonly number[],
    fields: Partial<Configuration> = {},
  ) => seeds.map((seed) => configure({ ...fields, method, seed }));
  const LwF = method("LwF-MC", STUDY_SEEDS);
  const LwM = method("LwM", STUDY_SEEDS);
  const { gamma } = LwM[0];
  const gammas = new Set([...GAMMA_GRID, gamma]);
  return {
    curves: [...method("C", STUDY_SEEDS), ...LwF, ...LwM],
    distances: [
      ...LwF,
      ...LwM,
      ...[...new Set([gamma, L2_GAMMA])].flatMap((gamma) =>
        method("LwM", STUDY_SEEDS, { norm: "L2", gamma })
      ),
    ],
    gammas: [...gammas].sort((a, b) => a - b).flatMap((gamma) => {
      const runs = method("LwM", GAMMA_SEEDS, { gamma });
      // Not LwF-MC as it was tuned: its other settings are those of LwM.
      return gamma > 0 ? runs : runs.map((run): Configuration => ({ ...run, method: "LwF-MC" }));
    }),
  };
}

/** The numbers of each figure that the study draws, by the figure's name. */
export interface StudyNumbers {
  /** Each method and seed. */
  readonly "accuracy-curve": MethodRuns;
  /** The same runs, with the drops in pointing game and energy. */
  readonly "attention-retention-curve": MethodRuns;
  /** LwF-MC, and LwM with both norms. */
  readonly "l1-l2": DistanceRuns;
  /** LwM with each γ. */
  readonly "gamma": GammaRuns;
}

/**
 * The numbers of all figures of the study.
 *
 * @param plan of the study
 * @param measured gives what was measured of a configuration's run
 */
export function studyNumbers(
  { curves, distances, gammas }: StudyPlan,
  measured: (configuration: Configuration) => MeasuredRun,
): StudyNumbers {
  return {
    "accuracy-curve": accuracyCurveNumbers(curves.map(measured)),
    "attention-retention-curve": attentionRetentionCurveNumbers(curves.map(measured)),
    "l1-l2": distanceNumbers(distances.map(measured)),
    "gamma": gammaNumbers(gammas.map(measured)),
  };
}

/**
 * The study's numbers for a figure, with those that were computed here in place of the kept ones.
 *
 * @param name of the figure
 * @param own computed here; where nothing is kept, or only numbers of another data set or preset, these alone
 * @param directory of the figures
 * @throws {UserError} where the file is damaged
 */
export async function withStudy<Name extends keyof StudyNumbers>(
  name: Name,
  own: StudyNumbers[Name],
  directory: string,
): Promise<StudyNumbers[Name]> {
  const path = join(directory, `${name}.json`);
  const kept = await readJsonIfThere<StudyNumbers[Name]>(path, {
    schema: SCHEMAS[name],
    holds: "the numbers of the figure",
    remedy: "Restore it with git, or make it anew with `deno task reproduce --all-seeds`.",
  });
  return kept === null ? own : mergeStudy(name, kept, own);
}

/**
 * Some of the study's runs anew, the rest as it is kept.
 *
 * @param kept numbers of the study
 * @param own numbers of some of its runs
 * @returns the kept numbers with `own` in their places, and those that have no place there at the end; `own` alone where
 * data set, preset or steps differ
 */
export function mergeStudy<Name extends keyof StudyNumbers>(
  name: Name,
  kept: StudyNumbers[Name],
  own: StudyNumbers[Name],
): StudyNumbers[Name] {
  const { runs: keptRuns, ...keptSetting } = kept;
  const { runs: ownRuns, ...ownSetting } = own;
  if (JSON.stringify(keptSetting) !== JSON.stringify(ownSetting)) return own;
  const runs = new Map<string, unknown>();
  for (const run of [...keptRuns, ...ownRuns]) runs.set(identityOf(name, run), run);
  return { ...own, runs: [...runs.values()] };
}

/** What makes a run another run: all that was set, and nothing that came out. */
function identityOf(name: keyof StudyNumbers, run: object): string {
  const fields = { "l1-l2": ["distance", "gamma", "seed"], "gamma": ["gamma", "seed"] } as Record<
    string,
    string[]
  >;
  return JSON.stringify(run, fields[name] ?? ["method", "seed"]);
}

const setting = { dataset: z.string(), preset: z.string() };
const outcome = { seed: z.int(), averageIncrementalAccuracy: z.number(), attentionCosine: z.number() };
const perStep = z.array(z.number());
const methodRun = {
  method: configurationSchema.shape.method,
  seed: z.int(),
  accuracy: perStep,
  attentionCosine: perStep,
};
const curve = <Run extends z.ZodRawShape>(run: Run) =>
  z.object({ ...setting, classesSeen: perStep, runs: z.array(z.strictObject(run)) });

const SCHEMAS: { readonly [Name in keyof StudyNumbers]: z.ZodType<StudyNumbers[Name]> } = {
  "accuracy-curve": curve(methodRun),
  "attention-retention-curve": curve({
    ...methodRun,
    pointingGameDrop: perStep.optional(),
    energyDrop: perStep.optional(),
  }),
  "l1-l2": z.object({
    ...setting,
    runs: z.array(z.strictObject({ distance: z.enum(["none", "L1", "L2"]), gamma: z.number(), ...outcome })),
  }),
  "gamma": z.object({ ...setting, runs: z.array(z.strictObject({ gamma: z.number(), ...outcome })) }),
};
