/**
 * One run in a process of its own: reads its task from standard input, says how far it is on standard output,
 * and ends with its parent. Started by {@linkcode trainRuns}.
 * @module
 */
import { useThreads } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { codeDigest } from "./code_digest.ts";
import { Run } from "./run.ts";
import { linesFrom, type WorkerMessage, type WorkerTask } from "./train_runs.ts";

/**
 * Reads the first line, then waits for the end of the input: the parent is gone, or wants this process to go.
 * That loses nothing but the unfinished epoch.
 */
async function readTask(): Promise<WorkerTask> {
  const lines = linesFrom(Deno.stdin.readable);
  const { value, done } = await lines.next();
  if (done) Deno.exit(1);
  void lines.next().then(() => Deno.exit(1));
  return JSON.parse(value);
}

const say = (message: WorkerMessage) => console.log(JSON.stringify(message));

// Ctrl-C reaches all processes of a terminal; the parent is the one to end this one.
Deno.addSignalListener("SIGINT", () => {});

try {
  const { configuration, through, directory, code, epochs, threads } = await readTask();
  useThreads(threads ?? 1);
  const run = await Run.open(configuration, { directory });
  const current = codeDigest(run.engine.name);
  if (code !== undefined && code !== current) {
    throw new UserError(
      `Expected the code ${code}, with which this was started, but found that it was edited since and is ${current} now. ` +
        "Run the same command again; in a notebook, restart the kernel first.",
    );
  }
  await run.train(through, {
    onWait: (trainedBy) => say({ kind: "waiting", trainedBy }),
    onProgress: (progress) => say({ kind: "progress", progress }),
    onEpoch: epochs ? (epoch) => say({ kind: "epoch", epoch }) : undefined,
    onStep: (step) => say({ kind: "step", step }),
  });
  say({ kind: "finished" });
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  say({ kind: "failed", message: error.message });
}
// Standard input is still open, and would keep the process waiting.
Deno.exit(0);
