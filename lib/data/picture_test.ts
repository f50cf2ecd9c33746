import assert from "node:assert/strict";
import { UserError } from "../user_error.ts";
import type { ImageSet } from "./image_set.ts";
import { readMaskPicture, readPicture } from "./picture.ts";

/** Every byte of an image tells its number, view and position. */
const SET: ImageSet = {
  name: "numbers",
  count: 3,
  size: 2,
  views: 2,
  labels: Int32Array.of(0, 0, 1),
  read: (image, view, target) => target.forEach((_, i) => target[i] = 100 * image + 20 * view + i),
  readMask: (image, _view, target) => target.forEach((_, i) => target[i] = 50 * image + i),
};

Deno.test("readPicture() gives the bytes of one view of one image", () => {
  const { size, rgb } = readPicture(SET, { image: 2, view: 1 });
  assert.equal(size, 2);
  assert.deepEqual([...rgb], Array.from({ length: 12 }, (_, i) => 220 + i));
});

Deno.test("readMaskPicture() gives the mask in all three channels", () => {
  const { rgb } = readMaskPicture(SET, { image: 1, view: 0 });
  assert.deepEqual([...rgb], [50, 50, 50, 51, 51, 51, 52, 52, 52, 53, 53, 53]);
});

Deno.test("readMaskPicture() throws where a set has no masks", () => {
  const { readMask: _, ...withoutMasks } = SET;
  assert.throws(() => readMaskPicture(withoutMasks, { image: 0, view: 0 }), UserError);
});
