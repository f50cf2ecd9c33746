import assert from "node:assert/strict";
import { join } from "node:path";
import type { Configuration } from "./schema.ts";
import type { StepMetrics } from "./evaluate_step.ts";
import { writeJson } from "../files.ts";
import { tinyConfiguration } from "./run_fixture.ts";
import { keepConfiguration, readMetrics, readRunFolder, runFolders, stepFolder } from "./folder.ts";

/** By name, whatever engine the environment asks for. */
const tiny = (fields: Partial<Configuration> = {}): Configuration => {
  return { ...tinyConfiguration(fields), engine: "wasm" };
};

async function withDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("readRunFolder() gives back what keepConfiguration() has written", () =>
  withDirectory(async (directory) => {
    const configuration = tiny();
    const folders = await runFolders(configuration, "wasm", directory);
    await keepConfiguration(folders.method, configuration);
    assert.deepEqual(await readRunFolder(folders.method), { configuration, folders, directory });
    // M_0 by itself is a run, too.
    await keepConfiguration(folders.base, { ...configuration, increments: 0 });
    assert.equal((await readRunFolder(folders.base)).configuration.increments, 0);
  }));

Deno.test("keepConfiguration() keeps the largest number of increments, and the latest place of the data", () =>
  withDirectory(async (directory) => {
    const configuration = tiny({ increments: 4 });
    const { method } = await runFolders(configuration, "wasm", directory);
    await keepConfiguration(method, configuration);
    await keepConfiguration(method, { ...configuration, increments: 2, data: directory });
    const kept = (await readRunFolder(method)).configuration;
    assert.deepEqual([kept.increments, kept.data], [4, directory]);
  }));

Deno.test("readRunFolder() refuses what is no run, or another than its name says", () =>
  withDirectory(async (directory) => {
    const refuses = (folder: string, message: RegExp) =>
      assert.rejects(readRunFolder(folder), { name: "UserError", message });
    await refuses(join(directory, "nowhere"), /folder of a run.* but found no folder .*nowhere/);
    await refuses(directory, /but found no configuration\.json in/);

    const configuration = tiny();
    const { method } = await runFolders(configuration, "wasm", directory);
    const path = join(method, "configuration.json");
    await writeJson(path, { ...configuration, gamma: 0.7 });
    await refuses(
      method,
      /to have the name that its configuration\.json gives but found that it would be seed1-LwM-/,
    );
    await writeJson(path, { seed: 1 });
    await refuses(
      method,
      /configuration\.json to be a complete configuration but found one of another version/,
    );
    await Deno.writeTextFile(path, '{"seed": 1');
    await refuses(method, /configuration\.json to be JSON/);
    await refuses(path, /but found no folder/);
  }));

Deno.test("readMetrics() reads up to the first step that is missing", () =>
  withDirectory(async (directory) => {
    const folders = { base: join(directory, "base"), method: join(directory, "method") };
    const metrics = (step: number): StepMetrics => ({
      step,
      classesSeen: 2,
      accuracy: 1,
      accuracyOfSteps: [1],
      meanClassAccuracy: 1,
      confusion: [],
      attention: { images: 1, cosine: 1 },
    });
    for (const step of [0, 1, 3]) {
      await writeJson(join(stepFolder(folders, step), "metrics.json"), metrics(step));
    }
    assert.deepEqual((await readMetrics(folders, 5)).map(({ step }) => step), [0, 1]);
    await writeJson(join(stepFolder(folders, 2), "metrics.json"), { step: 2, accuracy: 1 });
    await assert.rejects(readMetrics(folders, 5), { name: "UserError", message: /step-2.* another version/ });
  }));
