import assert from "node:assert/strict";
import { join } from "node:path";
import { withDataDirectory } from "../../lib/run/run_fixture.ts";
import type { SweepRow } from "./sweep_results.ts";
import { sweep } from "./sweep.ts";
import { TINY_FIELDS } from "./testdata/tiny_run.ts";

async function writeSweep(directory: string, content: Record<string, unknown>): Promise<string> {
  const file = join(directory, "tiny.json");
  await Deno.writeTextFile(file, JSON.stringify({ base: { ...TINY_FIELDS, increments: 1 }, ...content }));
  return file;
}

async function rowsIn(directory: string): Promise<SweepRow[]> {
  return JSON.parse(await Deno.readTextFile(join(directory, "tiny.results.json"))).runs;
}

Deno.test("sweep trains what can be trained, reports what fails, and goes on from there the next time", () =>
  withDataDirectory(async (directory) => {
    const content = {
      grid: { method: ["LwM", "LwF-MC"], gamma: [0.1, 0.3] },
      runs: [
        { method: "C", increment: 98 },
        { method: "C", learningRate: 1e38, maxNorm: 1e38 },
        // Its M_0 cannot be.
        { method: "LwM", seed: 2, baseClasses: 101 },
      ],
    };
    const file = await writeSweep(directory, content);
    const lines: string[] = [];
    const failure = await sweep([file, "--directory", directory], (line) => lines.push(line)).catch((error) =>
      error
    );
    assert.equal(failure.name, "UserError");
    const [head, ...reasons] = failure.message.split("\n");
    assert.equal(head, "3 of 6 runs failed:");
    assert.match(reasons[0], /^ {2}C.*increment 98.*: Expected at most 100 classes/);
    assert.match(reasons[1], /^ {2}C.*learningRate 1e\+38.*: Expected finite losses/);
    assert.match(reasons[2], /^ {2}LwM.*seed 2: Expected at most 100 classes/);
    assert.ok(lines.includes("6 runs: 0 finished before, 6 to train. 1 more in the file come to the same."));

    const rows = await rowsIn(directory);
    assert.deepEqual(rows.map(({ status }) => status), [
      ...["finished", "finished", "finished"],
      ...["failed", "failed", "failed"],
    ]);
    for (const { results } of rows.slice(0, 3)) assert.equal(results!.accuracy.length, 2);
    // Of the fifth M_0 is measured; in the table its average would look like those of two steps.
    assert.equal(rows[4].results!.accuracy.length, 1);
    const table = lines.slice(lines.findIndex((line) => line.startsWith("run ")) + 1).slice(0, 6);
    assert.deepEqual(table.map((line) => line.includes("%")), [true, true, true, false, false, false]);
    const tsv = (await Deno.readTextFile(join(directory, "tiny.results.tsv"))).trim().split("\n");
    assert.equal(tsv.length, 7);
    assert.deepEqual(tsv[0].split("\t").slice(0, 2), ["method", "seed"]);
    assert.ok(tsv[0].split("\t").includes("gamma"));

    // M_0 was there before any process began with the steps after it.
    const home = join(directory, "runs", "iemoji-100");
    const base = Array.from(Deno.readDirSync(home)).find(({ name }) => name.startsWith("seed1-base-"))!.name;
    const baseTime = (await Deno.stat(join(home, base, "step-0", "model.safetensors"))).mtime!;
    for (const { folder } of rows.slice(0, 3)) {
      assert.ok((await Deno.stat(join(folder, "configuration.json"))).mtime! >= baseTime);
    }

    await writeSweep(directory, { ...content, runs: [{ method: "C" }] });
    const again: string[] = [];
    await sweep(
      [file, "--directory", directory, "--out", join(directory, "out")],
      (line) => again.push(line),
    );
    assert.ok(again.includes("4 runs: 3 finished before, 1 to train. 1 more in the file come to the same."));
    assert.match(
      await Deno.readTextFile(join(directory, "out", "tiny.results.tsv")),
      /^C\t1\t.*finished\t2\t/m,
    );
  }));

Deno.test({
  name: "sweep survives a process that is killed, and leaves none behind when it is stopped",
  ignore: navigator.hardwareConcurrency < 2 || Deno.build.os === "windows",
  fn: () =>
    withDataDirectory(async (directory) => {
      // As many endless runs as there are cores, and a short one that waits for a core.
      const endless = Array.from(
        { length: navigator.hardwareConcurrency },
        (_, i) => ({ baseEpochs: 50_000 + i }),
      );
      const file = await writeSweep(directory, { runs: [...endless, { method: "C" }] });
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", join(import.meta.dirname!, "sweep.ts"), file, "--directory", directory],
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const said = new Response(child.stderr).text();
      try {
        await until(async () => (await childrenOf(child.pid)).length === endless.length);
        const [victim] = await childrenOf(child.pid);
        Deno.kill(victim, "SIGKILL");
        await until(async () => (await rowsIn(directory).catch(() => [])).at(-1)?.status === "finished");
        const failed = (await rowsIn(directory)).filter(({ status }) => status === "failed");
        assert.deepEqual(failed.map(({ failure }) => failure), [
          "Its process was killed by SIGKILL.",
        ]);
        assert.equal((await childrenOf(child.pid)).length, endless.length - 1);
      } finally {
        const left = await childrenOf(child.pid);
        child.kill("SIGINT");
        assert.equal((await child.status).code, 130);
        const alive = new Set((await processes()).map(({ pid }) => pid));
        assert.deepEqual(left.filter((pid) => alive.has(pid)), []);
      }
      assert.match(await said, /Stopped\. Nothing is lost/);
    }),
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!await condition()) {
    assert.ok(performance.now() < deadline, "this took too long");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function processes(): Promise<{ pid: number; parent: number }[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-e", "-o", "pid=,ppid="] }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    return { pid, parent };
  });
}

async function childrenOf(parent: number): Promise<number[]> {
  return (await processes()).filter((process) => process.parent === parent).map(({ pid }) => pid);
}
