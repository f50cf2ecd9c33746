/**
 * Several runs side by side, one process each, as many at a time as there are cores. (One thread a process:
 * two threads in one process gain little and lose all when anything else wants a core.)
 * @module
 */
import { fileURLToPath } from "node:url";
import { type Engine, logOnce } from "../engine/mod.ts";
import { type ProgressDisplay, progressDisplay, type ProgressLine } from "../progress.ts";
import { stoppable } from "../stop_signals.ts";
import { methodNames } from "../training/method.ts";
import { UserError } from "../user_error.ts";
import { codeDigest } from "./code_digest.ts";
import { codeOf, type RunFolders, trainedSteps } from "./folder.ts";
import { runNames } from "./identity.ts";
import { Run, type RunEpoch, type RunProgress } from "./run.ts";
import type { Configuration } from "./schema.ts";

/** Those that every process knows: a method of a user is defined after this module is loaded. */
const KNOWN_METHODS = methodNames();

/** Options of {@linkcode trainRuns}. */
export interface TrainRunsOptions {
  /** Last step to train; default all. */
  through?: number;
  /** Folder of data sets and runs, for tests. */
  directory?: string;
  /** Ends all processes at once. */
  signal?: AbortSignal;
  /**
   * Called after each epoch of each run, such as what `watchTraining()` returns. What it returns is awaited
   * in the end, and its error is thrown then.
   */
  onEpoch?: (run: Run, epoch: RunEpoch) => unknown;
}

/**
 * Trains the missing steps of these runs, and opens the runs. M_0 is trained once and shared by the methods
 * that agree on it.
 *
 * Shows a bar for each run. The stop button of a notebook, or Ctrl-C, ends it within an iteration; the next
 * call resumes after the last finished epoch.
 * @param configurations one a run
 * @returns the runs, trained, in the same order
 * @throws {UserError} where a run fails; the others are finished first
 */
export async function trainRuns(
  configurations: readonly Configuration[],
  options: TrainRunsOptions = {},
): Promise<Run[]> {
  if (!Array.isArray(configurations)) {
    throw new UserError(
      "Expected a list of configurations but found no list. For one run, write trainRuns([configuration]).",
    );
  }
  const { directory, through, signal: outer, onEpoch } = options;
  const runs: Run[] = [];
  for (const configuration of configurations) {
    runs.push(await Run.open(configuration, { directory, log: logOnce }));
  }
  const pictures: Promise<unknown>[] = [];
  const nameOf = runNames(runs.map(({ configuration }) => configuration));
  const { jobs, processes } = await trainingJobs(
    runs.map((run) => ({
      name: nameOf(run.configuration),
      configuration: run.configuration,
      folders: run.folders,
      through,
      onEpoch: onEpoch && ((epoch) => {
        const picture = Promise.try(onEpoch, run, epoch);
        picture.catch(() => {}); // it is awaited in the end; until then its error is not unhandled
        pictures.push(picture);
      }),
    })),
    directory,
  );
  await stoppable(
    "Only the unfinished epoch is lost. Run it again to resume there.",
    (signal) => runJobs(jobs, { processes, signal }),
    outer,
  );
  await Promise.all(pictures);
  refuseFailed(failuresOf(jobs));
  return runs;
}

/** Each job that has failed, and why. */
export function failuresOf(jobs: readonly Job[]): string[] {
  return jobs.flatMap(({ label, failure }) => failure === undefined ? [] : [`${label}: ${failure}`]);
}

/** @throws {UserError} where something has failed */
export function refuseFailed(failures: readonly string[]): void {
  if (failures.length > 0) throw new UserError(failures.join("\n"));
}

/** A piece of work in a process of its own, such as the training of a run, or a notebook. */
export interface Job {
  readonly label: string;
  /** How long it takes, in a unit that the jobs share. */
  readonly weight: number;
  /**
   * Does the job and reports its progress. Throws a UserError where it fails, and any error where `signal`
   * stopped it.
   */
  readonly work: (report: (progress: Partial<JobProgress>) => void, signal: AbortSignal) => Promise<void>;
  /** `stopped` is a job that was under way when everything was stopped. */
  state: "waiting" | "running" | "finished" | "failed" | "stopped";
  failure?: string;
  line: ProgressLine;
}

export type JobProgress = Pick<ProgressLine, "done" | "total" | "note">;

export function newJob(job: Pick<Job, "label" | "weight" | "work">): Job {
  return { ...job, state: "waiting", line: { label: job.label, done: 0, total: 1, note: "waiting" } };
}

/**
 * Runs all jobs, in their order. A job that fails stops no other.
 * @param options how many jobs at a time, what stops all of them, and what is called when one has ended
 * @throws the reason of the signal, after all jobs have ended; what `onChange` throws, which stops them
 */
