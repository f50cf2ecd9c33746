import assert from "node:assert/strict";
import { join } from "node:path";
import { caltechSource } from "./caltech.ts";
import { loadPhotos } from "./photos.ts";
import { withFolder, writeClassFolders } from "./testdata/photo_fixtures.ts";

Deno.test("caltechSource() leaves out the clutter and the second set of faces", async () => {
  await withFolder(async (root) => {
    await writeClassFolders(join(root, "101_ObjectCategories"), {
      BACKGROUND_Google: 1,
      Faces: 2,
      Faces_easy: 2,
      yin_yang: 2,
      accordion: 2,
    });
    for (const path of [root, join(root, "101_ObjectCategories")]) {
      const source = caltechSource(path, { seed: 1 });
      assert.deepEqual(source.classNames, ["Faces", "accordion", "yin_yang"]);
      assert.equal(source.photos.length, 6);
    }
  });
});

const real = new URL("../../../../shared/data/caltech-101/", import.meta.url);
const hasReal = await Deno.stat(real).then(() => true, () => false);

Deno.test({
  name: "loadPhotos() decodes the real Caltech-101, all 9,144 photos" +
    (hasReal ? "" : " (not run: ../shared/data/caltech-101 is not there)"),
  ignore: !hasReal,
  async fn() {
    await withFolder(async (folder) => {
      // As a plain folder: the 100 classes and the two that are left out otherwise.
      const path = join(real.pathname, "101_ObjectCategories");
      const all = await loadPhotos({ name: "folder", path, cacheDirectory: folder, imageSize: 32, seed: 1 });
      assert.equal(all.classNames.length, 102);
      const classIds = all.classNames.map((_, classId) => classId);
      const parts = (["train", "test"] as const).map((split) =>
        all.open(split, classIds, { seed: 1, views: 1 })
      );
      assert.equal(parts[0].count + parts[1].count, 9144);
      const image = new Uint8Array(3 * 32 * 32);
      for (const part of parts) {
        for (let i = 0; i < part.count; i++) part.read(i, 0, image);
      }
      assert.ok(all.mean.every((x) => x > 0.4 && x < 0.7), `mean ${all.mean}`);
      assert.ok(all.std.every((x) => x > 0.2 && x < 0.4), `standard deviation ${all.std}`);

      const paper = caltechSource(real.pathname, { seed: 1 });
      assert.equal(paper.classNames.length, 100);
      assert.equal(paper.photos.length, 8242);
    });
  },
});
