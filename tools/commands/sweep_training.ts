/**
 * Trains the runs of a sweep, one process each.
 * @module
 */
import { progressDisplay, type ProgressLine } from "../../lib/progress.ts";
import { readMetrics } from "../../lib/run/folder.ts";
import { runProgressLine, trainInProcess } from "../../lib/run/run_process.ts";
import { withStopSignals } from "../../lib/run/train_runs.ts";
import type { SweepRun } from "./sweep_plan.ts";

/** More runs than this are shown only while they are trained. */
const MOST_LINES = 16;

/** What {@linkcode trainSweep} needs. */
export interface SweepTraining {
  /** Folder of data sets and runs. */
  directory?: string;
  /** Called whenever a run is finished or has failed; training goes on meanwhile. */
  onRunEnd: () => Promise<unknown>;
  /** Ends all processes, as SIGINT does. */
  signal?: AbortSignal;
}

/** A process: M_0 of several runs, or the later steps of one. */
interface Job {
  label: string;
  run: SweepRun;
  /** The last step to train; without it all. */
  through?: number;
  /** What must be finished before. */
  after?: Job;
  state: "waiting" | "running" | "ended";
  failure?: string;
  line: ProgressLine;
}

/**
 * Trains the runs that wait, and notes in them what became of them. M_0 is trained first, by a process of its own, so that no two
 * processes train the same one.
 *
 * @returns false where SIGINT or `signal` ended it
 */
export async function trainSweep(
  runs: readonly SweepRun[],
  { directory, onRunEnd, signal: outer }: SweepTraining,
): Promise<boolean> {
  const jobs = await jobsOf(runs);
  if (jobs.length === 0) return true;
  const display = progressDisplay();
  const startedAt = performance.now();
  const show = () => display.show(linesOf(jobs, startedAt));
  const atATime = jobs.some(({ run }) => run.configuration.engine === "webgpu")
    ? 1
    : navigator.hardwareConcurrency;

  let completed = true;
  await withStopSignals(outer, async (signal) => {
    const running = new Set<Promise<void>>();
    while (!signal.aborted) {
      const ready = jobs.filter(isReady).slice(0, atATime - running.size);
      for (const job of ready) {
        const process = train(job, { directory, signal, show }).finally(() => running.delete(process));
        running.add(process);
      }
      if (running.size === 0) break;
      await Promise.race(running);
      show();
      await onRunEnd();
    }
    await Promise.all(running);
    completed = !signal.aborted;
  });
  await display.finish();
  return completed;
}

/** Each M_0 that is missing first, since others wait for it. */
async function jobsOf(runs: readonly SweepRun[]): Promise<Job[]> {
  const waiting = runs.filter(({ state }) => state === "waiting");
  const job = (run: SweepRun, label: string, rest: Partial<Job>): Job => {
    return { run, label, state: "waiting", line: { label, done: 0, total: 1, note: "waiting" }, ...rest };
  };
  const bases = new Map<string, Job>();
  for (const run of waiting) {
    if (bases.has(run.folders.base) || (await readMetrics(run.folders, 1)).length > 0) continue;
    // Where the increments of a run cannot be, its M_0 can still serve others.
    const base = { ...run, configuration: { ...run.configuration, increments: 0 } };
    bases.set(run.folders.base, job(base, `M_0 of ${run.name}`, { through: 0 }));
  }
  return [
    ...bases.values(),
    ...waiting.map((run) => job(run, run.name, { after: bases.get(run.folders.base) })),
  ];
}

function isReady({ state, after }: Job): boolean {
  return state === "waiting" && (after === undefined || after.state === "ended");
}

async function train(
  job: Job,
  { directory, signal, show }: { directory?: string; signal: AbortSignal; show: () => void },
): Promise<void> {
  const { run, through, label } = job;
  job.state = "running";
  run.state = "running";
  const startedAt = performance.now();
  const missing = job.after?.failure;
  job.failure = missing !== undefined ? `Its M_0 failed. ${missing}` : await trainInProcess(
    { configuration: run.configuration, through, directory },
    signal,
    (progress, steps) => {
      const line = runProgressLine(progress, steps);
      job.line = { ...line, label, startedAt, doneBefore: job.line.doneBefore ?? line.done };
      show();
    },
  ) ?? undefined;
  job.state = "ended";
  if (signal.aborted) run.state = "stopped";
  else if (job.failure === undefined) {
    run.state = "finished";
    job.line = {
      ...job.line,
      label,
      done: 1,
      total: 1,
      note: undefined,
      startedAt,
      finishedAt: performance.now(),
    };
  } else {
    run.state = "failed";
    run.failure = job.failure;
    job.line = { ...job.line, note: "failed" };
  }
}

/** One line a run, if they are few, and one for all. */
function linesOf(jobs: readonly Job[], startedAt: number): ProgressLine[] {
  const shown = jobs.length <= MOST_LINES ? jobs : jobs.filter(({ state }) => state === "running");
  const ended = jobs.filter(({ state }) => state === "ended");
  const failed = ended.filter(({ failure }) => failure !== undefined).length;
  const sum = (amount: (job: Job) => number) => jobs.reduce((total, job) => total + amount(job), 0);
  return [...shown.map(({ line }) => line), {
    label: "all",
    done: sum(({ line, state }) => state === "ended" ? 1 : line.done),
    total: jobs.length,
    doneBefore: sum(({ line }) => line.doneBefore ?? 0),
    startedAt,
    note: `${ended.length} of ${jobs.length}${failed > 0 ? `, ${failed} failed` : ""}`,
  }];
}
