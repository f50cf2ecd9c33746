import assert from "node:assert/strict";
import { join } from "node:path";
import { tinyConfiguration, withDataDirectory } from "./testdata/tiny_run.ts";
import { Run } from "./run.ts";
import { newJob, runJobs, trainRuns, type WorkerMessage } from "./train_runs.ts";
import { FileLock } from "../files.ts";
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
    await assert.rejects(trainRuns([bad, good], { directory }), {
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
    // The process that trains holds this lock until it ends.
    const isTrained = async () => {
      using lock = await FileLock.take(`${run.folders.base}/M_0.lock`);
      return lock === null;
    };
    let trainedBefore: Promise<boolean> | undefined;
    const onEpoch = () => {
      trainedBefore ??= isTrained().finally(() => controller.abort());
    };
    const stopped = trainRuns([configuration], { directory, signal: controller.signal, onEpoch });
    await assert.rejects(stopped, {
      name: "UserError",
      message: /Stopped\. Only the unfinished epoch is lost/,
    });
    assert.equal(await trainedBefore, true);
    assert.equal(await isTrained(), false, "a process still trains");
    assert.ok(await exists(progress), "what was trained is lost");
  }));

/**
 * While `work` runs, a process that trains only says these messages, one a turn.
 * @returns whether the input of each was closed
 */
async function withProcessesThatSay(
  messages: readonly WorkerMessage[],
  work: () => Promise<void>,
  status: { code: number; signal: Deno.Signal | null } = { code: 0, signal: null },
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
        status: Promise.resolve(status),
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

Deno.test("trainRuns() names each run by what it differs in", () =>
  withDataDirectory(async (directory) => {
    const forms = ["normalized", "unnormalized"] as const;
    const configurations = [1, 2].flatMap((baseEpochs) =>
      forms.map((attentionForm) => tinyConfiguration({ increments: 1, baseEpochs, attentionForm }))
    );
    await withProcessesThatSay([{ kind: "failed", message: "No." }], async () => {
      const { message } = await trainRuns(configurations, { directory }).catch((error) => error);
      // Those that wait for an M_0 come last.
      assert.deepEqual(message.split("\n"), [
        "LwM, baseEpochs 1, form of L_AD normalized, seed 1: No.",
        "LwM, baseEpochs 2, form of L_AD normalized, seed 1: No.",
        "LwM, baseEpochs 1, form of L_AD unnormalized, seed 1: No.",
        "LwM, baseEpochs 2, form of L_AD unnormalized, seed 1: No.",
      ]);
    });
  }));

Deno.test("trainRuns() says of a process that was killed that it was", () =>
  withDataDirectory(async (directory) => {
    const killed = { code: 137, signal: "SIGKILL" } as const;
    const message = "LwM, seed 1: Its process was killed by SIGKILL.";
    await withProcessesThatSay(
      [],
      () => assert.rejects(trainRuns([tinyConfiguration()], { directory }), { name: "UserError", message }),
      killed,
    );
  }));

const EPOCH: WorkerMessage = { kind: "epoch", epoch: { step: 0, log: [], map: { size: 1, values: [0] } } };

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
function controlled(label: string, begun: string[] = []) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const job = newJob({
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
  const [endless, short] = ["endless", "short"].map((label) => controlled(label));
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

Deno.test("runJobs() keeps why a job failed while its caller was busy", async () => {
  const [a, b] = ["a", "b"].map((label) => controlled(label));
  const onChange = () => Promise.all([b.fail(new TypeError("broken")), turn()]);
  const { signal } = new AbortController();
  const ended = runJobs([a.job, b.job], { processes: 2, signal, display: silent, onChange });
  a.end();
  await ended;
  assert.equal(b.job.failure, "broken");
});

Deno.test("runJobs() begins jobs in their order when a process is free, also where one fails", async () => {
  const begun: string[] = [];
  const [a, b, c] = ["a", "b", "c"].map((label) => controlled(label, begun));
  const jobs = [a, b, c].map(({ job }) => job);
  const { signal } = new AbortController();
  const ended = runJobs(jobs, { processes: 2, signal, display: silent });
  await turn();
  assert.deepEqual(begun, ["a", "b"]);
  b.fail(new UserError("No space."));
  await turn();
  assert.deepEqual(begun, ["a", "b", "c"]);
  a.end();
  c.end();
  await ended;
  assert.deepEqual(jobs.map(({ state }) => state), ["finished", "failed", "finished"]);
  assert.equal(b.job.failure, "No space.");
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
