import assert from "node:assert/strict";
import { join } from "node:path";
import type { ImageSet } from "../image_set.ts";
import { cachePhotos } from "./photo_cache.ts";
import { openPhotoSet, type PhotoSetOptions } from "./photo_set.ts";
import type { PhotoSource } from "./photo_source.ts";
import { withFolder } from "./testdata/photo_fixtures.ts";

const SIZE = 16;

/** Six images with a gradient; in image i the object's box is white. */
async function writeCache(path: string) {
  const box = { left: 3, top: 5, width: 6, height: 4 };
  const source: PhotoSource = {
    name: "test",
    classNames: ["ant", "bee"],
    photos: Array.from({ length: 6 }, (_, i) => ({ name: `${i}.jpg`, classId: i % 2, stamp: "" })),
    decode(photo, size) {
      const pixels = new Uint8Array(3 * size * size).map((_, i) => (i * 7 + photo * 31) % 200);
      for (let y = 5; y < 9; y++) pixels.fill(255, 3 * (y * size + 3), 3 * (y * size + 9));
      return Promise.resolve({ pixels, box });
    },
  };
  const { photos } = await cachePhotos(path, source, [0, 1, 2, 3, 4, 5], { imageSize: SIZE });
  return [...photos].map(([i, photo]) => ({ ...photo, classId: i % 2 }));
}

/** Some of the images. */
function open(
  path: string,
  images: Awaited<ReturnType<typeof writeCache>>,
  chosen: number[],
  options: Partial<PhotoSetOptions>,
): ImageSet {
  return openPhotoSet(path, chosen.map((i) => images[i]), {
    name: "test",
    imageSize: SIZE,
    augmented: false,
    seed: 1,
    views: 1,
    ...options,
  });
}

function read(set: ImageSet, image: number, view: number): Uint8Array {
  const target = new Uint8Array(3 * SIZE * SIZE);
  set.read(image, view, target);
  return target;
}

Deno.test("openPhotoSet() gives test images as they are", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "cache");
    const images = await writeCache(path);
    const set = open(path, images, [4, 1], { views: 3 });
    assert.equal(set.count, 2);
    assert.equal(set.views, 1);
    assert.deepEqual(set.labels, Int32Array.of(0, 1));
    assert.deepEqual(read(set, 0, 0)[0], 4 * 31);
    assert.deepEqual(read(set, 1, 0)[0], 31);
  });
});

Deno.test("openPhotoSet() makes views that depend on seed, photo and number alone", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "cache");
    const images = await writeCache(path);
    const openViews = (chosen: number[], seed: number) =>
      open(path, images, chosen, { augmented: true, seed, views: 4 });
    const set = openViews([0, 1, 2, 3], 1);
    assert.equal(set.views, 4);
    assert.deepEqual(read(set, 2, 3), read(openViews([2], 1), 0, 3));
    const all = [0, 1, 2, 3].map((view) => read(set, 2, view).join());
    assert.ok(new Set(all).size >= 3, "views should differ");
    assert.notDeepEqual([0, 1, 2, 3].map((view) => read(openViews([2], 2), 0, view).join()), all);
  });
});

Deno.test("openPhotoSet() crops and mirrors the mask like the image", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "cache");
    const images = await writeCache(path);
    for (const augmented of [false, true]) {
      const set = open(path, images, [0, 1, 2], { augmented, views: 8 });
      const mask = new Uint8Array(SIZE * SIZE);
      for (let view = 0; view < set.views; view++) {
        set.readMask!(1, view, mask);
        const pixels = read(set, 1, view);
        assert.deepEqual(mask, mask.map((_, i) => pixels[3 * i] === 255 ? 255 : 0));
        assert.ok(mask.includes(255));
      }
    }
  });
});

Deno.test("openPhotoSet() has no masks where no box is known", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "cache");
    const images = await writeCache(path);
    const boxless = images.map((image) => ({ ...image, box: undefined }));
    const set = open(path, boxless, [0, 1], {});
    assert.equal(set.readMask, undefined);
  });
});
