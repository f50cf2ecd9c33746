/**
 * Trains the study on all cores, and saves the figures that it draws.
 * @module
 */
import type { Engine } from "../../lib/engine/mod.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { dataDirectory, readMetrics, runFolders } from "../../lib/run/folder.ts";
import type { MeasuredRun } from "../../lib/study/run_record.ts";
import { type StudyNumbers, studyNumbers, type StudyPlan } from "../../lib/study/study.ts";
import { accuracyCurve, attentionRetentionCurve, gamma, l1L2, saveFigure } from "../../lib/figures/mod.ts";
import { UserError } from "../../lib/user_error.ts";
import type { Log } from "./command_line.ts";
import { planSweep, type SweepRun, trainSweep } from "./sweep_plan.ts";

/** What {@linkcode trainStudy} needs. */
export interface StudyTraining {
  /** Folder of data sets and runs. */
  directory?: string;
  /** Folder of the figures. */
  figures: string;
  /** Ends the training. */
  signal?: AbortSignal;
  /** Is told what there is to do. */
  log: Log;
}

/** All configurations of the study; several may come to the same run. */
export function configurationsOf({ curves, distances, gammas }: StudyPlan): Configuration[] {
  return [...curves, ...distances, ...gammas];
}

/**
 * Trains what is missing, and saves the figures.
 *
 * @throws {UserError} where a run fails, after the others have finished, or where the training was stopped
 */
export async function trainStudy(plan: StudyPlan, options: StudyTraining): Promise<void> {
  const { directory = dataDirectory(), figures, signal, log } = options;
  const runs = await planSweep(configurationsOf(plan), { directory, log });
  const steps = await stepsToTrain(runs);
  log(`${runs.length} runs, ${steps} steps to train.`);

  await trainSweep(runs, { directory, signal });
  const failed = runs.filter(({ state }) => state === "failed");
  if (failed.length > 0) {
    throw new UserError(failed.map(({ name, failure }) => `${name} failed: ${failure}`).join("\n"));
  }
  await saveStudy(await measureStudy(plan, runs, directory), figures);
}

/** The steps that are not trained yet; M_0 counts once for all runs that share it. */
export async function stepsToTrain(runs: readonly SweepRun[]): Promise<number> {
  const missing = new Set<string>();
  for (const { configuration, folders } of runs) {
    const steps = configuration.increments + 1;
    const trained = (await readMetrics(folders, steps)).length;
    for (let step = trained; step < steps; step++) {
      missing.add(`${step === 0 ? folders.base : folders.method} ${step}`);
    }
  }
  return missing.size;
}

async function measureStudy(
  plan: StudyPlan,
  runs: readonly SweepRun[],
  directory: string,
): Promise<StudyNumbers> {
  const engine = runs[0].configuration.engine as Engine["name"]; // planSweep() has chosen it
  const measured = new Map<Configuration, MeasuredRun>();
  for (const configuration of configurationsOf(plan)) {
    const folders = await runFolders(configuration, engine, directory);
    const metrics = await readMetrics(folders, configuration.increments + 1);
    measured.set(configuration, { configuration, metrics });
  }
  return studyNumbers(plan, (configuration) => measured.get(configuration)!);
}

async function saveStudy(numbers: StudyNumbers, directory: string): Promise<void> {
  const curve = numbers["accuracy-curve"];
  await saveFigure("accuracy-curve", accuracyCurve, curve, { directory });
  const retention = numbers["attention-retention-curve"];
  await saveFigure("attention-retention-curve", attentionRetentionCurve, retention, { directory });
  const distances = numbers["l1-l2"];
  await saveFigure("l1-l2", l1L2, distances, { directory });
  await saveFigure("gamma", gamma, numbers.gamma, { directory });
}
