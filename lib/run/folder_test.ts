import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { basename, join } from "node:path";
import { jpeg, withFolder, writeClassFolders, writeFile } from "../data/photos/testdata/photo_fixtures.ts";
import { useEngine } from "../engine/mod.ts";
import { writeSealedJson } from "../files.ts";
import { codeDigest } from "./code_digest.ts";
import { keepConfiguration, readMetrics, readRunFolder, runFolders, stepFolder } from "./folder.ts";
import { defineMethod, methodNamed } from "../training/method.ts";
import { Run } from "./run.ts";
import {
  someMetrics,
  tinyConfiguration,
  tinyPhotoConfiguration,
  withDataDirectory,
} from "./testdata/tiny_run.ts";
import type { Configuration } from "./schema.ts";

/** By name, whatever engine the environment asks for. */
const tiny = (fields: Partial<Configuration> = {}): Configuration => {
  return { ...tinyConfiguration(fields), engine: "wasm" };
};

Deno.test("readRunFolder() gives back what keepConfiguration() has written", () =>
  withFolder(async (directory) => {
    const configuration = tiny();
    const folders = await runFolders(configuration, "wasm", directory);
    await keepConfiguration(folders.method, configuration);
    const read = await readRunFolder(folders.method);
    assert.deepEqual(read, { configuration, folders, directory, images: undefined, trainedOn: undefined });
    for (const path of [`${folders.method}/`, `${folders.method}/.`]) {
      assert.deepEqual((await readRunFolder(path)).folders, folders);
    }
    // A run can be continued, and its data moved.
    await keepConfiguration(folders.method, { ...configuration, increments: 1, data: directory });
    const kept = (await readRunFolder(folders.method)).configuration;
    assert.deepEqual([kept.increments, kept.data], [configuration.increments, directory]);
    // M_0 by itself is a run, too.
    await keepConfiguration(folders.base, { ...configuration, increments: 0 });
    assert.equal((await readRunFolder(folders.base)).configuration.increments, 0);
  }));

Deno.test("readRunFolder() refuses what is no run, or another than its name says", () =>
  withFolder(async (directory) => {
    const refuses = (folder: string, message: RegExp) =>
      assert.rejects(readRunFolder(folder), { name: "UserError", message });
    await refuses(join(directory, "nowhere"), /folder of a run.* but found no folder .*nowhere/);
    await refuses(directory, /but found no configuration\.json in/);

    const configuration = tiny();
    const { method } = await runFolders(configuration, "wasm", directory);
    const path = join(method, "configuration.json");
    await writeSealedJson(path, { ...configuration, gamma: 0.7 });
    await refuses(method, /to be named seed1-LwM-.*, as its configuration\.json and its code say/);
    const renamed = `${method}x`;
    await writeSealedJson(join(renamed, "configuration.json"), configuration);
    await refuses(renamed, /to be named seed1-LwM-[0-9a-f]{10}-wasm-CODE, as its/);
    await writeSealedJson(path, { seed: 1 });
    await refuses(
      method,
      /configuration\.json to hold the complete configuration .* but found this at \w+: .*Delete it/,
    );
    await Deno.writeTextFile(path, '{"seed": 1');
    await refuses(method, /configuration\.json .* that are not JSON/);
    await refuses(path, /but found no folder/);
  }));

Deno.test("readMetrics() reads up to the first step that is missing, and refuses what says nothing", () =>
  withFolder(async (directory) => {
    const folders = { base: join(directory, "base"), method: join(directory, "method") };
    const pathOf = (step: number) => join(stepFolder(folders, step), "metrics.json");
    for (const step of [0, 1]) await writeSealedJson(pathOf(step), someMetrics(step));
    assert.deepEqual(await readMetrics(folders, 5), [someMetrics(0), someMetrics(1)]);
    const metrics = someMetrics(2);
    for (
      const [value, place] of [
        [{}, "step"],
        [{ ...metrics, accuracy: NaN }, "accuracy"], // null in JSON
        [{ ...metrics, accuracyOfSteps: [0.4, 0.4, 40] }, "accuracyOfSteps.2"],
        [{ ...metrics, attention: {} }, "attention.images"],
      ] as const
    ) {
      await writeSealedJson(pathOf(2), value);
      const message = RegExp(`step-2.* to hold the metrics of a step but found this at ${place}: `);
      await assert.rejects(readMetrics(folders, 5), { name: "UserError", message });
    }
  }));

/** A tiny run on photos, which lie in FOLDER/good unless told otherwise. */
function photos(folder: string, fields: Partial<Configuration> = {}): Configuration {
  return tinyPhotoConfiguration(join(folder, "good"), { dataset: "caltech-101", ...fields });
}

const open = (folder: string, fields: Partial<Configuration> = {}) =>
  Run.open(photos(folder, fields), { directory: folder });

async function trained(folder: string): Promise<Run> {
  await writeClassFolders(join(folder, "good"), { ant: 5, bee: 5, cat: 5 });
  const run = await open(folder);
  await run.train();
  return run;
}

const refused = (message: RegExp) => ({ name: "UserError", message });

