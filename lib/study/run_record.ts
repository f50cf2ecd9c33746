/**
 * From what was measured of runs to the numbers that the figures draw.
 * @module
 */
import { averageIncrementalAccuracy } from "../evaluation/mod.ts";
import type {
  DistanceRun,
  DistanceRuns,
  GammaRun,
  GammaRuns,
  MethodRun,
  MethodRuns,
} from "../figures/mod.ts";
import { UserError } from "../user_error.ts";
import type { Configuration } from "../run/schema.ts";
import type { StepMetrics } from "../run/evaluate_step.ts";
import type { Run } from "../run/run.ts";

/** A run, and what was measured after each of its steps. */
export interface MeasuredRun {
  /** How it was trained. */
  readonly configuration: Configuration;
  /** (steps) M_0 first. */
  readonly metrics: readonly StepMetrics[];
}

/**
 * What was measured of runs.
 *
 * @param runs trained through step t
 * @param through t; default the last step
 * @throws {UserError} where a step is not trained yet
 */
export function measuredRuns(runs: readonly Run[], through?: number): Promise<MeasuredRun[]> {
  return Promise.all(runs.map(async (run) => {
    const steps = run.steps.slice(0, through === undefined ? undefined : through + 1);
    return {
      configuration: run.configuration,
      metrics: await Promise.all(steps.map((_, step) => run.metrics(step))),
    };
  }));
}

/** What the figure `accuracy-curve` draws, in the form in which it is kept. */
export function accuracyCurveNumbers(runs: readonly MeasuredRun[]): MethodRuns {
  return {
    ...settingOf(runs),
    classesSeen: runs[0].metrics.map(({ classesSeen }) => classesSeen),
    runs: runs.map(methodRun),
  };
}

/** One run as the curves draw it. */
export function methodRun({ configuration: { method, seed }, metrics }: MeasuredRun): MethodRun {
  return {
    method,
    seed,
    accuracy: metrics.map(({ accuracy }) => accuracy),
    attentionCosine: metrics.map(({ attention }) => attention.cosine),
  };
}

/** What the figure `attention-retention-curve` draws: the same, and how attention left the objects. */
export function attentionRetentionCurveNumbers(runs: readonly MeasuredRun[]): MethodRuns {
  const curve = accuracyCurveNumbers(runs);
  const drops = runs.map(({ metrics }) => {
    const attentions = metrics.map(({ attention }) => attention);
    // Data sets without masks have neither.
    if (attentions.some(({ pointingGame, energyInside }) => !pointingGame || !energyInside)) return {};
    return {
      pointingGameDrop: attentions.map(({ pointingGame }) => pointingGame!.drop),
      energyDrop: attentions.map(({ energyInside }) => energyInside!.drop),
    };
  });
  return { ...curve, runs: curve.runs.map((run, i) => ({ ...run, ...drops[i] })) };
}

/** What the figure `l1-l2` draws. LwF-MC stands for no distance at all. */
export function distanceNumbers(runs: readonly MeasuredRun[]): DistanceRuns {
  return {
    ...settingOf(runs),
    runs: runs.map((run): DistanceRun => {
      const { method, norm, gamma, seed } = run.configuration;
      return method === "LwM"
        ? { distance: norm, gamma, seed, ...outcomeOf(run) }
        : { distance: "none", gamma: 0, seed, ...outcomeOf(run) };
    }),
  };
}

/**
 * What the figure `gamma` draws. LwF-MC is LwM with γ = 0.
 *
 * @throws {UserError} where runs differ in more than γ and the seed
 */
export function gammaNumbers(runs: readonly MeasuredRun[]): GammaRuns {
  const { method: _, seed: __, gamma: ___, ...fixed } = runs[0].configuration;
  for (const { configuration } of runs) {
    for (const [field, value] of Object.entries(fixed)) {
      const found = configuration[field as keyof Configuration];
      if (JSON.stringify(found) === JSON.stringify(value)) continue;
      throw new UserError(
        `Expected runs that differ in nothing but γ and the seed but found ${field} ${value} and ${found}. ` +
          `Train LwF-MC with the settings of LwM to compare them.`,
      );
    }
  }
  return {
    ...settingOf(runs),
    runs: runs.map((run): GammaRun => {
      const { method, gamma, seed } = run.configuration;
      return { gamma: method === "LwM" ? gamma : 0, seed, ...outcomeOf(run) };
    }),
  };
}

function settingOf(runs: readonly MeasuredRun[]): { dataset: string; preset: string } {
  const { dataset, preset } = runs[0].configuration;
  return { dataset, preset };
}

function outcomeOf(
  { metrics }: MeasuredRun,
): { averageIncrementalAccuracy: number; attentionCosine: number } {
  return {
    averageIncrementalAccuracy: averageIncrementalAccuracy(metrics.map(({ accuracy }) => accuracy)),
    attentionCosine: metrics.at(-1)!.attention.cosine,
  };
}
