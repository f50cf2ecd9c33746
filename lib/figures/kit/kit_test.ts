import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import sharp from "sharp";
import { IMAGE, inspect, spot } from "../testdata/drawn.ts";
import { composeFigure, FIGURE_WIDTH, shorten, text, textWidth, wrap } from "./svg.ts";
import { heatColor, largestValue, overlay } from "./overlay.ts";
import { pngDataUri } from "./picture_grid.ts";

Deno.test("text() sets scripts lower and higher, and returns to the line after them", () => {
  const svg = text(0, 0, "Q_{t}^{b} is", { size: 10 });
  const steps = [...svg.matchAll(/dy="(.*?)"/g)].map(([, dy]) => Number(dy));
  assert.equal(steps.length, 3);
  assert.ok(steps[0] > 0 && steps[1] < 0 && steps[2] > 0);
  assert.ok(Math.abs(steps.reduce((sum, dy) => sum + dy, 0)) < 1e-9);
  assert.match(svg, /xml:space="preserve"/);
});

Deno.test("wrap() breaks between words, keeps every word and gives a long word its own line", () => {
  const lines = wrap("one two three extraordinarily four", 60, 12);
  assert.equal(lines.join(" "), "one two three extraordinarily four");
  assert.ok(lines.includes("extraordinarily"));
  for (const line of lines.filter((words) => words.includes(" "))) assert.ok(textWidth(line, 12) <= 60);
});

Deno.test("shorten() leaves a text that fits, and ends another with an ellipsis", () => {
  assert.equal(shorten("key", 100, 12), "key");
  const short = shorten("magnifying-glass-tilted-left", 60, 12);
  assert.ok(short.endsWith("…") && textWidth(short, 12) <= 60);
});

const body = { svg: '<rect width="100" height="50"/>', width: 100, height: 50 };

Deno.test("composeFigure() makes an SVG that stands alone, with title and description for screen readers", async () => {
  const figure = composeFigure({
    title: "What L_{D} & L_{AD} see",
    subtitle: "a <small> test",
    body,
    notes: ["A note."],
    description: "A rectangle as large as L_{D} is.",
  });
  const texts = await inspect(figure);
  assert.equal(figure.width, FIGURE_WIDTH);
  assert.match(
    figure.svg,
    /<title>What L_D &amp; L_AD see<\/title><desc>A rectangle as large as L_D is.<\/desc>/,
  );
  assert.deepEqual(texts, ["What LD & LAD see", "a <small> test", "A note."]);
});

Deno.test("largestValue() is taken over all maps, each divided by its 2-norm", () => {
  const even = { size: 2, values: [1, 1, 1, 1] };
  assert.equal(largestValue([even, { size: 2, values: [3, 0, 4, 0] }, even]), 0.8);
});

Deno.test("overlay() colors by value / max, at most in the last color, and nothing for a max of 0", () => {
  const once = overlay(IMAGE, spot(5), 1);
  assert.deepEqual(overlay(IMAGE, spot(5, 2), 2), once);
  assert.notDeepEqual(overlay(IMAGE, spot(5, 0.5), 1), once);
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

Deno.test("heatColor() becomes steadily lighter from 0 to 1, so that it also reads in grey", () => {
  const luma = (strength: number) => {
    const [r, g, b] = heatColor(strength);
    return 0.299 * r + 0.587 * g + 0.114 * b;
  };
  assert.ok(luma(0) < 5 && luma(1) > 220);
  for (let step = 1; step <= 20; step++) assert.ok(luma(step / 20) > luma((step - 1) / 20));
});

const pixels = Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * 37 + (i % 11) * 19) % 256);

Deno.test("pngDataUri() holds a file that another decoder reads back to the same pixels", async () => {
  const file = Buffer.from(pngDataUri(pixels, 7, 5).replace("data:image/png;base64,", ""), "base64");
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [7, 5, 3]);
  assert.deepEqual(Uint8Array.from(data), pixels);
});