Deno.test("a run of which nothing is trained yet takes the images that there are", () =>
  withFolder(async (folder) => {
    await writeClassFolders(join(folder, "good"), { ant: 5, bee: 5, cat: 5 });
    await writeClassFolders(join(folder, "other"), { cow: 5, dog: 5, eel: 5 });
    const run = await open(folder);
    const stop = () => {
      throw new Error("stopped");
    };
    await assert.rejects(run.train(undefined, { onProgress: stop }), { message: "stopped" });
    assert.equal((await readRunFolder(run.folders.base)).images, run.dataset.digest);
    const other = await open(folder, { data: join(folder, "other") });
    await other.train();
    assert.equal((await readRunFolder(run.folders.method)).images, other.dataset.digest);
    await assert.rejects(open(folder), refused(/but found others/));
  }));

Deno.test("a trained run notices a photo that was replaced in place", () =>
  withFolder(async (folder) => {
    const run = await trained(folder);
    writeFile(join(folder, "good", "bee", "image_0002.jpg"), await jpeg(77));
    const both = `${basename(run.folders.base)} and .*${basename(run.folders.method)} were trained on`;
    await assert.rejects(
      open(folder),
      refused(RegExp(`images of caltech-101 that the models in .*${both} but found others: .* Put the data`)),
    );
    await assert.rejects(Run.fromFolder(run.folders.method), refused(/but found others/));
  }));

Deno.test("runs on two folders of images are two runs, and a folder that was moved is the same", () =>
  withFolder(async (folder) => {
    const [run, other] = [join(folder, "a", "pets"), join(folder, "b", "pets")];
    await writeClassFolders(run, { ant: 5, bee: 5, cat: 5 });
    await writeClassFolders(other, { ant: 5, bee: 6, cat: 5 });
    const openAt = (data: string) =>
      Run.open(tinyPhotoConfiguration(data, { dataset: "folder" }), { directory: folder });
    const { folders } = await openAt(run);
    assert.notDeepEqual((await openAt(other)).folders, folders);
    await Deno.rename(run, join(folder, "moved"));
    assert.deepEqual((await openAt(join(folder, "moved"))).folders, folders);
  }));

Deno.test("a run whose images were moved and whose engine is missing is opened by its folder", () =>
  withFolder(async (folder) => {
    const data = join(folder, "pets");
    await writeClassFolders(data, { ant: 5, bee: 5, cat: 5 });
    const run = await Run.open(tinyPhotoConfiguration(data, { dataset: "folder", increments: 0 }), {
      directory: folder,
    });
    await run.train();
    await Deno.rename(data, join(folder, "moved"));
    await assert.rejects(Run.fromFolder(run.folders.base), refused(/pets/));
    const one = join(folder, "one");
    await writeClassFolders(one, { ant: 5 });
    await assert.rejects(
      Run.fromFolder(run.folders.base, { data: one }),
      refused(/trained on but found others/),
    );

    const opened = await Run.fromFolder(run.folders.base, { data: join(folder, "moved"), engine: "cpu" });
    assert.equal(opened.engine.name, "cpu");
    const { accuracy } = await opened.evaluate(0);
    assert.ok(Math.abs(accuracy - (await run.metrics(0)).accuracy) < 1e-6);
    await assert.rejects(opened.train(), refused(/the engine "wasm", which began this run, but found "cpu"/));
    await useEngine("wasm", { log: () => {} });
  }));

Deno.test("a method that somebody has added is another run when its code changes", async () => {
  const terms = { L_C: { value: methodNamed("C").terms.L_C.value } };
  defineMethod("Own", { ...methodNamed("C"), terms });
  const folder = async () => (await runFolders(tiny({ method: "Own" }), "wasm", "data")).method;
  const before = await folder();
  assert.equal(await folder(), before);
  terms.L_C.value = (batch, options) => tf.neg(methodNamed("C").terms.L_C.value(batch, options));
  assert.notEqual(await folder(), before);
});

Deno.test("a run of other code is not used unless that is asked for", () =>
  withDataDirectory(async (folder) => {
    const place = { directory: folder, log: (line: string) => void said.push(line) };
    const said: string[] = [];
    const configuration = tiny({ increments: 0 });
    const { base } = await runFolders(configuration, "wasm", folder);
    const [name, code] = [base.slice(0, -6), base.slice(-6)];
    assert.equal(code, codeDigest("wasm"));
    const other = code === "0a1b2c" ? "2c1b0a" : "0a1b2c";
    await Deno.mkdir(join(`${name}${other}`, "step-0"), { recursive: true });

    assert.equal((await Run.open(configuration, place)).folders.base, base);
    assert.match(
      said.at(-1)!,
      RegExp(`numbers has changed \\(now ${code}\\): this run is trained anew\\. .*--code ${other}`),
    );
    assert.equal((await Run.open({ ...configuration, code: other }, place)).folders.base, name + other);
    await assert.rejects(
      Run.open({ ...configuration, code: "ffffff" }, place),
      refused(RegExp(`code ffffff .* but found those of ${other}\\. The current code is ${code}`)),
    );
  }));
