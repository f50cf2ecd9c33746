import assert from "node:assert/strict";
import { energyInside, mapCosine, pointsAtObject } from "./attention_measures.ts";

const ZERO = [0, 0, 0, 0];

Deno.test("mapCosine() compares places, not strengths", () => {
  assert.equal(mapCosine([1, 2, 0, 2], [2, 4, 0, 4]), 1);
  assert.equal(mapCosine([1, 0, 0, 0], [0, 1, 1, 0]), 0);
  assert.equal(mapCosine([3, 4, 0, 0], [4, 3, 0, 0]), 24 / 25);
});

Deno.test("mapCosine() is 0 where a map is all zero", () => {
  assert.equal(mapCosine(ZERO, [1, 2, 3, 4]), 0);
  assert.equal(mapCosine([1, 2, 3, 4], ZERO), 0);
  assert.equal(mapCosine(ZERO, ZERO), 0);
});

Deno.test("pointsAtObject() asks whether the map's peak, scaled to the image, is inside the mask", () => {
  const map = [0, 4, 0, 0]; // 2 × 2: the peak of the 4 × 4 image is its upper right corner
  const corner = [0, 0, 0, 1, ...Array(12).fill(0)];
  const allButCorner = corner.map((m) => 1 - m);
  assert.equal(pointsAtObject(map, [2, 2], corner, [4, 4]), true);
  assert.equal(pointsAtObject(map, [2, 2], allButCorner, [4, 4]), false);
});

Deno.test("pointsAtObject() takes a mask's value of up to a half for background", () => {
  assert.equal(pointsAtObject([1], [1, 1], [0.5], [1, 1]), false);
  assert.equal(pointsAtObject([1], [1, 1], [0.6], [1, 1]), true);
});

Deno.test("pointsAtObject() is false where the map is all zero", () => {
  assert.equal(pointsAtObject(ZERO, [2, 2], [1, 1, 1, 1], [2, 2]), false);
});

Deno.test("energyInside() is the share of the attention on the object", () => {
  assert.equal(energyInside([1, 3, 0, 0], [2, 2], [0, 1, 1, 0], [2, 2]), 0.75);
  assert.equal(energyInside([1, 3, 0, 0], [2, 2], [0.5, 0.5, 0, 0], [2, 2]), 0.5);
  assert.equal(energyInside([0, 4], [1, 2], [0, 0, 1, 1], [1, 4]), 7 / 8); // scaled to 0 1 3 4
});

Deno.test("energyInside() is 0 where the map is all zero", () => {
  assert.equal(energyInside(ZERO, [2, 2], [1, 1, 1, 1], [2, 2]), 0);
});
