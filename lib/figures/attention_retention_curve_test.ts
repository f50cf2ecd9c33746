import assert from "node:assert/strict";
import { attentionRetentionCurve } from "./attention_retention_curve.ts";
import { METHODS } from "./kit/colors.ts";
import type { MethodRun } from "./runs.ts";
import { inspect } from "./testdata/drawn.ts";

const runs: MethodRun[] = METHODS.flatMap((method, m) =>
  [0, 1].map((seed) => ({
    method,
    seed,
    accuracy: [0.8, 0.4, 0.3],
    attentionCosine: [1, 0.5 + m / 5 + seed / 100, 0.25 + m / 4],
    pointingGameDrop: [0, 0.2, 0.3 - m / 10],
    energyDrop: [0, 0.1, 0.2 - m / 10],
  }))
);
const curve = { dataset: "iEmoji-100", preset: "default", classesSeen: [10, 20, 30] };

Deno.test("attentionRetentionCurve() draws the cosine of every seed and method against the models", async () => {
  const figure = attentionRetentionCurve({
    ...curve,
    runs: runs.map(({ method, seed, accuracy, attentionCosine }) => ({
      method,
      seed,
      accuracy,
      attentionCosine,
    })),
  });
  const drawn = await inspect(figure);
  assert.equal(drawn.count("g.seed path"), 6);
  assert.deepEqual(drawn.texts.filter((text) => /^M[₀-₉]+$/.test(text)), ["M₀", "M₁", "M₂"]);
  assert.match(figure.description, /At the end: C 0\.25, LwF-MC 0\.50, LwM 0\.75/);
});

Deno.test("attentionRetentionCurve() adds the drops in pointing game and energy where all runs have them", async () => {
  const drawn = await inspect(attentionRetentionCurve({ ...curve, runs }));
  assert.equal(drawn.count("g.seed path"), 3 * 6);
  assert.ok(drawn.texts.some((text) => text.startsWith("pointing game")));
});