export async function runJobs(
  jobs: readonly Job[],
  { processes, signal, onChange, display = progressDisplay() }: {
    processes: number;
    signal: AbortSignal;
    onChange?: () => unknown;
    display?: ProgressDisplay;
  },
): Promise<void> {
  if (jobs.length === 0) return;
  const running = new Set<Promise<void>>();
  const show = () => display.show(linesOf(jobs));
  const broken = new AbortController();
  const stopped = AbortSignal.any([signal, broken.signal]);
  try {
    for (;;) {
      const waiting = signal.aborted ? [] : jobs.filter(({ state }) => state === "waiting");
      for (const job of waiting.slice(0, processes - running.size)) {
        const process = runJob(job, stopped, show).finally(() => running.delete(process));
        running.add(process);
      }
      show();
      if (running.size === 0) break;
      await Promise.race(running);
      await onChange?.();
    }
  } catch (error) {
    broken.abort(error);
    throw error;
  } finally {
    await Promise.all(running);
    await display.finish();
  }
  signal.throwIfAborted();
}

async function runJob(job: Job, signal: AbortSignal, show: () => void): Promise<void> {
  job.state = "running";
  job.line = { ...job.line, note: "starting" };
  try {
    await job.work((progress) => {
      // The first progress says what was done before, and when the work itself began.
      const begun = progress.done !== undefined &&
        { startedAt: performance.now(), doneBefore: progress.done };
      job.line = { ...begun, ...job.line, ...progress };
      show();
    }, signal);
    const { label, total, doneBefore = 0, startedAt = performance.now() } = job.line;
    job.state = "finished";
    job.line = { label, done: total, total, doneBefore, startedAt, finishedAt: performance.now() };
  } catch (error) {
    job.state = signal.aborted ? "stopped" : "failed";
    job.line = { ...job.line, note: job.state };
    if (signal.aborted) return;
    job.failure = (error as Error).message; // first: who waits for something else does not see the throw
    if (!(error instanceof UserError)) throw error;
  }
}

/** Where there are more jobs than this, each is shown while it runs. */
const MOST_LINES = 16;

/** A line for each job, where there are few, and one for all. */
function linesOf(jobs: readonly Job[]): ProgressLine[] {
  const shown = jobs.filter(({ state }) => jobs.length <= MOST_LINES || state === "running");
  if (jobs.length === 1) return shown.map(({ line }) => line);
  const ended = jobs.filter(({ state }) => state === "finished" || state === "failed");
  const failed = ended.filter(({ state }) => state === "failed").length;
  const sum = (amount: (line: ProgressLine) => number) =>
    jobs.reduce((total, { line, weight }) => total + weight * amount(line) / line.total, 0);
  const begun = jobs.flatMap(({ line }) => line.startedAt ?? []);
  return [...shown.map(({ line }) => line), {
    label: "all",
    done: sum(({ done }) => done),
    doneBefore: sum(({ doneBefore = 0 }) => doneBefore),
    total: jobs.reduce((total, { weight }) => total + weight, 0),
    startedAt: begun.length > 0 ? Math.min(...begun) : undefined,
    finishedAt: ended.length === jobs.length ? performance.now() : undefined,
    note: `${ended.length} of ${jobs.length}${failed > 0 ? `, ${failed} failed` : ""}`,
  }];
}

/** A run that may have to be trained. */
export interface PlannedRun {
  readonly name: string;
  /** Names the engine, so that the processes use the same one. */
  readonly configuration: Configuration;
  readonly folders: RunFolders;
  /** The last step to train; default all. */
  readonly through?: number;
  /** Called after each epoch. */
  readonly onEpoch?: (epoch: RunEpoch) => void;
  /** Called when a step is trained and measured. */
  readonly onStep?: (step: number) => void;
}

const lastOf = ({ through, configuration }: PlannedRun) => through ?? configuration.increments;

/**
 * Makes the jobs that train the missing steps of these runs. Runs that share an M_0 which is not trained yet
 * wait for the first of them, so these begin after the others.
 * @returns the jobs; and the jobs at a time: one for each core, or one alone with WebGPU
 */
export async function trainingJobs(
  runs: readonly PlannedRun[],
  directory?: string,
): Promise<{ jobs: Job[]; processes: number }> {
  const [ready, others]: [Job[], Job[]] = [[], []];
  const bases = new Set<string>();
  for (const run of runs) {
    const { configuration: { method }, folders } = run;
    const trained = await trainedSteps(run.folders, lastOf(run) + 1);
    if (trained > lastOf(run)) continue;
    if (!KNOWN_METHODS.includes(method)) {
      throw new UserError(
        `Expected a method of lib/training/method.ts, which other processes know, too, but found "${method}", which ` +
          "only this process has defined. Train it here: `await (await Run.open(configuration)).train()`.",
      );
    }
    const shares = trained === 0 && bases.has(folders.base);
    bases.add(folders.base);
    (shares ? others : ready).push(trainingJob(run, shares ? 1 : trained, directory, () => threads));
  }
  const jobs = [...ready, ...others];
  const alone = runs.some(({ configuration }) => configuration.engine === "webgpu");
  const processes = alone ? 1 : navigator.hardwareConcurrency;
  const threads = Math.max(1, Math.floor(idleCores() / Math.min(jobs.length, processes)));
  return { jobs, processes };
}

