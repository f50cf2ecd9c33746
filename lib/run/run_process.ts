/**
 * One run in a process of its own, seen from the process that started it.
 * @module
 */
import { fileURLToPath } from "node:url";
import type { Configuration } from "./schema.ts";
import { linesOf } from "./lines.ts";
import type { ProgressLine } from "../progress.ts";
import type { RunProgress } from "./run.ts";

/** What a worker is to do: the first line of its standard input, as JSON. */
export interface WorkerTask {
  /** Of the run. */
  configuration: Configuration;
  /** The last step to train; default all. */
  through?: number;
  /** Folder of data sets and runs; default the project's. */
  directory?: string;
  /** Milliseconds between two messages about progress. */
  patience?: number;
}

/** What a worker says, one JSON line each. */
export type WorkerMessage =
  | { kind: "progress"; progress: RunProgress; steps: number }
  | { kind: "finished" }
  | { kind: "failed"; message: string };

/**
 * Trains a run in a process of its own, whatever happens to that process.
 *
 * @param task its engine should not be `auto`, so that the worker cannot choose another than this process did
 * @param signal ends the process
 * @param onProgress is given how far it is, several times a second
 * @returns what went wrong; null where nothing did, or `signal` ended it
 */
export async function trainInProcess(
  task: WorkerTask,
  signal: AbortSignal,
  onProgress: (progress: RunProgress, steps: number) => void,
): Promise<string | null> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-all", "--no-prompt", fileURLToPath(new URL("worker.ts", import.meta.url))],
      ...shownInProcessList(task),
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

  const said = new Response(child.stderr).text();
  // The worker reads its task, and ends when this end of the pipe is closed, even if this process is killed.
  const input = child.stdin.getWriter();
  // Where the process is gone already, its exit code says so below.
  await input.write(new TextEncoder().encode(JSON.stringify(task) + "\n")).catch(() => {});

  let outcome: WorkerMessage | null = null;
  for await (const line of linesOf(child.stdout)) {
    const message: WorkerMessage = JSON.parse(line);
    if (message.kind === "progress") onProgress(message.progress, message.steps);
    else outcome = message;
  }
  const { code, signal: killedBy } = await child.status;
  signal.removeEventListener("abort", stop);
  await input.close().catch(() => {});
  if (signal.aborted || outcome?.kind === "finished") return null;
  if (outcome?.kind === "failed") return outcome.message;
  const how = killedBy === null ? `ended with code ${code}` : `was killed by ${killedBy}`;
  return `Its process ${how}. ${(await said).trim()}`.trim();
}

/** Which run it is, for whoever looks at the list of processes; the worker itself does not read it. */
function shownInProcessList(
  { configuration: { dataset, method, seed }, directory = "" }: WorkerTask,
): string[] {
  return [dataset, method, `seed ${seed}`, directory];
}

/** How far a run is, as a line of a display. */
export function runProgressLine(progress: RunProgress, steps: number): Omit<ProgressLine, "label"> {
  const { step, phase, done, total, epoch, epochs, loss } = progress;
  const where = phase === "teacher"
    ? "asking the teacher"
    : `epoch ${epoch}/${epochs}, loss ${loss!.L.toFixed(3)}`;
  const note = steps > 1 ? `step ${step}: ${where}` : where;
  // The teacher's phase counts for nothing, so that the bar never runs backwards.
  const within = phase === "teacher" ? 0 : done / total;
  return { done: (step + within) / steps, total: 1, note };
}
