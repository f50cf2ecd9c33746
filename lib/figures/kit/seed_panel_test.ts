import assert from "node:assert/strict";
import { composeFigure } from "./figure.ts";
import { inspect } from "./figure_fixtures.ts";
import { seedPanel } from "./seed_panel.ts";

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
