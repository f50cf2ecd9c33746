import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { decodePhoto } from "./decode.ts";
import { loadPhotos, type PhotoDataset, type PhotoOptions } from "./photos.ts";
import {
  jpeg,
  naming,
  withFolder,
  writeCifar,
  writeClassFolders,
  writeCub,
  writeFile,
  writeImagenet,
} from "./testdata/photo_fixtures.ts";

/** Loads from FOLDER/photos with the cache in FOLDER/cache. */
function load(folder: string, options: Partial<PhotoOptions> = {}): Promise<PhotoDataset> {
  return loadPhotos({
    name: "folder",
    path: join(folder, "photos"),
    cacheDirectory: join(folder, "cache"),
    imageSize: 8,
    seed: 1,
    ...options,
  });
}

function count(dataset: PhotoDataset, split: "train" | "validation" | "test"): number {
  return dataset.open(split, dataset.classNames.map((_, id) => id), { seed: 1, views: 1 }).count;
}

Deno.test("loadPhotos() opens every data set in its official layout", async () => {
  const layouts: [PhotoOptions["name"], (root: string) => void | Promise<void>, number, number, number][] = [
    [
      "caltech-101",
      (root) => writeClassFolders(join(root, "101_ObjectCategories"), { ant: 10, bass: 5 }),
      2,
      12,
      3,
    ],
    ["cifar-100", writeCifar, 100, 400, 200],
    ["cub-200-2011", writeCub, 3, 12, 3],
    ["imagenet-small", (root) => writeImagenet(root, "kaggle"), 4, 24, 8],
    ["folder", (root) => writeClassFolders(root, { ant: 10, bee: 5 }), 2, 12, 3],
  ];
  for (const [name, write, classes, train, test] of layouts) {
    await withFolder(async (folder) => {
      await write(join(folder, "photos"));
      const dataset = await load(folder, { name });
      assert.equal(dataset.name, name === "folder" ? "photos" : name);
      assert.equal(dataset.classNames.length, classes);
      assert.equal(dataset.imageSize, 8);
      assert.deepEqual([count(dataset, "train"), count(dataset, "test")], [train, test]);
      assert.ok([...dataset.mean, ...dataset.std].every((x) => x > 0 && x < 1));
      const set = dataset.open("test", [1], { seed: 1, views: 1 });
      assert.ok(set.labels.every((label) => label === 1));
      assert.equal(set.readMask !== undefined, name === "cub-200-2011");
    });
  }
});

Deno.test("loadPhotos() decodes no photo twice", async () => {
  await withFolder(async (folder) => {
    await writeClassFolders(join(folder, "photos"), { ant: 5, bee: 5 });
    const progress: number[] = [];
    const onProgress = (done: number) => progress.push(done);
    const first = await load(folder, { onProgress });
    assert.equal(progress.length, 10);
    const second = await load(folder, { onProgress, seed: 2, holdOut: true });
    assert.equal(progress.length, 10);
    assert.equal(count(first, "train"), 8);
    assert.equal(count(second, "train"), 6);

    // A new photo, another size; a choice of classes is in the cache already.
    writeFile(join(folder, "photos/ant/new.jpg"), await jpeg(77));
    await load(folder, { onProgress });
    assert.equal(progress.length, 10 + 1);
    await load(folder, { onProgress, imageSize: 9 });
    await load(folder, { onProgress, classes: ["bee"] });
    assert.equal(progress.length, 10 + 1 + 11);
    // The same folder by another path.
    await Deno.symlink(join(folder, "photos"), join(folder, "link"));
    await load(folder, { onProgress, path: join(folder, "link") });
    assert.equal(progress.length, 10 + 1 + 11);
  });
});

Deno.test("loadPhotos() refuses the training images as those of the test", async () => {
  await withFolder(async (folder) => {
    await writeClassFolders(join(folder, "photos/train"), { ant: 4, bee: 4 });
    await writeClassFolders(join(folder, "photos/test"), { ant: 2, bee: 1 });
    // Two of three are numbers 0 and 1 in both folders, the third is number 2.
    await assert.rejects(
      () => load(folder),
      naming("found 3 of 3 in both", '"test/ant/image_0001.jpg" and "train/ant/image_0001.jpg"'),
    );
    for (const [i, name] of ["ant/image_0001", "ant/image_0002"].entries()) {
      writeFile(join(folder, "photos/test", `${name}.jpg`), await jpeg(100 + i));
    }
    assert.equal(count(await load(folder), "test"), 3);
  });
});

