import assert from "node:assert/strict";
import { UserError } from "../user_error.ts";
import { accuracyCurve } from "./accuracy_curve.ts";
import { METHOD_COLORS, METHODS } from "./kit/colors.ts";
import type { MethodRun } from "./runs.ts";
import { inspect } from "./testdata/drawn.ts";

const runs: MethodRun[] = METHODS.flatMap((method, m) =>
  [0, 1, 2].map((seed) => ({
    method,
    seed,
    accuracy: [0.8, 0.3 + m / 10 + seed / 100, 0.2 + m / 10 - seed / 100],
    attentionCosine: [1, 0.5 + m / 10, 0.4 + m / 10],
  }))
);
const curve = { dataset: "iEmoji-100", preset: "default", classesSeen: [10, 20, 30], runs };

Deno.test("accuracyCurve() draws every seed thin, the mean bold with symbols, and a band, for each method", async () => {
  const drawn = await inspect(accuracyCurve(curve));
  assert.equal(drawn.count("g.seed path"), 9);
  assert.equal(drawn.count("g.mean path"), 3);
  assert.equal(drawn.count('[aria-label="area"] path'), 3);
  assert.equal(drawn.count('[aria-label="dot"] path'), 9);
  for (const method of METHODS) {
    assert.equal(drawn.count(`g.mean path[stroke="${METHOD_COLORS[method]}"]`), 1);
  }
  for (const tick of ["10", "20", "30", "classes seen so far", "0 %"]) {
    assert.ok(drawn.texts.includes(tick), tick);
  }
});

Deno.test("accuracyCurve() gives each method's average incremental accuracy with its interval", async () => {
  const figure = accuracyCurve(curve);
  const drawn = await inspect(figure);
  // C: the mean of 0.8, 0.3 and 0.2 is 43.3 %, and the seeds' changes cancel.
  assert.ok(drawn.texts.includes("C: 43.3 ± 0.0 %"));
  assert.match(figure.description, /C 43\.3 ± 0\.0 %, LwF-MC 50\.0 ± 0\.0 %, LwM 56\.7 ± 0\.0 %/);
});

Deno.test("accuracyCurve() draws no band for a single seed", async () => {
  const drawn = await inspect(accuracyCurve({ ...curve, runs: runs.filter(({ seed }) => seed === 1) }));
  assert.equal(drawn.count('[aria-label="area"] path'), 0);
  assert.equal(drawn.count("g.mean path"), 3);
  assert.ok(drawn.texts.includes("LwM: 56.7 %"));
});

Deno.test("accuracyCurve() adds a panel for the mean over classes and a level for training on all classes together", async () => {
  const drawn = await inspect(accuracyCurve({
    ...curve,
    runs: runs.map((run) => ({ ...run, meanClassAccuracy: run.accuracy })),
    upperBound: { accuracy: 0.66, meanClassAccuracy: 0.58 },
  }));
  assert.equal(drawn.count("g.mean path"), 6);
  assert.equal(drawn.count('g[stroke-dasharray="5,4"] line'), 2);
  assert.ok(drawn.texts.includes("all classes together: 66.0 %"));
});

Deno.test("accuracyCurve() throws a UserError where a run lacks a step", () => {
  const short = { ...runs[0], accuracy: [0.8, 0.3] };
  assert.throws(() => accuracyCurve({ ...curve, runs: [short] }), UserError);
});
