/**
 * Several runs side by side, one process each, as many at a time as there are cores. (One thread a process: two threads in
 * one process gain little and lose all when anything else wants a core.)
 * @module
 */
import { linesOf } from "./lines.ts";
import type { Configuration } from "./configuration.ts";
import { progressDisplay, type ProgressLine } from "./progress.ts";
import { Run, type RunPlace, type RunProgress } from "./run.ts";
import { UserError } from "../user_error.ts";

/** Options of {@linkcode trainRuns}. */
export interface TrainRunsOptions {
  /** Last step to train; default all. */
  through?: number;
  /** Processes at a time; default one a core, and one alone with WebGPU. */
  processes?: number;
  /** Folder of data sets and runs, for tests. */
  directory?: string;
  /** Ends all processes at their next iteration. */
  signal?: AbortSignal;
}

/** What a worker says, one JSON line each. */
export type WorkerMessage =
  | { kind: "progress"; progress: RunProgress; steps: number }
  | { kind: "finished" }
  | { kind: "failed"; message: string };

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
  const place: RunPlace = { directory: options.directory };
  const runs: Run[] = [];
  for (const configuration of configurations) runs.push(await Run.open(configuration, place));
  if (runs.length > 0) console.log(`Engine: ${runs[0].engine.description}`);

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
  for (const run of runs) if (!await isTrainedThrough(run, through)) waiting.push(run);
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
      const failure = await trainInProcess(run, { through, directory, signal }, (message) => {
        if (message.kind !== "progress") return;
        lines.set(run, {
          ...lineOf(message.progress, message.steps),
          label: lines.get(run)!.label,
          startedAt,
        });
        display.show([...lines.values()]);
      });
      if (failure !== null) failures.push(failure);
      else if (!signal.aborted) lines.set(run, { label: lines.get(run)!.label, done: 1, total: 1, startedAt });
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

/** @returns what went wrong, or null */
async function trainInProcess(
  run: Run,
  { through, directory, signal }: TrainRunsOptions & { signal: AbortSignal },
  onMessage: (message: WorkerMessage) => void,
): Promise<string | null> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-prompt", new URL("worker.ts", import.meta.url).pathname],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stop = () => child.kill("SIGKILL");
  signal.addEventListener("abort", stop);

  // The worker reads its task, and ends when this end of the pipe is closed, even if this process is killed.
  const task = child.stdin.getWriter();
  // The engine by name, so that the worker cannot choose another than this process did.
  const configuration = { ...run.configuration, engine: run.engine.name };
  await task.write(new TextEncoder().encode(JSON.stringify({ configuration, through, directory }) + "\n"));

  const said = readAll(child.stderr);
  let outcome: WorkerMessage | null = null;
  for await (const line of linesOf(child.stdout)) {
    const message: WorkerMessage = JSON.parse(line);
    onMessage(message);
    if (message.kind !== "progress") outcome = message;
  }
  const { code } = await child.status;
  signal.removeEventListener("abort", stop);
  await task.close().catch(() => {});
  if (signal.aborted || outcome?.kind === "finished") return null;
  const { method, seed } = run.configuration;
  const reason = outcome?.kind === "failed"
    ? outcome.message
    : `its process ended with code ${code}.\n${await said}`;
  return `${method}, seed ${seed}: ${reason}`;
}

/** SIGINT becomes an abort while `work` runs; without this the notebook's stop button would kill the kernel. */
async function withStopSignals(
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

function lineOf(progress: RunProgress, steps: number): Omit<ProgressLine, "label"> {
  const { step, phase, done, total, epoch, epochs, loss } = progress;
  const where = phase === "teacher"
    ? "asking the teacher"
    : `epoch ${epoch}/${epochs}, loss ${loss!.L.toPrecision(4)}`;
  const note = steps > 1 ? `step ${step}: ${where}` : where;
  // The teacher's phase counts for nothing, so that the bar never runs backwards.
  const within = phase === "teacher" ? 0 : done / total;
  return { done: (step + within) / steps, total: 1, note };
}

async function readAll(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return await new Response(stream).text();
}
