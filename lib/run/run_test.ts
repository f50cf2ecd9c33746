import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { encodeCheckpoint, ResNet } from "../model/mod.ts";
import { writeFileWhole } from "../files.ts";
import { Run } from "./run.ts";
import { naming, writeClassFolders, writeFile } from "../data/photos/testdata/photo_fixtures.ts";
import { withFolder } from "../testdata/folder.ts";
import {
  startWorker,
  tinyConfiguration,
  tinyPhotoConfiguration,
  withDataDirectory,
} from "./testdata/tiny_run.ts";
import type { Configuration } from "./schema.ts";

/** The weights of M_t as bytes. */
function modelBytes(run: Run, step: number): Promise<Uint8Array> {
  return Deno.readFile(
    join(step === 0 ? run.folders.base : run.folders.method, `step-${step}`, "model.safetensors"),
  );
}

/**
 * Does some work in which everything fails from one operation on a file on, as if the process were killed
 * there. A kill at an operation that only reads leaves the same files as one at the next that writes.
 * @returns whether the work ended before
 */
async function withFatalOperation(fatal: number, work: () => Promise<unknown>): Promise<boolean> {
  const writing = ["mkdir", "open", "rename", "remove", "writeFile"] as const;
  const names = [...writing, "readFile", "stat"] as const;
  const originals = Object.fromEntries(names.map((name) => [name, Deno[name]]));
  let count = 0;
  for (const name of names) {
    Object.assign(Deno, {
      [name]: (...args: unknown[]) => {
        if (writing.some((other) => other === name)) count++;
        if (count > fatal) return Promise.reject(new Error("killed"));
        return (originals[name] as (...args: unknown[]) => unknown)(...args);
      },
    });
  }
  try {
    await work();
    return true;
  } catch (error) {
    assert.match(String(error), /killed/);
    return false;
  } finally {
    Object.assign(Deno, originals);
  }
}

Deno.test("a run trains every step, measures it, and leaves no tensor behind", () =>
  withDataDirectory(async (directory) => {
    const run = await Run.open(tinyConfiguration(), { directory });
    const before = tf.memory().numTensors;
    await run.train();
    for (const [step, classesSeen] of [3, 5, 7].entries()) {
      const metrics = await run.metrics(step);
      assert.equal(metrics.classesSeen, classesSeen);
      assert.equal(metrics.accuracyOfSteps.length, step + 1);
      const counted = metrics.confusion.flat().reduce((sum, n) => sum + n, 0);
      const right = metrics.confusion.reduce((sum, row, c) => sum + row[c], 0);
      assert.equal(counted, classesSeen * 20);
      assert.ok(Math.abs(metrics.accuracy - right / counted) < 1e-9);
      const log = await run.log(step);
      assert.deepEqual(Object.keys(log[0]).includes("L_AD"), step > 0);
    }
    // Every epoch of every step, M_0's first.
    const text = await Deno.readTextFile(join(run.folders.method, "log.csv"));
    const [columns, ...lines] = text.trim().split("\n").map((line) => line.split(","));
    assert.deepEqual(columns, ["step", "epoch", "learningRate", "L", "L_C", "L_D", "L_AD"]);
    const logs = await Promise.all([0, 1, 2].map((step) => run.log(step)));
    const rows = logs.flatMap((log, step) =>
      log.map((epoch): Record<string, number> => ({ step, ...epoch }))
    );
    assert.deepEqual(lines, rows.map((row) => columns.map((column) => String(row[column] ?? ""))));
    assert.equal(lines[0].slice(-2).join(), ",", "M_0 has no L_D and no L_AD");
    assert.ok(
      Math.abs((await run.metrics(0)).attention.cosine - 1) < 1e-6,
      "M_0 retains all of its own attention",
    );
    assert.equal(tf.memory().numTensors, before);
  }));

Deno.test("a run that is finished is not computed again", () =>
  withDataDirectory(async (directory) => {
    const run = await Run.open(tinyConfiguration({ increments: 1 }), { directory });
    await run.train();
    let iterations = 0;
    const again = await Run.open(tinyConfiguration({ increments: 1 }), { directory });
    await again.train(undefined, { onProgress: () => iterations++ });
    assert.equal(iterations, 0);
    // One more increment is a continuation of the same run.
    const longer = await Run.open(tinyConfiguration({ increments: 2 }), { directory });
    const steps = new Set<number>();
    await longer.train(undefined, { onProgress: ({ step }) => steps.add(step) });
    assert.deepEqual([...steps], [2]);
  }));

Deno.test("of two processes on one run the second waits, knows the first, and goes on if that is killed", () =>
  withDataDirectory(async (directory) => {
    // So many epochs that the first cannot end before the second has waited.
    const configuration = tinyConfiguration({ increments: 0, baseEpochs: 50_000 });
    const first = startWorker(configuration, directory);
    await first.news.next();
    const run = await Run.open(configuration, { directory });
    let waited: string | undefined;
    const training = run.train(0, {
      onWait(trainedBy) {
        if (waited === undefined) first.process.kill("SIGKILL");
        waited = trainedBy;
      },
      onProgress() {
        throw new Error("goes on");
      },
    });
    await assert.rejects(training, { message: "goes on" });
    assert.equal(waited, `process ${first.process.pid} on ${Deno.hostname()}`);
    assert.deepEqual(
      Array.from(Deno.readDirSync(run.folders.base), ({ name }) => name).filter((name) =>
        name.endsWith(".lock")
      ),
      [],
    );
    await first.end();
  }));

