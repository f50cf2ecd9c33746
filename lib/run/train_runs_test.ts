import assert from "node:assert/strict";
import { join } from "node:path";
import { tinyConfiguration, withDataDirectory } from "./testdata/tiny_run.ts";
import { Run } from "./run.ts";
import { type Job, newJob, runJobs, trainRuns, type WorkerMessage } from "./train_runs.ts";
import { UserError } from "../user_error.ts";

Deno.test("trainRuns() trains the methods side by side from one M_0, and finds them trained the next time", () =>
  withDataDirectory(async (directory) => {
    const configurations = ["C", "Pooled"].map((method) => tinyConfiguration({ method, increments: 1 }));
    const runs = await trainRuns(configurations, { directory, through: 1 });
    assert.equal(new Set(runs.map((run) => run.folders.base)).size, 1);
    for (const run of runs) assert.equal((await run.metrics(1)).classesSeen, 5);

    await Deno.remove(join(runs[0].folders.method, "step-1", "model.safetensors"));
    await trainRuns(configurations, { directory, through: 1 });
    assert.ok(await runs[0].isTrained(1), "a model that was deleted is not trained again");

    // Where nothing is to be trained, no process is started.
    const { Command } = Deno;
    Object.assign(Deno, { Command: undefined });
    try {
      await trainRuns(configurations, { directory, through: 1 });
    } finally {
      Object.assign(Deno, { Command });
    }
  }));

Deno.test("trainRuns() says which run failed and why, after the others have finished", () =>
  withDataDirectory(async (directory) => {
    const good = tinyConfiguration({ method: "C", increments: 1 });
    const bad = tinyConfiguration({ method: "LwM", increments: 1, learningRate: 1e38, maxNorm: 1e38 });
    await (await Run.open(good, { directory })).train(0); // M_0 of both
    await assert.rejects(trainRuns([bad, good], { directory, processes: 1 }), {
      name: "UserError",
      message: /^LwM, seed 1: Expected finite losses but found/,
    });
    const [run] = await trainRuns([good], { directory });
    assert.ok(await run.isTrained(1));
  }));

Deno.test("trainRuns() that is stopped loses nothing and leaves no process behind", () =>
  withDataDirectory(async (directory) => {
    // More epochs than can be trained before it is stopped.
    const configuration = tinyConfiguration({ increments: 1, baseEpochs: 50_000 });
    const run = await Run.open(configuration, { directory });
    const progress = `${run.folders.base}/step-0/progress.safetensors`;
    const controller = new AbortController();
    let workers: string[] = [];
    const onEpoch = async () => {
      if (controller.signal.aborted) return;
      workers = await workersIn(directory);
      controller.abort();
    };
    const stopped = trainRuns([configuration], { directory, signal: controller.signal, onEpoch });
    await assert.rejects(stopped, {
      name: "UserError",
      message: /Stopped\. Only the unfinished epoch is lost/,
    });
    assert.equal(workers.length, 1);
    assert.deepEqual(await workersIn(directory), []);
    assert.ok(await exists(progress), "what was trained is lost");
  }));

/**
 * While `work` runs, a process that trains only says these messages, one a turn.
 * @returns whether the input of each was closed
 */
async function withProcessesThatSay(
  messages: readonly WorkerMessage[],
  work: () => Promise<void>,
): Promise<boolean[]> {
  const closed: boolean[] = [];
  class Command {
    spawn() {
      const [process, lines] = [closed.push(false) - 1, messages.map((message) => JSON.stringify(message))];
      return {
        stdin: new WritableStream({ close: () => void (closed[process] = true) }),
        stdout: new ReadableStream({
          async pull(output) {
            await turn();
            const line = lines.shift();
            if (line === undefined) output.close();
            else output.enqueue(new TextEncoder().encode(`${line}\n`));
          },
        }),
        stderr: new Blob().stream(),
        status: Promise.resolve({ code: 0, signal: null }),
      };
    }
  }
  const { Command: original } = Deno;
  Object.assign(Deno, { Command });
  try {
    await work();
  } finally {
    Object.assign(Deno, { Command: original });
  }
  return closed;
}

Deno.test("trainRuns() names each run, and each M_0 that runs share, by what it differs in", () =>
  withDataDirectory(async (directory) => {
    const forms = ["normalized", "unnormalized"] as const;
    const configurations = [1, 2].flatMap((baseEpochs) =>
      forms.map((attentionForm) => tinyConfiguration({ increments: 1, baseEpochs, attentionForm }))
    );
    await withProcessesThatSay([{ kind: "failed", message: "No." }], async () => {
      const { message } = await trainRuns(configurations, { directory }).catch((error) => error);
      const why = (baseEpochs: number) =>
        `M_0 of LwM, seed 1, attentionForm normalized, baseEpochs ${baseEpochs} failed. No.`;
      assert.deepEqual(message.split("\n"), [
        `LwM, seed 1, attentionForm normalized, baseEpochs 1: ${why(1)}`,
        `LwM, seed 1, attentionForm unnormalized, baseEpochs 1: ${why(1)}`,
        `LwM, seed 1, attentionForm normalized, baseEpochs 2: ${why(2)}`,
        `LwM, seed 1, attentionForm unnormalized, baseEpochs 2: ${why(2)}`,
      ]);
    });
  }));

