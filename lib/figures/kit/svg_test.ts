import assert from "node:assert/strict";
import { inspect } from "../testdata/drawn.ts";
import { FIGURE_WIDTH } from "./colors.ts";
import {
  beside,
  composeFigure,
  element,
  escapeXml,
  plainText,
  shorten,
  stacked,
  text,
  textWidth,
  wrap,
} from "./svg.ts";

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
