import assert from "node:assert/strict";
import { tinyConfiguration, withDataDirectory } from "./run_fixture.ts";
import { Run } from "./run.ts";
import { trainRuns } from "./train_runs.ts";

Deno.test("trainRuns() trains the methods side by side from one M_0, and finds them trained the next time", () =>
  withDataDirectory(async (directory) => {
    const configurations = (["C", "LwF-MC", "LwM"] as const).map((method) =>
      tinyConfiguration({ method, increments: 1 })
    );
    const runs = await trainRuns(configurations, { directory, through: 1 });
    assert.equal(new Set(runs.map((run) => run.folders.base)).size, 1);
    for (const run of runs) assert.equal((await run.metrics(1)).classesSeen, 5);

    const started = performance.now();
    await trainRuns(configurations, { directory, through: 1 });
    assert.ok(performance.now() - started < 1000, "no process is started where nothing is to be trained");
  }));

Deno.test("trainRuns() says which run failed and why, after the others have finished", () =>
  withDataDirectory(async (directory) => {
    const good = tinyConfiguration({ method: "C", increments: 1 });
    const bad = tinyConfiguration({ method: "LwM", increments: 1, learningRate: 1e38, maxNorm: 1e38 });
    await assert.rejects(trainRuns([bad, good], { directory, processes: 1 }), {
      name: "UserError",
      message: /^LwM, seed 1: Expected finite losses but found/,
    });
    const [run] = await trainRuns([good], { directory });
    assert.ok(await run.isTrained(1));
  }));

Deno.test("trainRuns() that is stopped loses nothing and leaves no process behind", () =>
  withDataDirectory(async (directory) => {
    const configuration = tinyConfiguration({ increments: 1, baseEpochs: 500 });
    const controller = new AbortController();
    setTimeout(async () => {
      assert.equal((await workersOfThisProcess()).length, 1);
      controller.abort();
    }, 3000);
    const started = performance.now();
    await assert.rejects(trainRuns([configuration], { directory, signal: controller.signal }), {
      name: "UserError",
      message: /Stopped\. Nothing is lost/,
    });
    assert.ok(performance.now() - started < 8000);
    assert.deepEqual(await workersOfThisProcess(), []);
    const run = await Run.open(configuration, { directory });
    assert.ok(
      await Deno.stat(`${run.folders.base}/step-0/progress.safetensors`),
      "no finished epoch was kept",
    );
  }));

/** Command lines of the processes that this one has started and that are still there. */
async function workersOfThisProcess(): Promise<string[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-e", "-o", "ppid=,args="] }).output();
  const lines = new TextDecoder().decode(stdout).split("\n").map((line) => line.trim());
  return lines.filter((line) => line.startsWith(`${Deno.pid} `) && line.includes("worker.ts"));
}
