import assert from "node:assert/strict";
import { heatColor, heatLegend } from "./heat_colors.ts";

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
