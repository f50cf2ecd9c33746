import assert from "node:assert/strict";
import type { ImageSet } from "../data/image_set.ts";
import { outputKind, shareOnObject } from "./evaluate_step.ts";

Deno.test("outputKind() follows the L_C of the step", () => {
  const configuration = { baseClassification: "softmax", classification: "sigmoid-new" } as const;
  assert.equal(outputKind(configuration, 0), "softmax");
  assert.equal(outputKind(configuration, 2), "sigmoid");
});

/** The object fills the left half. */
const SET: ImageSet = {
  name: "halves",
  count: 1,
  size: 4,
  views: 1,
  labels: Int32Array.of(0),
  read: (_image, _view, target) => void target.fill(0),
  readMask: (_image, _view, target) => target.forEach((_, i) => target[i] = i % 4 < 2 ? 255 : 0),
};

Deno.test("shareOnObject() is the share of the map inside the mask, and 1 where there is none", () => {
  const draw = { image: 0, view: 0 };
  const map = (row: number[]) => ({ size: 4, values: Float32Array.from([row, row, row, row].flat()) });
  assert.equal(shareOnObject(SET, draw, map([1, 1, 1, 1])), 0.5);
  assert.equal(shareOnObject(SET, draw, map([1, 0, 0, 0])), 1);
  const { readMask: _, ...withoutMasks } = SET;
  assert.equal(shareOnObject(withoutMasks, draw, map([0, 0, 0, 1])), 1);
});
