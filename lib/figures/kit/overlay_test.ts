import assert from "node:assert/strict";
import { IMAGE, spot } from "./figure_fixtures.ts";
import { drawImage, drawOverlay, enlargeMap, largestValue, overlay, unitMap } from "./overlay.ts";

Deno.test("enlargeMap() interpolates between the centers of the cells and keeps the border value beyond", () => {
  // One row of the cells 0 and 1 on four pixels, whose centers lie at −1/4, 1/4, 3/4 and 5/4 of the way.
  const row = [...enlargeMap([0, 1, 0, 1], 2, 4)].slice(0, 4);
  assert.deepEqual(row, [0, 0.25, 0.75, 1]);
});

Deno.test("enlargeMap() keeps a constant map constant, the mean of a map, and its symmetry", () => {
  assert.deepEqual(new Set(enlargeMap([3, 3, 3, 3], 2, 7)), new Set([3]));
  const spread = enlargeMap([0, 0, 0, 0, 1, 0, 0, 0, 0], 3, 9);
  assert.ok(Math.abs(spread.reduce((sum, value) => sum + value, 0) / 81 - 1 / 9) < 1e-12);
  for (let i = 0; i < 81; i++) assert.ok(Math.abs(spread[i] - spread[80 - i]) < 1e-12);
  assert.equal(spread[40], 1);
});

Deno.test("enlargeMap() throws on a map that is not square", () => {
  assert.throws(
    () => enlargeMap([1, 2, 3], 2, 4),
    /Expected 2 × 2 = 4 values of an attention map but found 3/,
  );
});

Deno.test("unitMap() has the 2-norm 1, and leaves an all-zero map all zero", () => {
  assert.deepEqual(unitMap({ size: 2, values: [3, 0, 4, 0] }).values, [0.6, 0, 0.8, 0]);
  assert.deepEqual(unitMap({ size: 2, values: [0, 0, 0, 0] }).values, [0, 0, 0, 0]);
});

Deno.test("largestValue() is taken over all maps", () => {
  assert.equal(largestValue([spot(3, 0.2), spot(0, 0.7)]), 0.7);
});

Deno.test("overlay() colors by value / max: twice the map with twice the max looks the same", () => {
  const { rgb, size } = IMAGE;
  const once = overlay(rgb, size, spot(5).values, 4, { max: 1 });
  assert.deepEqual(overlay(rgb, size, spot(5, 2).values, 4, { max: 2 }), once);
  assert.notDeepEqual(overlay(rgb, size, spot(5, 0.5).values, 4, { max: 1 }), once);
});

Deno.test("overlay() clips above max, and is finite for a max of 0", () => {
  const { rgb, size } = IMAGE;
  const flat = (value: number) => new Array(16).fill(value);
  assert.deepEqual(overlay(rgb, size, flat(5), 4, { max: 1 }), overlay(rgb, size, flat(1), 4, { max: 1 }));
  assert.deepEqual(overlay(rgb, size, flat(0), 4, { max: 0 }), overlay(rgb, size, flat(0), 4, { max: 1 }));
});

Deno.test("overlay() is brightest where the map is strongest", () => {
  const grey = new Uint8Array(8 * 8 * 3).fill(128);
  const pixels = overlay(grey, 8, spot(0).values, 4, { max: 1 });
  const luma = (pixel: number) => pixels[pixel * 3] + pixels[pixel * 3 + 1] + pixels[pixel * 3 + 2];
  assert.ok(luma(0) > luma(2) && luma(2) > luma(63));
});

Deno.test("overlay() throws on an image of another size", () => {
  assert.throws(
    () => overlay(IMAGE.rgb, 9, spot(0).values, 4, { max: 1 }),
    /Expected 9 × 9 × 3 = 243 values/,
  );
});

Deno.test("drawImage() and drawOverlay() hold their picture inside, with a label that needs no markup", () => {
  for (
    const drawing of [drawImage(IMAGE, 50, "M_{0}"), drawOverlay(IMAGE, spot(1), 50, "M_{0}", { max: 1 })]
  ) {
    assert.match(drawing.svg, /href="data:image\/png;base64,[^"]+" aria-label="M_0"/);
    assert.deepEqual([drawing.width, drawing.height], [50, 50]);
  }
});
