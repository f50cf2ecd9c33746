import assert from "node:assert/strict";
import { inspect } from "./testdata/drawn.ts";
import { trainingCurve } from "./training_curve.ts";

const curve = { model: "LwM, M_{1}", xLabel: "epoch", x: [1, 2, 3], classification: [2, 1, 0.5] };

Deno.test("trainingCurve() draws each weighted term and their sum", async () => {
  const figure = trainingCurve({
    ...curve,
    distillation: [0.5, 0.4, 0.25],
    attentionDistillation: [0.3, 0.2, 0.125],
  });
  const drawn = await inspect(figure);
  assert.equal(drawn.count('[aria-label="line"] path'), 4);
  assert.match(figure.description, /At the end: L 0\.875, L_C 0\.500, βL_D 0\.250, γL_AD 0\.125/);
});

Deno.test("trainingCurve() draws L_C alone where the method has no other term", async () => {
  const drawn = await inspect(trainingCurve(curve));
  assert.equal(drawn.count('[aria-label="line"] path'), 1);
});
