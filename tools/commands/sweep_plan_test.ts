import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder, writeClassFolders, writeFile } from "../../lib/data/photos/testdata/photo_fixtures.ts";
import { Run } from "../../lib/run/run.ts";
import {
  tinyConfiguration,
  tinyPhotoConfiguration,
  withDataDirectory,
} from "../../lib/run/testdata/tiny_run.ts";
import { planSweep } from "./sweep_plan.ts";

Deno.test("planSweep() does not take a run for finished whose images have changed since", () =>
  withFolder(async (directory) => {
    const data = join(directory, "pets");
    await writeClassFolders(data, { ant: 5, bee: 5, cat: 5 });
    const configuration = tinyPhotoConfiguration(data, { dataset: "folder" });
    const plan = async () => (await planSweep([configuration], { directory, log: () => {} }))[0];
    assert.equal((await plan()).state, "waiting");
    await (await Run.open(configuration, { directory })).train();
    assert.equal((await plan()).state, "finished");

    const photo = await Deno.readFile(join(data, "bee", "image_0001.jpg"));
    writeFile(join(data, "bee", "image_0006.jpg"), photo);
    // A folder of one's own is known by its images: this is another run.
    assert.equal((await plan()).state, "waiting");
  }));

Deno.test("planSweep() has a run for each method that asks for M_0 alone", () =>
  withDataDirectory(async (directory) => {
    const configurations = ["C", "LwM"].map((method) => tinyConfiguration({ method, increments: 0 }));
    const runs = await planSweep(configurations, { directory, log: () => {} });
    assert.deepEqual(runs.map(({ configuration }) => configuration.method), ["C", "LwM"]);
  }));
