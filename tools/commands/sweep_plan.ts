/**
 * What a sweep has to do: its runs, without duplicates, and which of them are finished.
 * @module
 */
import { type Engine, useEngine } from "../../lib/engine/mod.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import type { Dataset } from "../../lib/data/image_set.ts";
import {
  dataDirectory,
  openDataset,
  otherCode,
  refuseOtherImages,
  runFolders,
  trainedSteps,
} from "../../lib/run/folder.ts";
import { type Job, type PlannedRun, runJobs, trainingJobs } from "../../lib/run/train_runs.ts";
import { stoppable } from "../../lib/stop_signals.ts";
import { describeSetting, varyingFields } from "../../lib/study/run_record.ts";
import { UserError } from "../../lib/user_error.ts";
import type { Log } from "./command_line.ts";
import { listSkipped, withImageProgress } from "./run.ts";

export type SweepRun = PlannedRun & Pick<Job, "state" | "failure">;

/**
 * Chooses engines and prepares images here, so that the processes of the runs find the same engine and no two
 * of them decode the same images.
 * @param configurations of the runs; those that come to the same run, such as LwF-MC with another γ, become
 * one
 * @param place the log is told the engine, and which photos are left out
 */
export async function planSweep(
  configurations: readonly Configuration[],
  { directory = dataDirectory(), log }: { directory?: string; log: Log },
): Promise<SweepRun[]> {
  const engines = new Map<string, Promise<Engine["name"]>>();
  const dataSets = new Map<string, Promise<Dataset>>();
  /** Prepares each data set once; where it cannot be, all runs that need it fail. */
  const openOnce = (configuration: Configuration) => {
    const { dataset, data, classes, imagesPerClass, skipBroken, imageSize, seed, evaluateOn } = configuration;
    const key = [dataset, data, classes, imagesPerClass, skipBroken, imageSize, seed, evaluateOn];
    return dataSets.getOrInsertComputed(JSON.stringify(key), async () => {
      const opened = await withImageProgress((onImages) => openDataset(configuration, directory, onImages));
      listSkipped(opened, log);
      return opened;
    });
  };
  const said = new Set<string | null>();
  const plans = new Map<string, Omit<SweepRun, "name">>();
  for (const asked of configurations) {
    let configuration = asked;
    let dataset: Dataset | undefined;
    let failure = await mistakeOf(async () => {
      const { engine } = asked;
      const name = await engines.getOrInsertComputed(
        engine,
        async () => (await useEngine(engine, { log })).name,
      );
      configuration = { ...asked, engine: name };
      dataset = await openOnce(configuration);
    });
    // "auto" where there is no engine: the run then fails, but has to be told from others.
    const engine = configuration.engine as Engine["name"];
    const folders = await runFolders(configuration, engine, directory, dataset?.digest);
    const other = await otherCode(folders, configuration.increments);
    if (other !== null && !said.has(other)) log(other);
    said.add(other);
    const steps = configuration.increments + 1;
    const key = steps > 1 ? folders.method : `${folders.base} ${configuration.method}`;
    if (plans.has(key) && plans.get(key)!.configuration.increments >= configuration.increments) continue;
    const changed = dataset && await mistakeOf(() => refuseOtherImages(folders, dataset!));
    const finished = changed === undefined && await trainedSteps(folders, steps) === steps;
    failure ??= changed;
    const state = finished ? "finished" : failure === undefined ? "waiting" : "failed";
    plans.set(key, { configuration, folders, state, ...state === "failed" && { failure } });
  }
  const runs = [...plans.values()];
  const fields = varyingFields(runs.map(({ configuration }) => configuration));
  return runs.map((run) => {
    const { seed } = run.configuration;
    return { ...run, name: `${describeSetting(run.configuration, fields)}, seed ${seed}` };
  });
}

/** Why some work cannot be done, by the message of its `UserError`; nothing where it is done. */
export async function mistakeOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}

/**
 * Trains the runs that wait, one process each, and notes in them what became of them.
 * @throws {Stopped} where a signal ended it
 */
export async function trainSweep(
  runs: readonly SweepRun[],
  { directory, onChange, signal: outer }: {
    directory?: string;
    /** Called when a run has begun or ended; training goes on meanwhile. */
    onChange?: () => Promise<unknown>;
    /** Ends all processes, as SIGINT does. */
    signal?: AbortSignal;
  },
): Promise<void> {
  const waiting = runs.filter(({ state }) => state === "waiting");
  const { jobs, jobOf, processes } = await trainingJobs(waiting, { directory });
  const note = () => {
    for (const [run, { state, failure }] of jobOf) Object.assign(run, { state, failure });
  };
  await stoppable(
    "Nothing is lost but unfinished epochs: the same command goes on from there.",
    (signal) => runJobs(jobs, { processes, signal, onChange: () => (note(), onChange?.()) }),
    outer,
  ).finally(note);
}
