import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as Plot from "@observablehq/plot";
import sharp from "sharp";
import { IMAGE, inspect, spot } from "../testdata/drawn.ts";
import {
  beside,
  composeFigure,
  element,
  escapeXml,
  FIGURE_WIDTH,
  plainText,
  shorten,
  stacked,
  text,
  textWidth,
  wrap,
} from "./svg.ts";
import { chart, legend } from "./chart.ts";
import { heatColor, largestValue, overlay, unitMap } from "./overlay.ts";
import { drawImage, drawOverlay, heatLegend, pngDataUri } from "./picture_grid.ts";

Deno.test("escapeXml() leaves nothing that XML would read as markup", () => {
  assert.equal(escapeXml(`a < b & "c" > d`), "a &lt; b &amp; &quot;c&quot; &gt; d");
});

Deno.test("text() sets scripts lower and higher, and returns to the line after them", () => {
  const svg = text(0, 0, "Q_{t}^{b} is", { size: 10 });
  const steps = [...svg.matchAll(/dy="(.*?)"/g)].map(([, dy]) => Number(dy));
  assert.equal(steps.length, 3);
  assert.ok(steps[0] > 0 && steps[1] < 0 && steps[2] > 0);
  assert.ok(Math.abs(steps.reduce((sum, dy) => sum + dy, 0)) < 1e-9);
  assert.match(svg, /xml:space="preserve"/);
});

Deno.test("text() escapes what it is given", () => {
  assert.match(text(1, 2, "<b>"), />&lt;b&gt;<\/text>$/);
});

Deno.test("plainText() writes scripts as a terminal does", () => {
  assert.equal(plainText("L_{AD} of Q_{t}^{I,b}"), "L_AD of Q_t^I,b");
});

Deno.test("textWidth() grows with the text and its size, and less for scripts", () => {
  assert.ok(textWidth("wide", 12) > textWidth("ill", 12));
  assert.equal(textWidth("abc", 24), 2 * textWidth("abc", 12));
  assert.ok(textWidth("L_{AD}", 12) < textWidth("LAD", 12));
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

Deno.test("element() leaves out what is undefined and rounds to hundredths of a pixel", () => {
  assert.equal(
    element("line", { x1: 1 / 3, dash: undefined, stroke: "red" }),
    '<line x1="0.33" stroke="red"/>',
  );
});

Deno.test("beside() and stacked() add up widths and heights, with gaps between", () => {
  const a = { svg: "<a/>", width: 10, height: 30 };
  const b = { svg: "<b/>", width: 20, height: 5 };
  const row = beside([a, b], 4);
  assert.deepEqual([row.width, row.height], [34, 30]);
  assert.match(row.svg, /translate\(14,0\)"><b\/>/);
  const column = stacked([a, b], 4);
  assert.deepEqual([column.width, column.height], [20, 39]);
  assert.match(column.svg, /translate\(0,34\)"><b\/>/);
  assert.deepEqual(beside([]), { svg: "", width: 0, height: 0 });
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
  const drawn = await inspect(figure);
  assert.equal(figure.width, FIGURE_WIDTH);
  assert.match(
    figure.svg,
    /<title>What L_D &amp; L_AD see<\/title><desc>A rectangle as large as L_D is.<\/desc>/,
  );
  assert.deepEqual(drawn.texts, ["What LD & LAD see", "a <small> test", "A note."]);
});

Deno.test("composeFigure() grows with its notes and with a wide body, and is the same for the same parts", () => {
  const parts = { title: "Title", body, description: "A rectangle." };
  const plain = composeFigure(parts);
  assert.ok(composeFigure({ ...parts, notes: ["one", "two"] }).height > plain.height);
  assert.ok(composeFigure({ ...parts, body: { ...body, width: 1000 } }).width > 1000);
  assert.deepEqual(composeFigure(parts), plain);
});

Deno.test("chart() turns Plot's marks into SVG that needs no page around it", async () => {
  const body = chart({
    width: 300,
    height: 200,
    x: { label: "a & b" },
    marks: [Plot.dot([[1, 2], [2, 3], [3, 5]]), Plot.ruleY([0])],
  });
  assert.deepEqual([body.width, body.height], [300, 200]);
  const drawn = await inspect(composeFigure({ title: "Dots", body, description: "Three dots over a rule." }));
  assert.equal(drawn.count('[aria-label="dot"] circle'), 3);
  assert.ok(drawn.texts.some((text) => text.includes("a & b")));
});

Deno.test("legend() has a key and a label for each entry, none over another", () => {
  const drawing = legend([
    { label: "LwM", color: "#009e73", symbol: "triangle" },
    { label: "all classes", color: "#222222", dash: "5,4" },
    { label: "teacher", color: "#7a7a7a" },
  ]);
  assert.match(drawing.svg, /fill="#009e73".*LwM.*stroke-dasharray="5,4".*all classes.*<rect.*teacher/);
  const starts = [...drawing.svg.matchAll(/translate\((\d[\d.]*),0\)/g)].map(([, x]) => Number(x));
  assert.equal(starts.length, 3);
  assert.ok(starts[0] < starts[1] && starts[1] < starts[2] && starts[2] < drawing.width);
});

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

const pixels = Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * 37 + (i % 11) * 19) % 256);

Deno.test("pngDataUri() holds a file that another decoder reads back to the same pixels", async () => {
  const file = Buffer.from(pngDataUri(pixels, 7, 5).replace("data:image/png;base64,", ""), "base64");
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [7, 5, 3]);
  assert.deepEqual(Uint8Array.from(data), pixels);
});

Deno.test("pngDataUri() throws on a wrong number of pixels", () => {
  assert.throws(() => pngDataUri(pixels, 7, 6), /Expected 7 × 6 × 3 = 126 bytes of pixels but found 105/);
});