Deno.test("a run whose process is killed at any operation on a file ends with bit-identical weights", () =>
  withDataDirectory(async (directory) => {
    // Photographs are opened sooner than drawings.
    await writeClassFolders(join(directory, "pets"), { ant: 4, bee: 4 });
    const configuration = tinyPhotoConfiguration(join(directory, "pets"), {
      dataset: "folder",
      increments: 0,
      baseEpochs: 2,
    });
    const whole = await Run.open(configuration, { directory });
    await whole.train();
    const bytes = await modelBytes(whole, 0);
    const metrics = await whole.metrics(0);
    const log = await Deno.readTextFile(join(whole.folders.base, "log.csv"));
    let fatal = 0;
    for (let ended = false; !ended; fatal++) {
      await Deno.remove(join(directory, "runs"), { recursive: true }).catch(() => {});
      ended = await withFatalOperation(
        fatal,
        async () => (await Run.open(configuration, { directory })).train(),
      );
      const resumed = await Run.open(configuration, { directory });
      await resumed.train();
      assert.deepEqual(await modelBytes(resumed, 0), bytes, `killed at ${fatal}`);
      assert.deepEqual(await resumed.metrics(0), metrics);
      const left = Deno.readDirSync(join(whole.folders.base, "step-0")).map(({ name }) => name);
      assert.ok(!left.toArray().includes("progress.safetensors"), `killed at ${fatal}`);
      assert.equal(await Deno.readTextFile(join(whole.folders.base, "log.csv")), log, `killed at ${fatal}`);
    }
    assert.ok(fatal > 15, `${fatal}`);
  }));

Deno.test("a step that is not trained is asked for in vain, with the way out", () =>
  withDataDirectory(async (directory) => {
    const run = await Run.open(tinyConfiguration(), { directory });
    for (const ask of [() => run.model(2), () => run.metrics(2), () => run.log(2)]) {
      await assert.rejects(ask, {
        name: "UserError",
        message: /M_2 of LwM .*to be trained but found no .*Run the notebooks/,
      });
    }
  }));

Deno.test("a checkpoint that was deleted is made again, as messages promise", () =>
  withDataDirectory(async (directory) => {
    const run = await Run.open(tinyConfiguration({ increments: 2 }), { directory });
    await run.train();
    const bytes = await modelBytes(run, 1);
    await Deno.remove(join(run.folders.method, "step-1", "model.safetensors"));
    assert.equal(await run.isTrained(1), false);
    // The next command is a run anew: this one has been past step 1, and its images are gone for it.
    await (await Run.open(tinyConfiguration({ increments: 2 }), { directory })).train();
    assert.deepEqual(await modelBytes(run, 1), bytes);
  }));

Deno.test("a checkpoint that is damaged is refused and named, and leaves no tensor behind", () =>
  withDataDirectory(async (directory) => {
    const run = await Run.open(tinyConfiguration({ increments: 1, baseEpochs: 1 }), { directory });
    await run.train(0);
    const before = tf.memory().numTensors;
    const [model, progress] = [[run.folders.base, 0, "model"], [run.folders.method, 1, "progress"]].map(
      ([folder, step, name]) => join(`${folder}`, `step-${step}`, `${name}.safetensors`),
    );
    writeFile(progress, "{");
    await assert.rejects(run.train(), { name: "UserError", message: /progress\.safetensors/ });
    const bytes = await Deno.readFile(model);
    bytes[bytes.length - 1] ^= 1;
    for (const damaged of [new Uint8Array(), bytes, bytes.subarray(0, 1000)]) {
      await Deno.writeFile(model, damaged);
      for (const through of [0, 1]) {
        await assert.rejects(run.train(through), {
          name: "UserError",
          message: /step-0\/model\.safetensors.*Delete it/,
        });
      }
    }
    assert.equal(tf.memory().numTensors, before);
  }));

Deno.test("a network that looks nowhere is measured, too", () =>
  withDataDirectory(async (directory) => {
    const run = await Run.open(tinyConfiguration({ increments: 0 }), { directory });

    await writeFileWhole(join(run.folders.base, "step-0", "model.safetensors"), await withoutMaps(run));
    assert.deepEqual((await run.evaluate(0)).attention, { images: 0, cosine: 0 });
  }));

/** M_0 as bytes, with weights for which every map is zero. */
async function withoutMaps(run: Run): Promise<Uint8Array> {
  const { depth, widths, stem, seed } = run.configuration;
  const model = new ResNet({ depth, widths, stem }, run.classNames(0), seed);
  const weights = model.parameters.get("head.weights")!;
  tf.tidy(() => weights.assign(tf.neg(tf.abs(weights))));
  const bytes = await encodeCheckpoint(model);
  model.dispose();
  return bytes;
}

Deno.test("Run.open() refuses impossible classes before it decodes a photo", () =>
  withFolder(async (directory) => {
    await writeClassFolders(join(directory, "pets"), { ant: 2, bee: 2, cat: 2 });
    const open = (fields: Partial<Configuration>) =>
      Run.open(tinyPhotoConfiguration(join(directory, "pets"), { dataset: "folder", ...fields }), {
        directory,
        onImages: () => assert.fail("decoded"),
      });
    await assert.rejects(open({ baseClasses: 4 }), naming("at most 3 classes", "found 4 base classes"));
    await assert.rejects(open({ firstClasses: ["dog"] }), naming("firstClasses", '"dog"', "ant, bee, cat"));
    await assert.rejects(open({ classOrder: ["cat", "dog"] }), naming("classOrder", '"dog"'));
  }));