const EPOCH: WorkerMessage = {
  kind: "epoch",
  epoch: { step: 0, log: [], map: { size: 1, values: [0] } },
};

Deno.test("trainRuns() throws in the end what a callback has thrown, be it asynchronous or not", () =>
  withDataDirectory(async (directory) => {
    const configurations = [tinyConfiguration({ increments: 0 })];
    const callbacks = [() => Promise.reject(new Error("no disk")), () => {
      throw new Error("no disk");
    }];
    for (const onEpoch of callbacks) {
      const closed = await withProcessesThatSay(
        [EPOCH, { kind: "step", step: 0 }, { kind: "finished" }],
        () => assert.rejects(trainRuns(configurations, { directory, onEpoch }), { message: "no disk" }),
      );
      assert.deepEqual(closed, [true]);
    }
  }));

/** A job that ends when it is told to, and writes down when it began. */
function controlled(label: string, begun: string[], place: Partial<Pick<Job, "after">> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const job = newJob({
    ...place,
    label,
    weight: 1,
    work: (_, signal) => {
      begun.push(label);
      signal.addEventListener("abort", () => reject(signal.reason));
      return promise;
    },
  });
  return { job, end: resolve, fail: reject };
}

const silent = { show() {}, finish: () => Promise.resolve() };
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

Deno.test("runJobs() stops all jobs where its caller cannot go on", async () => {
  const [endless, short] = ["endless", "short"].map((label) => controlled(label, []));
  const onChange = () => {
    throw new UserError("no disk");
  };
  const { signal } = new AbortController();
  const jobs = [endless.job, short.job];
  const ended = runJobs(jobs, { processes: 2, signal, display: silent, onChange });
  short.end();
  await assert.rejects(ended, { message: "no disk" });
  assert.deepEqual(jobs.map(({ state }) => state), ["stopped", "finished"]);
});

Deno.test("runJobs() begins jobs in their order, when what they need has ended and a process is free", async () => {
  const begun: string[] = [];
  const base = controlled("base", begun);
  const method = controlled("method", begun, { after: [base.job] });
  const free = controlled("free", begun);
  const notebook = controlled("notebook", begun, { after: [free.job] });
  const jobs = [base, method, free, notebook].map(({ job }) => job);
  const { signal } = new AbortController();
  const ended = runJobs(jobs, { processes: 2, signal, display: silent });
  await turn();
  assert.deepEqual(begun, ["base", "free"]);
  free.end();
  await turn();
  assert.deepEqual(begun, ["base", "free", "notebook"]);
  base.end();
  await turn();
  assert.deepEqual(begun, ["base", "free", "notebook", "method"]);
  notebook.end();
  method.end();
  await ended;
  assert.deepEqual(jobs.map(({ state }) => state), Array(4).fill("finished"));
});

Deno.test("runJobs() fails what needs a failed job, and nothing else", async () => {
  const begun: string[] = [];
  const base = controlled("M_0", begun);
  const method = controlled("LwM", begun, { after: [base.job] });
  const other = controlled("C", begun);
  base.fail(new UserError("No space."));
  other.end();
  const jobs = [base, method, other].map(({ job }) => job);
  await runJobs(jobs, { processes: 1, signal: new AbortController().signal, display: silent });
  assert.deepEqual(jobs.map(({ state }) => state), ["failed", "failed", "finished"]);
  assert.equal(method.job.failure, "M_0 failed. No space.");
  assert.deepEqual(begun, ["M_0", "C"]);
});

Deno.test("runJobs() stops what runs, begins nothing more, and throws the reason", async () => {
  const begun: string[] = [];
  const jobs = [controlled("a", begun), controlled("b", begun)].map(({ job }) => job);
  const controller = new AbortController();
  const ended = runJobs(jobs, { processes: 1, signal: controller.signal, display: silent });
  await turn();
  controller.abort(new UserError("Stopped."));
  await assert.rejects(ended, { message: "Stopped." });
  assert.deepEqual(jobs.map(({ state }) => state), ["stopped", "waiting"]);
});

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

/**
 * Command lines of the workers that train in this folder. (Other tests have workers of their own, at the same
 * time.)
 */
async function workersIn(directory: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-e", "-o", "ppid=,args="] }).output();
  const lines = new TextDecoder().decode(stdout).split("\n").map((line) => line.trim());
  const isWorker = (line: string) => line.includes("worker.ts") && line.endsWith(directory);
  return lines.filter((line) => line.startsWith(`${Deno.pid} `) && isWorker(line));
}
