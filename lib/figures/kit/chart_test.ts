import assert from "node:assert/strict";
import * as Plot from "@observablehq/plot";
import { inspect } from "../testdata/drawn.ts";
import { chart, legend } from "./chart.ts";
import { composeFigure } from "./svg.ts";

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
