import assert from "node:assert/strict";
import { UserError } from "../user_error.ts";
import {
  attentionRetention,
  energyInside,
  mapCosine,
  mapCosines,
  pointsAtObject,
} from "./attention_retention.ts";

Deno.test("mapCosine() compares places, not strengths, and is 0 where a map is all zero", () => {
  assert.equal(mapCosine([1, 2, 0, 2], [2, 4, 0, 4]), 1);
  assert.equal(mapCosine([1, 0, 0, 0], [0, 1, 1, 0]), 0);
  assert.equal(mapCosine([3, 4, 0, 0], [4, 3, 0, 0]), 24 / 25);
  for (const other of [[1, 2, 3, 4], [0, 0, 0, 0]]) {
    assert.deepEqual([mapCosine([0, 0, 0, 0], other), mapCosine(other, [0, 0, 0, 0])], [0, 0]);
  }
});

Deno.test("pointsAtObject() asks whether the map's peak, scaled to the image, is inside the mask", () => {
  const map = [0, 4, 0, 0]; // 2 × 2: the peak of the 4 × 4 image is its upper right corner
  const corner = [0, 0, 0, 1, ...Array(12).fill(0)];
  const allButCorner = corner.map((m) => 1 - m);
  assert.equal(pointsAtObject(map, [2, 2], corner, [4, 4]), true);
  assert.equal(pointsAtObject(map, [2, 2], allButCorner, [4, 4]), false);
});

Deno.test("energyInside() is the share of the attention on the object", () => {
  assert.equal(energyInside([1, 3, 0, 0], [2, 2], [0, 1, 1, 0], [2, 2]), 0.75);
  assert.equal(energyInside([1, 3, 0, 0], [2, 2], [0.5, 0.5, 0, 0], [2, 2]), 0.5);
  assert.equal(energyInside([0, 4], [1, 2], [0, 0, 1, 1], [1, 4]), 7 / 8); // scaled to 0 1 3 4
});

function maps(...rows: number[][]) {
  return { maps: Float32Array.from(rows.flat()), mapSize: [2, 2] as const };
}

const OBJECTS = { masks: Float32Array.from([[1, 1, 0, 0], [0, 1, 0, 0]].flat()), imageSize: [2, 2] as const };

Deno.test("attentionRetention() averages cosine and drops over the images", () => {
  const first = maps([3, 4, 0, 0], [0, 3, 1, 0]);
  const now = maps([3, 4, 0, 0], [0, 1, 3, 0]); // the second image's attention has left the object
  assert.deepEqual(attentionRetention(first, now, OBJECTS), {
    images: 2,
    cosine: (1 + 0.6) / 2,
    dark: 0,
    pointingGame: { first: 1, now: 0.5, drop: 0.5 },
    energyInside: { first: (1 + 0.75) / 2, now: (1 + 0.25) / 2, drop: 0.25 },
  });
});

Deno.test("attentionRetention() counts a map that has become all zero as lost", () => {
  const [first, now] = [maps([3, 1, 0, 0], [0, 4, 0, 0]), maps([3, 1, 0, 0], [0, 0, 0, 0])];
  const { cosine, dark, pointingGame, energyInside } = attentionRetention(first, now, OBJECTS);
  assert.deepEqual([cosine, dark, pointingGame?.drop, energyInside?.drop], [0.5, 1, 0.5, 0.5]);
});

Deno.test("attentionRetention() leaves out images that M_0 has no attention for, and drops without masks", () => {
  const [first, now] = [maps([3, 1, 0, 0], [0, 0, 0, 0]), maps([3, 1, 0, 0], [0, 4, 0, 0])];
  assert.deepEqual(attentionRetention(first, now), { images: 1, cosine: 1, dark: 0 });
  assert.throws(() => attentionRetention(maps([0, 0, 0, 0]), maps([1, 0, 0, 0])), UserError);
});

Deno.test("mapCosines() gives each image's cosine, and throws where the maps do not belong together", () => {
  const two = maps([3, 4, 0, 0], [1, 0, 0, 0]);
  assert.deepEqual([...mapCosines(two, maps([4, 3, 0, 0], [0, 1, 0, 0]))], [24 / 25, 0]);
  assert.throws(() => mapCosines(maps([1, 0, 0, 0]), two), UserError);
});
