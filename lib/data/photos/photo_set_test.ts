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

/** Some of the images, from a cache of their own. */
async function withSets(
  test: (open: (chosen: number[], options: Partial<PhotoSetOptions>) => ImageSet) => void,
): Promise<void> {
  await withFolder(async (folder) => {
    const path = join(folder, "cache");
    const images = await writeCache(path);
    const defaults = { name: "test", imageSize: SIZE, augmented: false, seed: 1, views: 1 };
    test((chosen, options) => openPhotoSet(path, chosen.map((i) => images[i]), { ...defaults, ...options }));
  });
}

function read(set: ImageSet, image: number, view: number): Uint8Array {
  const target = new Uint8Array(3 * SIZE * SIZE);
  set.read(image, view, target);
  return target;
}

Deno.test("openPhotoSet() gives test images as they are", () =>
  withSets((open) => {
    const set = open([4, 1], { views: 3 });
    assert.deepEqual([set.count, set.views, ...set.labels], [2, 1, 0, 1]);
    assert.deepEqual([read(set, 0, 0)[0], read(set, 1, 0)[0]], [4 * 31, 31]);
  }));

Deno.test("openPhotoSet() makes views that depend on seed, photo and number alone", () =>
  withSets((open) => {
    const openViews = (chosen: number[], seed: number) => open(chosen, { augmented: true, seed, views: 4 });
    const set = openViews([0, 1, 2, 3], 1);
    assert.equal(set.views, 4);
    assert.deepEqual(read(set, 2, 3), read(openViews([2], 1), 0, 3));
    const all = [0, 1, 2, 3].map((view) => read(set, 2, view).join());
    assert.ok(new Set(all).size >= 3, "views should differ");
    assert.notDeepEqual([0, 1, 2, 3].map((view) => read(openViews([2], 2), 0, view).join()), all);
  }));

Deno.test("openPhotoSet() crops and mirrors the mask like the image", () =>
  withSets((open) => {
    for (const augmented of [false, true]) {
      const set = open([0, 1, 2], { augmented, views: 8 });
      const mask = new Uint8Array(SIZE * SIZE);
      for (let view = 0; view < set.views; view++) {
        set.readMask!(1, view, mask);
        const pixels = read(set, 1, view);
        assert.deepEqual(mask, mask.map((_, i) => pixels[3 * i] === 255 ? 255 : 0));
        assert.ok(mask.includes(255));
      }
    }
  }));
