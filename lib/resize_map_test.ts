import assert from "node:assert/strict";
import { resizeMap } from "./resize_map.ts";

Deno.test("resizeMap() puts old centers a quarter from the border when it doubles, and repeats the edges", () => {
  const resized = resizeMap([0, 4], [1, 2], [1, 4]);
  assert.deepEqual([...resized], [0, 1, 3, 4]);
});

Deno.test("resizeMap() mixes along both axes", () => {
  const resized = resizeMap([0, 4, 8, 12], [2, 2], [4, 4]);
  assert.deepEqual([...resized], [0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12]);
});

Deno.test("resizeMap() keeps a map of one pixel constant, and scales rows and columns by themselves", () => {
  assert.deepEqual([...resizeMap([7], [1, 1], [2, 3])], [7, 7, 7, 7, 7, 7]);
  assert.deepEqual([...resizeMap([0, 4], [2, 1], [4, 1])], [0, 1, 3, 4]);
});