Deno.test("loadPhotos() decodes at most imagesPerClass photos of each class and part, the same by the seed", async () => {
  await withFolder(async (folder) => {
    await writeClassFolders(join(folder, "photos"), { ant: 20, bee: 10 });
    const progress: number[] = [];
    const onProgress = (done: number) => progress.push(done);
    const some = await load(folder, { imagesPerClass: 3, onProgress });
    assert.deepEqual([count(some, "train"), count(some, "test")], [6, 5]);
    assert.equal(progress.length, 11);
    assert.equal((await load(folder, { imagesPerClass: 3 })).digest, some.digest);
    const digests = [2, 3, 4].map(async (seed) => (await load(folder, { imagesPerClass: 3, seed })).digest);
    assert.ok((await Promise.all(digests)).some((digest) => digest !== some.digest));
    assert.deepEqual([count(await load(folder), "train"), count(await load(folder), "test")], [24, 6]);
  });
});

Deno.test("loadPhotos() gives the pixels of the right photo to each image", async () => {
  await withFolder(async (folder) => {
    await writeClassFolders(join(folder, "photos"), { ant: 9, bee: 4 });
    const dataset = await load(folder);
    const target = new Uint8Array(3 * 64);
    const seen = new Set<string>();
    for (const split of ["train", "test"] as const) {
      const set = dataset.open(split, [1], { seed: 1, views: 1 });
      for (let i = 0; i < set.count; i++) {
        set.read(i, 0, target);
        seen.add([...target.subarray(3 * 36, 3 * 37)].map((x) => Math.round(x / 8)).join());
      }
    }
    // The middles of bee's four photos, whose colors are those of numbers 9 to 12.
    const expected = await Promise.all([9, 10, 11, 12].map(async (number) => {
      const { pixels } = await decodePhoto(await jpeg(number), 8, "");
      return [...pixels.subarray(3 * 36, 3 * 37)].map((x) => Math.round(x / 8)).join();
    }));
    assert.deepEqual(seen, new Set(expected));
  });
});

Deno.test("loadPhotos() computes mean and standard deviation over the training images alone", async () => {
  await withFolder(async (folder) => {
    // The test photos are white: they must not count.
    const white = await sharp({ create: { width: 9, height: 9, channels: 3, background: "white" } }).png()
      .toBuffer();
    await writeClassFolders(join(folder, "photos/train"), { ant: 3, bee: 2 });
    for (const name of ["ant", "bee"]) writeFile(join(folder, "photos/test", name, "white.png"), white);
    const { mean, std } = await load(folder);

    const photos = await Promise.all(
      [0, 1, 2, 3, 4].map(async (i) => (await decodePhoto(await jpeg(i), 8, "")).pixels),
    );
    for (let c = 0; c < 3; c++) {
      const values = photos.flatMap((pixels) => [...pixels].filter((_, i) => i % 3 === c)).map((x) =>
        x / 255
      );
      const expected = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((sum, x) => sum + (x - expected) ** 2, 0) / values.length;
      assert.ok(Math.abs(mean[c] - expected) < 1e-9);
      assert.ok(Math.abs(std[c] - Math.sqrt(variance)) < 1e-9);
    }
  });
});

Deno.test("loadPhotos() throws where there is no such folder, or the size is no size", async () => {
  await withFolder(async (folder) => {
    await assert.rejects(() => load(folder), naming(join(folder, "photos"), "your images", "--data PATH"));
    await assert.rejects(
      () => load(folder, { name: "caltech-101" }),
      naming("deno task data caltech-101", "--data PATH"),
    );
    await writeClassFolders(join(folder, "photos"), { ant: 5 });
    for (const imageSize of [0, 1.5, NaN]) {
      await assert.rejects(() => load(folder, { imageSize }), naming("imageSize", `found ${imageSize}`));
    }
  });
});

Deno.test("loadPhotos() names a photo that lies in two classes", () =>
  withFolder(async (folder) => {
    await writeClassFolders(join(folder, "photos"), { ant: 4, bee: 4 });
    const twin = join(folder, "photos", "bee", "copy.jpg");
    await Deno.copyFile(join(folder, "photos", "ant", "image_0002.jpg"), twin);
    await Deno.copyFile(
      join(folder, "photos", "bee", "image_0003.jpg"),
      join(folder, "photos/bee/again.jpg"),
    );
    const { inTwoClasses } = await load(folder);
    assert.deepEqual(inTwoClasses, [["ant/image_0002.jpg", "bee/copy.jpg"]]);
  }));
