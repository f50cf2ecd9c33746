import assert from "node:assert/strict";
import type { ImageSet } from "./image_set.ts";
import { rememberViews } from "./remember_views.ts";

function countingSet(): { set: ImageSet; reads: () => number } {
  let reads = 0;
  const set: ImageSet = {
    name: "counted",
    count: 3,
    size: 2,
    views: 2,
    labels: Int32Array.from([0, 1, 2]),
    read: (image, view, target) => void (reads++, target.fill(10 * image + view)),
  };
  return { set, reads: () => reads };
}

Deno.test("rememberViews() makes each view once and reads the same bytes", () => {
  const { set, reads } = countingSet();
  const remembered = rememberViews(set);
  const rgb = new Uint8Array(12);
  for (let round = 0; round < 3; round++) {
    for (let image = 0; image < 3; image++) {
      for (let view = 0; view < 2; view++) {
        remembered.read(image, view, rgb);
        assert.deepEqual(rgb, new Uint8Array(12).fill(10 * image + view));
        rgb.fill(255); // what the caller does with its bytes changes nothing
      }
    }
  }
  assert.equal(reads(), 6);
});

Deno.test("rememberViews() keeps nothing of a set that is too large", () => {
  const { set } = countingSet();
  assert.equal(rememberViews(set, 71), set);
  assert.notEqual(rememberViews(set, 72), set);
});
