import assert from "node:assert/strict";
import { IMAGE, spot } from "../testdata/drawn.ts";
import { heatColor } from "./colors.ts";
import { largestValue, overlay, unitMap } from "./attention_map.ts";
import { drawImage, drawOverlay, heatLegend } from "./overlay.ts";

Deno.test("unitMap() has the 2-norm 1, and leaves an all-zero map all zero", () => {
  assert.deepEqual(unitMap({ size: 2, values: [3, 0, 4, 0] }).values, [0.6, 0, 0.8, 0]);
  assert.deepEqual(unitMap({ size: 2, values: [0, 0, 0, 0] }).values, [0, 0, 0, 0]);
});

Deno.test("largestValue() is taken over all maps, each divided by its 2-norm", () => {
  const even = { size: 2, values: [1, 1, 1, 1] };
  assert.equal(largestValue([even, { size: 2, values: [3, 0, 4, 0] }, even]), 0.8);
});

Deno.test("overlay() colors by value / max: twice the map with twice the max looks the same", () => {
  const once = overlay(IMAGE, spot(5), 1);
  assert.deepEqual(overlay(IMAGE, spot(5, 2), 2), once);
  assert.notDeepEqual(overlay(IMAGE, spot(5, 0.5), 1), once);
});

Deno.test("overlay() clips above max, and is finite for a max of 0", () => {
  const flat = (value: number) => ({ size: 4, values: new Array(16).fill(value) });
  assert.deepEqual(overlay(IMAGE, flat(5), 1), overlay(IMAGE, flat(1), 1));
  assert.deepEqual(overlay(IMAGE, flat(0), 0), overlay(IMAGE, flat(0), 1));
});

Deno.test("overlay() is brightest where the map is strongest", () => {
  const gray = { size: 64, rgb: new Uint8Array(64 * 64 * 3).fill(128) };
  const { rgb } = overlay(gray, spot(0), 1);
  const luma = (pixel: number) => rgb[pixel * 3] + rgb[pixel * 3 + 1] + rgb[pixel * 3 + 2];
  assert.ok(luma(0) > luma(16) && luma(16) > luma(64 * 64 - 1));
});

Deno.test("overlay() throws on an image or a map of another size", () => {
  assert.throws(() => overlay({ ...IMAGE, size: 9 }, spot(0), 1), /Expected 9 × 9 × 3 = 243 values/);
  assert.throws(
    () => overlay(IMAGE, { size: 2, values: [1, 2, 3] }, 1),
    /Expected 2 × 2 = 4 values of an attention map but found 3/,
  );
});

Deno.test("drawImage() and drawOverlay() hold their picture inside, with a label that needs no markup", () => {
  for (
    const drawing of [drawImage(IMAGE, 50, "M_{0}"), drawOverlay(IMAGE, spot(1), 50, "M_{0}", 1)]
  ) {
    assert.match(drawing.svg, /href="data:image\/png;base64,[^"]+" aria-label="M_0"/);
    assert.deepEqual([drawing.width, drawing.height], [50, 50]);
  }
});

Deno.test("heatColor() becomes steadily lighter from 0 to 1, so that it also reads in grey", () => {
  const luma = (strength: number) => {
    const [r, g, b] = heatColor(strength);
    return 0.299 * r + 0.587 * g + 0.114 * b;
  };
  assert.ok(luma(0) < 5 && luma(1) > 220);
  for (let step = 1; step <= 20; step++) assert.ok(luma(step / 20) > luma((step - 1) / 20));
});

Deno.test("heatColor() draws values outside of its range as the nearer end", () => {
  assert.deepEqual(heatColor(-1), heatColor(0));
  assert.deepEqual(heatColor(7), heatColor(1));
});

Deno.test("heatLegend() names both ends of the scale", () => {
  assert.match(heatLegend("nothing", "much").svg, />nothing<.*aria-label="color scale".*>much</);
});