/** Where others compute, threads that wait for one another are slower than one. */
function idleCores(): number {
  return navigator.hardwareConcurrency - Math.round(Deno.loadavg()[0]);
}

/** @param first the step that is trained first */
function trainingJob(
  run: PlannedRun,
  first: number,
  directory: string | undefined,
  threads: () => number,
): Job {
  const { name: label, configuration, folders, onEpoch, onStep } = run;
  const through = lastOf(run);
  const task: Omit<WorkerTask, "threads"> = {
    configuration: { ...configuration, code: codeOf(folders) },
    through,
    directory,
    epochs: onEpoch !== undefined,
    code: codeDigest(configuration.engine as Engine["name"]),
  };
  const work: Job["work"] = (report, signal) =>
    trainInProcess({ ...task, threads: threads() }, signal, (message) => {
      if (message.kind === "step") onStep?.(message.step);
      else if (message.kind === "epoch") onEpoch?.(message.epoch);
      else if (message.kind === "waiting") report({ note: `waiting for ${message.trainedBy}` });
      else if (message.kind === "progress") report(jobProgress(message.progress, through));
    });
  return newJob({ label, weight: weightOf(configuration, first, through), work });
}

/** The number of training images if each class had one. */
function weightOf(configuration: Configuration, first: number, last: number): number {
  const { baseEpochs, baseClasses, epochs, increment } = configuration;
  const later = (last - Math.max(first, 1) + 1) * epochs * increment;
  return (first === 0 ? baseEpochs * baseClasses : 0) + later;
}

function jobProgress(progress: RunProgress, last: number): JobProgress {
  const { step, phase, epoch, epochs, loss, overall } = progress;
  const where = phase === "teacher"
    ? "asking the teacher"
    : `epoch ${epoch}/${epochs}, loss ${loss!.L.toFixed(3)}`;
  return { ...overall, note: last > 0 ? `step ${step}: ${where}` : where };
}

/** The task of a process that trains a run: the first line of its standard input, as JSON. */
export interface WorkerTask {
  configuration: Configuration;
  through: number;
  directory?: string;
  /** Digest of the code that this process runs: it may have been edited since. */
  code?: string;
  /** Whether to report each epoch. */
  epochs?: boolean;
  /** How many threads share the work of each kernel; default one. */
  threads?: number;
}

/** What it writes to standard output, as lines of JSON. The last is that it has finished, or failed. */
export type WorkerMessage =
  | { kind: "waiting"; trainedBy: string }
  | { kind: "progress"; progress: RunProgress }
  | { kind: "epoch"; epoch: RunEpoch }
  | { kind: "step"; step: number }
  | { kind: "finished" }
  | { kind: "failed"; message: string };

/**
 * Trains a run in a process of its own.
 * @param onMessage takes what it writes
 * @throws {UserError} where it fails, or `signal` ended it
 */
async function trainInProcess(
  task: WorkerTask,
  signal: AbortSignal,
  onMessage: (message: WorkerMessage) => void,
): Promise<void> {
  const { configuration: { dataset, method, seed }, directory = "" } = task;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-all", "--no-prompt", fileURLToPath(new URL("worker.ts", import.meta.url))],
      ...[dataset, method, `seed ${seed}`, directory], // shown in the list of processes
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stop = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // Ctrl-C reaches all processes of a terminal: it has ended already.
    }
  };
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();

  const said = new Response(child.stderr).text();
  // The worker reads its task, and ends when this end of the pipe is closed, even if this process is killed.
  const input = child.stdin.getWriter();
  // Where the process is gone already, its exit code says so below.
  await input.write(new TextEncoder().encode(JSON.stringify(task) + "\n")).catch(() => {});

  let last: WorkerMessage | undefined;
  try {
    for await (const line of linesFrom(child.stdout)) {
      last = JSON.parse(line) as WorkerMessage;
      onMessage(last);
    }
  } finally {
    // The worker ends with its input, also where a callback has thrown.
    signal.removeEventListener("abort", stop);
    await input.close().catch(() => {});
  }
  const { code, signal: killedBy } = await child.status;
  if (last?.kind === "finished") return;
  if (last?.kind === "failed") throw new UserError(last.message);
  const how = killedBy === null ? `ended with code ${code}` : `was killed by ${killedBy}`;
  throw new UserError(`Its process ${how}. ${(await said).trim()}`.trim());
}

/** The complete lines of a process's output, one by one, as they come. */
export async function* linesFrom(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
