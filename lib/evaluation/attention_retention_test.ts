import assert from "node:assert/strict";
import { UserError } from "../user_error.ts";
import { attentionRetention, mapCosines } from "./attention_retention.ts";

function maps(...rows: number[][]) {
  return { maps: Float32Array.from(rows.flat()), mapSize: [2, 2] as const };
}

const OBJECTS = { masks: Float32Array.from([[1, 1, 0, 0], [0, 1, 0, 0]].flat()), imageSize: [2, 2] as const };

Deno.test("attentionRetention() is 1, with no drops, for the same maps", () => {
  const first = maps([3, 4, 0, 0], [0, 1, 0, 0]);
  assert.deepEqual(attentionRetention(first, first, OBJECTS), {
    images: 2,
    cosine: 1,
    pointingGame: { first: 1, now: 1, drop: 0 },
    energyInside: { first: 1, now: 1, drop: 0 },
  });
});

Deno.test("attentionRetention() averages cosine and drops over the images", () => {
  const first = maps([3, 4, 0, 0], [0, 3, 1, 0]);
  const now = maps([3, 4, 0, 0], [0, 1, 3, 0]); // the second image's attention has left the object
  assert.deepEqual(attentionRetention(first, now, OBJECTS), {
    images: 2,
    cosine: (1 + 0.6) / 2,
    pointingGame: { first: 1, now: 0.5, drop: 0.5 },
    energyInside: { first: (1 + 0.75) / 2, now: (1 + 0.25) / 2, drop: 0.25 },
  });
});

Deno.test("attentionRetention() counts a map that has become all zero as lost", () => {
  const now = maps([3, 1, 0, 0], [0, 0, 0, 0]);
  const { cosine, pointingGame, energyInside } = attentionRetention(
    maps([3, 1, 0, 0], [0, 4, 0, 0]),
    now,
    OBJECTS,
  );
  assert.deepEqual([cosine, pointingGame?.drop, energyInside?.drop], [0.5, 0.5, 0.5]);
});

Deno.test("attentionRetention() leaves out images that M_0 has no attention for", () => {
  const { images, cosine } = attentionRetention(
    maps([3, 1, 0, 0], [0, 0, 0, 0]),
    maps([3, 1, 0, 0], [0, 4, 0, 0]),
  );
  assert.deepEqual([images, cosine], [1, 1]);
  assert.throws(() => attentionRetention(maps([0, 0, 0, 0]), maps([1, 0, 0, 0])), UserError);
});

Deno.test("attentionRetention() without masks measures the cosine alone", () => {
  assert.deepEqual(Object.keys(attentionRetention(maps([1, 0, 0, 0]), maps([1, 0, 0, 0]))), [
    "images",
    "cosine",
  ]);
});

Deno.test("mapCosines() gives each image's cosine, and throws where the maps do not belong together", () => {
  assert.deepEqual([...mapCosines(maps([3, 4, 0, 0], [1, 0, 0, 0]), maps([4, 3, 0, 0], [0, 1, 0, 0]))], [
    24 / 25,
    0,
  ]);
  assert.throws(() => mapCosines(maps([1, 0, 0, 0]), maps([1, 0, 0, 0], [1, 0, 0, 0])), UserError);
});
