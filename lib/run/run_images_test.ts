import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { jpeg, withFolder, writeClassFolders, writeFile } from "../data/photos/testdata/photo_fixtures.ts";
import type { Configuration } from "./schema.ts";
import { Run } from "./run.ts";
import { tinyPhotoConfiguration } from "./run_fixture.ts";
import { classImages, readImages, refuseOtherImages, writeImages } from "./run_images.ts";
import { trainRuns } from "./train_runs.ts";

/** A tiny run on photos, which lie in FOLDER/good unless told otherwise. */
function photos(folder: string, fields: Partial<Configuration> = {}): Configuration {
  return tinyPhotoConfiguration(join(folder, "good"), { dataset: "caltech-101", ...fields });
}

const open = (folder: string, fields: Partial<Configuration> = {}) =>
  Run.open(photos(folder, fields), { directory: folder });

async function trained(folder: string): Promise<Run> {
  await writeClassFolders(join(folder, "good"), { ant: 5, bee: 5, cat: 5 });
  const run = await open(folder);
  assert.ok(await run.train());
  return run;
}

const refused = (message: RegExp) => ({ name: "UserError", message });

/** As a version before this note was kept would have left the run. */
async function forget({ folders }: Run): Promise<void> {
  for (const folder of Object.values(folders)) await Deno.remove(join(folder, "data.json"));
}

Deno.test("a trained run is not opened with a data set of other classes, and says where it is trained", () =>
  withFolder(async (folder) => {
    const { folders } = await trained(folder);
    await writeClassFolders(join(folder, "other"), { cow: 5, dog: 5, eel: 5 });
    const both = `${basename(folders.base)} and .*${basename(folders.method)} were trained on`;
    await assert.rejects(
      open(folder, { data: join(folder, "other") }),
      refused(
        new RegExp(`images of caltech-101 that .*${both} but found no class "ant"\\. Put the data set back`),
      ),
    );
  }));

Deno.test("a trained run is opened with the same data set at another place and of another date", () =>
  withFolder(async (folder) => {
    const run = await trained(folder);
    // The photos are written anew.
    await writeClassFolders(join(folder, "moved"), { ant: 5, bee: 5, cat: 5 });
    await Deno.utime(join(folder, "moved", "ant", "image_0001.jpg"), 1, 1);
    const moved = await open(folder, { data: join(folder, "moved") });
    assert.deepEqual(moved.folders, run.folders);
    assert.equal(await moved.train(), true);
  }));

Deno.test("a trained run notices photos that were added or mended", () =>
  withFolder(async (folder) => {
    await writeClassFolders(join(folder, "good"), { ant: 5, bee: 5, cat: 5 });
    const broken = join(folder, "good", "bee", "image_0006.jpg");
    writeFile(broken, "no photo");
    assert.ok(await (await open(folder, { skipBroken: true })).train());
    await open(folder, { skipBroken: true });
    writeFile(broken, await jpeg(77));
    await assert.rejects(
      open(folder, { skipBroken: true }),
      refused(/but found 5 train images of "bee" where there were 4/),
    );
  }));

Deno.test("a run of which nothing is trained yet takes the images that there are", () =>
  withFolder(async (folder) => {
    await writeClassFolders(join(folder, "good"), { ant: 5, bee: 5, cat: 5 });
    await writeClassFolders(join(folder, "other"), { cow: 5, dog: 5, eel: 5 });
    const run = await open(folder);
    assert.equal(await run.train(undefined, { shouldStop: () => true }), false);
    assert.match(await Deno.readTextFile(join(run.folders.base, "data.json")), /"ant"/);
    const other = await open(folder, { data: join(folder, "other") });
    assert.ok(await other.train());
    const kept = await readImages(run.folders.method);
    assert.deepEqual(kept?.[0], { name: "cow", images: { train: 4, test: 1 } });
    await assert.rejects(open(folder), refused(/no class "cow"/));
  }));

Deno.test("a run of an older version keeps its images when it is trained next, if its models know the classes", () =>
  withFolder(async (folder) => {
    const run = await trained(folder);
    await forget(run);
    await trainRuns([photos(folder)], { directory: folder });
    for (const kept of Object.values(run.folders)) {
      assert.deepEqual(await readImages(kept), classImages(run.dataset, run.configuration));
    }

    await forget(run);
    // Learned in step 1; the new name stands where the old one stood, so that all else is the same.
    const [, , last] = run.classNames(1);
    await Deno.rename(join(folder, "good", last), join(folder, "good", `${last}s`));
    const message = new RegExp(`step-1/model\\.safetensors to know .* but found "${last}" among its own`);
    const renamed = await open(folder);
    await assert.rejects(renamed.train(), refused(message));
    await assert.rejects(trainRuns([photos(folder)], { directory: folder }), refused(message));
    await assert.rejects(renamed.keepImages(1), refused(message));
    await assert.rejects(renamed.evaluate(1), refused(message));
    await assert.rejects(renamed.model(1), refused(message));
    for (const kept of Object.values(run.folders)) assert.equal(await readImages(kept), null);
    await Deno.rename(join(folder, "good", `${last}s`), join(folder, "good", last));
    assert.ok(await (await open(folder)).train(), "put back as it was");
  }));

Deno.test("refuseOtherImages() names the first difference, and only folders that differ", () =>
  withFolder(async (folder) => {
    const folders = { base: join(folder, "M0"), method: join(folder, "LwM") };
    const classes = [{ name: "ant", images: { train: 4, test: 1 } }, { name: "bee" }];
    const refuses = (now: typeof classes, message: RegExp) =>
      assert.rejects(refuseOtherImages(folders, now, "pets"), refused(message));
    for (const kept of Object.values(folders)) {
      writeFile(join(kept, "step-0", "model.safetensors"), "");
    }
    await refuseOtherImages(folders, classes, "pets");
    await writeImages(folders.method, classes);
    await refuseOtherImages(folders, classes, "pets");
    await refuses([...classes, { name: "cat" }], /that \S+LwM was trained on but found a new class "cat"/);
    await refuses([classes[1], classes[0]], /the classes in another order/);
    await refuses(
      [{ name: "ant", images: { train: 5, test: 0 } }, classes[1]],
      /5 train images of "ant" where there were 4/,
    );
    await Deno.writeTextFile(join(folders.method, "data.json"), "[]");
    await refuses(classes, /data\.json to list the classes .* but found something else/);
  }));
