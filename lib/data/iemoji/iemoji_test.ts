import assert from "node:assert/strict";
import { DRAWINGS } from "../../run/testdata/tiny_run.ts";
import { UserError } from "../../user_error.ts";
import { IEMOJI_ARTISTS, IEMOJI_TEST_ARTISTS } from "./artists.ts";
import { loadIEmoji } from "./drawings.ts";
import type { ImageSet } from "../image_set.ts";

const directory = DRAWINGS;
const dataset = await loadIEmoji({ directory });

function read(set: ImageSet, image: number, view = 0): Uint8Array {
  const target = new Uint8Array(set.size * set.size * 3);
  set.read(image, view, target);
  return target;
}

function mask(set: ImageSet, image: number, view = 0): Uint8Array {
  const target = new Uint8Array(set.size * set.size);
  set.readMask!(image, view, target);
  return target;
}

Deno.test("loadIEmoji() throws on an impossible size", async () => {
  for (const size of [15, 65, 32.5, NaN]) {
    await assert.rejects(loadIEmoji({ directory, size }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, new RegExp(`from 16 to 64 but found ${size};`));
      return true;
    });
  }
});

Deno.test("mean and standard deviation are those of 2400 training images", () => {
  const everyClass = dataset.classNames.map((_, id) => id);
  const set = dataset.open("train", everyClass, { seed: 0, views: 4 });
  const values = [0, 1, 2].map(() => new Float64Array(set.count * set.views * set.size ** 2));
  for (let image = 0, at = 0; image < set.count; image++) {
    for (let view = 0; view < set.views; view++) {
      const rgb = read(set, image, view);
      for (let i = 0; i < rgb.length; i += 3, at++) {
        for (let c = 0; c < 3; c++) values[c][at] = rgb[i + c] / 255;
      }
    }
  }
  for (const [c, channel] of values.entries()) {
    const mean = channel.reduce((sum, value) => sum + value, 0) / channel.length;
    const variance = channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channel.length;
    assert.equal(mean.toFixed(4), dataset.mean[c].toFixed(4));
    assert.equal(Math.sqrt(variance).toFixed(4), dataset.std[c].toFixed(4));
  }
});

Deno.test("each split has the images that the data card says, class by class", () => {
  const { open } = dataset;
  const options = { seed: 1, views: 40 };
  for (
    const [split, imagesPerClass, views] of [["train", 6, 40], ["validation", 60, 1], [
      "test",
      20,
      1,
    ]] as const
  ) {
    const set = open(split, [7, 3], options);
    assert.deepEqual([set.count, set.views, set.size], [2 * imagesPerClass, views, 32]);
    assert.deepEqual([...set.labels], [7, 3].flatMap((id) => Array(imagesPerClass).fill(id)));
  }
  assert.equal(open("test", [], options).count, 0);
  assert.throws(
    () => open("train", [0], { seed: 1, views: 0 }),
    /views of a training image to be an integer of at least 1/,
  );
});

Deno.test("a training image depends on seed, class, artist and view alone", () => {
  const { open } = dataset;
  const set = open("train", [3, 7], { seed: 1, views: 5 });
  assert.deepEqual(read(set, 8, 4), read(open("train", [7], { seed: 1, views: 9 }), 2, 4));
  assert.notDeepEqual(read(set, 8, 4), read(set, 8, 3));
  assert.notDeepEqual(read(set, 8, 4), read(set, 9, 4));
  assert.notDeepEqual(read(set, 8, 4), read(open("train", [7], { seed: 2, views: 5 }), 2, 4));
  const order = [0, 5, 11].map((i) => read(set, i, 1)); // reading one leaves no trace in the next
  assert.deepEqual([11, 5, 0].map((i) => read(set, i, 1)).reverse(), order);
});

Deno.test("test and validation images are the same in every run, and none of them is a training image", () => {
  const { open } = dataset;
  for (const split of ["validation", "test"] as const) {
    const one = open(split, [12], { seed: 1, views: 40 }), other = open(split, [12], { seed: 2, views: 1 });
    const images = Array.from({ length: one.count }, (_, i) => read(one, i).join());
    assert.deepEqual(images, Array.from({ length: one.count }, (_, i) => read(other, i).join()));
    assert.equal(new Set(images).size, one.count);
    // 0 is the seed of the evaluation images.
    const train = open("train", [12], { seed: 0, views: 10 });
    for (let i = 0; i < train.count; i++) {
      for (let view = 0; view < train.views; view++) assert.ok(!images.includes(read(train, i, view).join()));
    }
  }
});

Deno.test("held out for tuning, noto is in validation and not in training", async () => {
  const { open } = await loadIEmoji({ directory, holdOut: true });
  const all = dataset;
  const options = { seed: 1, views: 1 };
  const train = open("train", [20], options), trainAll = all.open("train", [20], options);
  const validation = open("validation", [20], options), validationAll = all.open("validation", [20], options);
  assert.deepEqual([train.count, validation.count], [5, 10]);
  // noto is the first of the artists.
  for (let i = 0; i < 5; i++) assert.deepEqual(read(train, i), read(trainAll, i + 1));
  for (let i = 0; i < 10; i++) assert.deepEqual(read(validation, i), read(validationAll, i));
  assert.equal(IEMOJI_ARTISTS[0].name, "noto");
  assert.ok(!IEMOJI_TEST_ARTISTS.includes("noto"));
  assert.deepEqual(read(open("test", [20], options), 3), read(all.open("test", [20], options), 3));
});

Deno.test("a mask is where the drawing is", () => {
  const { open, classNames } = dataset;
  const set = open("train", classNames.map((_, id) => id), { seed: 1, views: 2 });
  let inside = 0;
  for (let image = 0; image < set.count; image += 7) {
    const pixels = read(set, image, 1), alpha = mask(set, image, 1);
    assert.ok(Math.max(...alpha) > 200);
    inside += alpha.reduce((sum, a) => sum + a / 255, 0) / alpha.length / Math.ceil(set.count / 7);
    // Outside the object there is only the background, which changes slowly.
    for (let i = 1; i < alpha.length; i++) {
      if (i % set.size === 0 || alpha[i] + alpha[i - 1] > 0) continue;
      for (let c = 0; c < 3; c++) assert.ok(Math.abs(pixels[3 * i + c] - pixels[3 * (i - 1) + c]) <= 16);
    }
  }
  assert.ok(inside > 0.15 && inside < 0.6, `objects cover ${inside} of the images`);
});

Deno.test("loadIEmoji() refuses a folder that cannot be made before it renders a drawing", () =>
  assert.rejects(loadIEmoji({ directory: "/proc/nope", onProgress: () => assert.fail("rendered") }), {
    name: "UserError",
    message: /to make the folder at ".proc.nope" but found/,
  }));
