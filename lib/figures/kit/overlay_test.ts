import assert from "node:assert/strict";
import { IMAGE, spot } from "../testdata/drawn.ts";
import { heatColor } from "./colors.ts";
import { drawImage, drawOverlay, heatLegend, largestValue, overlay, unitMap } from "./overlay.ts";

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

Deno.test("overlay() throws on an image or a map of another size", () => {
  assert.throws(
    () => overlay(IMAGE.rgb, 9, spot(0).values, 4, { max: 1 }),
    /Expected 9 × 9 × 3 = 243 values/,
  );
  assert.throws(
    () => overlay(IMAGE.rgb, 8, [1, 2, 3], 2, { max: 1 }),
    /Expected 2 × 2 = 4 values of an attention map but found 3/,
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
