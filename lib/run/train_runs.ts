/**
 * Several runs side by side, one process each, as many at a time as there are cores. (One thread a process: two threads in
 * one process gain little and lose all when anything else wants a core.)
 * @module
 */
import type { Configuration } from "./schema.ts";
import { progressDisplay, type ProgressLine } from "../progress.ts";
import { Run } from "./run.ts";
import { runProgressLine, trainInProcess } from "./run_process.ts";
import { UserError } from "../user_error.ts";

/** Options of {@linkcode trainRuns}. */
export interface TrainRunsOptions {
  /** Last step to train; default all. */
  through?: number;
  /** Processes at a time; default one a core, and one alone with WebGPU. */
  processes?: number;
  /** Folder of data sets and runs, for tests. */
  directory?: string;
  /** Ends all processes at once. */
  signal?: AbortSignal;
}

/**
 * Trains what is missing of these runs, and opens them. M_0 is trained once and shared by the methods that agree on it.
 *
 * Shows a bar for each run. The stop button of a notebook, or Ctrl-C, ends it within an iteration; the next call goes on
 * from the last finished epoch.
 *
 * @param configurations one a run
 * @returns the runs, trained, in the same order
 * @throws {UserError} where a run fails; the others are finished first
 */
export async function trainRuns(
  configurations: readonly Configuration[],
  options: TrainRunsOptions = {},
): Promise<Run[]> {
  const runs: Run[] = [];
  for (const configuration of configurations) {
    const log = runs.length === 0 ? console.log : () => {}; // the engine is the same for all
    runs.push(await Run.open(configuration, { directory: options.directory, log }));
  }

  await withStopSignals(options.signal, async (signal) => {
    // M_0 first: else two processes would train the same one.
    const bases = new Map(runs.map((run) => [run.folders.base, run]));
    await trainInProcesses([...bases.values()], { ...options, through: 0, signal });
    await trainInProcesses(runs, { ...options, signal });
  });
  return runs;
}

async function trainInProcesses(
  runs: readonly Run[],
  { through, processes, directory, signal }: TrainRunsOptions & { signal: AbortSignal },
): Promise<void> {
  const waiting: Run[] = [];
  for (const run of runs) {
    if (await isTrainedThrough(run, through)) await run.keepImages(through ?? run.steps.length - 1);
    else waiting.push(run);
  }
  if (waiting.length === 0) return;

  const display = progressDisplay();
  const lines = new Map<Run, ProgressLine>(
    waiting.map((run) => [run, { label: labelOf(run, runs, through), done: 0, total: 1, note: "waiting" }]),
  );
  const queue = [...waiting];
  const failures: string[] = [];
  const work = async () => {
    for (let run = queue.shift(); run !== undefined && !signal.aborted; run = queue.shift()) {
      const startedAt = performance.now();
      const configuration = { ...run.configuration, engine: run.engine.name };
      const failure = await trainInProcess(
        { configuration, through, directory },
        signal,
        (progress, steps) => {
          const line = runProgressLine(progress, steps);
          const { label, doneBefore = line.done } = lines.get(run)!;
          lines.set(run, { ...line, label, startedAt, doneBefore });
          display.show([...lines.values()]);
        },
      );
      const { method, seed } = run.configuration;
      if (failure !== null) failures.push(`${method}, seed ${seed}: ${failure}`);
      else if (!signal.aborted) {
        const { label } = lines.get(run)!;
        lines.set(run, { label, done: 1, total: 1, startedAt, finishedAt: performance.now() });
      }
      display.show([...lines.values()]);
    }
  };
  const atATime = processes ?? (waiting[0].engine.name === "webgpu" ? 1 : navigator.hardwareConcurrency);
  await Promise.all(Array.from({ length: Math.min(atATime, waiting.length) }, work));
  await display.finish();

  if (signal.aborted) {
    throw new UserError("Stopped. Nothing is lost: run again to go on from the last finished epoch.");
  }
  if (failures.length > 0) throw new UserError(failures.join("\n"));
}

/** SIGINT, and what aborts `outer`, become an abort while `work` runs; without this the notebook's stop button would kill the kernel. */
export async function withStopSignals(
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  outer?.addEventListener("abort", stop);
  Deno.addSignalListener("SIGINT", stop);
  try {
    await work(controller.signal);
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
    outer?.removeEventListener("abort", stop);
  }
}

async function isTrainedThrough(run: Run, through = run.steps.length - 1): Promise<boolean> {
  for (let step = 0; step <= through; step++) if (!await run.isTrained(step)) return false;
  return true;
}

/** The method, and what distinguishes the run from others of the same method. */
function labelOf(run: Run, runs: readonly Run[], through: number | undefined): string {
  if (through === 0) return `M_0, seed ${run.configuration.seed}`;
  const { method, seed } = run.configuration;
  const others = runs.filter((other) => other !== run && other.configuration.method === method);
  const differs = (field: keyof Configuration) =>
    others.some((other) => other.configuration[field] !== run.configuration[field]);
  const fields = (["beta", "gamma", "norm", "learningRate", "classification"] as const).filter(differs);
  return [method, `seed ${seed}`, ...fields.map((field) => `${field} ${run.configuration[field]}`)].join(
    ", ",
  );
}
