import assert from "node:assert/strict";
import { UserError } from "../user_error.ts";
import { epochPlan, inBatches, readBatch, readMaskPicture, readMasks, readPicture } from "./batches.ts";
import type { ImageSet } from "./image_set.ts";

/** Every byte of an image tells its number, view and channel. */
const SET: ImageSet = {
  name: "numbers",
  count: 5,
  size: 2,
  views: 4,
  labels: Int32Array.of(9, 9, 7, 7, 3),
  read(image, view, target) {
    for (let i = 0; i < target.length; i++) target[i] = 40 * image + 10 * view + i % 3;
  },
  readMask: (image, _view, target) => void target.fill(51 * image),
};

Deno.test("epochPlan() draws every image as often as asked, in the next view each time", () => {
  const seen = new Map<string, number>();
  for (const epoch of [0, 1, 2, 3]) {
    const plan = epochPlan(SET, { seed: 1, step: 0, epoch, drawsPerEpoch: 3 });
    assert.equal(plan.length, 15);
    for (const image of [0, 1, 2, 3, 4]) {
      const views = plan.filter((draw) => draw.image === image).map((draw) => draw.view).sort();
      assert.deepEqual(views, [0, 1, 2].map((draw) => (3 * epoch + draw) % 4).sort());
    }
    for (const { image, view } of plan) seen.set(`${image} ${view}`, (seen.get(`${image} ${view}`) ?? 0) + 1);
  }
  // Twelve draws of four views: each view three times.
  assert.deepEqual([...new Set(seen.values())], [3]);
  assert.equal(seen.size, 20);
});

Deno.test("epochPlan() shuffles by seed, step and epoch alone", () => {
  const set = { count: 50, views: 1 };
  const order = (seed: number, step: number, epoch: number) =>
    epochPlan(set, { seed, step, epoch }).map(({ image }) => image);
  assert.deepEqual(order(1, 2, 3), order(1, 2, 3));
  for (const other of [order(2, 2, 3), order(1, 3, 3), order(1, 2, 4)]) {
    assert.notDeepEqual(order(1, 2, 3), other);
  }
});

Deno.test("inBatches() drops nothing and makes at most two sizes, none above the batch size", () => {
  for (const [count, batchSize] of [[600, 64], [64, 64], [65, 64], [7, 64], [1000, 1], [129, 64]]) {
    const draws = Array.from({ length: count }, (_, i) => i);
    const batches = inBatches(draws, batchSize);
    assert.deepEqual(batches.flat(), draws);
    const sizes = batches.map((batch) => batch.length);
    assert.equal(batches.length, Math.ceil(count / batchSize));
    assert.ok(Math.max(...sizes) <= batchSize && Math.max(...sizes) - Math.min(...sizes) <= 1, `${sizes}`);
  }
  assert.deepEqual(inBatches([], 8), []);
  assert.throws(() => inBatches([1], 0), /batch size to be an integer of at least 1 but found 0/);
});

Deno.test("readBatch() normalizes each channel and gives the labels", () => {
  const mean = [0.1, 0.2, 0.3] as const, std = [0.5, 0.25, 0.125] as const;
  const draws = [{ image: 4, view: 3 }, { image: 0, view: 1 }];
  const { x, labels } = readBatch(SET, draws, { mean, std });
  assert.deepEqual([...labels], [3, 9]);
  const expected = draws.flatMap(({ image, view }) =>
    Array.from({ length: 12 }, (_, i) => ((40 * image + 10 * view + i % 3) / 255 - mean[i % 3]) / std[i % 3])
  );
  assert.deepEqual(x, Float32Array.from(expected)); // (2, 2, 2, 3)
});

Deno.test("readMasks() gives fractions, and throws where there are no masks", () => {
  assert.deepEqual(
    readMasks(SET, [{ image: 5, view: 0 }, { image: 1, view: 2 }]),
    Float32Array.from([1, 1, 1, 1, 0.2, 0.2, 0.2, 0.2]),
  );
  assert.throws(
    () => readMasks({ ...SET, readMask: undefined }, [{ image: 0, view: 0 }]),
    /masks but found numbers/,
  );
});

Deno.test("readPicture() gives the bytes of one view of one image", () => {
  const { size, rgb } = readPicture(SET, { image: 2, view: 1 });
  assert.equal(size, 2);
  assert.deepEqual([...rgb], [90, 91, 92, 90, 91, 92, 90, 91, 92, 90, 91, 92]);
});

Deno.test("readMaskPicture() gives the mask in all three channels, and throws where there is none", () => {
  assert.deepEqual([...readMaskPicture(SET, { image: 1, view: 0 }).rgb], Array(12).fill(51));
  const { readMask: _, ...withoutMasks } = SET;
  assert.throws(() => readMaskPicture(withoutMasks, { image: 0, view: 0 }), UserError);
});
