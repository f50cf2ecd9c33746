import assert from "node:assert/strict";
import * as Plot from "@observablehq/plot";
import { inspect } from "../testdata/drawn.ts";
import { chart, legend, seedPanel } from "./chart.ts";
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

const panel = { label: "accuracy", percent: true, color: () => "#009e73", width: 300, height: 200 };
const composed = (body: ReturnType<typeof seedPanel>) =>
  inspect(composeFigure({ title: "Seeds", body, description: "One panel of dots, and no more." }));

Deno.test("seedPanel() draws no interval for a single seed", async () => {
  const points = [{ x: "a", seed: 0, y: 0.4 }, { x: "b", seed: 0, y: 0.5 }];
  const drawn = await composed(seedPanel(points, { ...panel, x: { names: ["a", "b"] } }));
  assert.equal(drawn.count("g.interval path"), 0);
  assert.equal(drawn.count('g.mean[aria-label="dot"] circle'), 2);
  assert.ok(drawn.texts.includes("40 %"));
});

Deno.test("seedPanel() places numbers by their logarithm, with 0 to the left of the smallest", async () => {
  const points = [0, 0.1, 1, 10].map((x) => ({ x, seed: 0, y: 0.5 }));
  const body = seedPanel(points, { ...panel, x: { label: "γ", numbers: [0, 0.1, 1, 10] } });
  await composed(body);
  const means = body.svg.slice(body.svg.lastIndexOf('aria-label="dot"'));
  const [zero, tenth, one, ten] = [...means.matchAll(/cx="([\d.]+)"/g)].map(([, x]) => Number(x));
  assert.ok(zero < tenth && tenth < one);
  assert.ok(Math.abs((ten - one) / (one - tenth) - 1) < 0.4); // nearly equal steps for equal factors
});
