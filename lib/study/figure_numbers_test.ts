import assert from "node:assert/strict";
import { accuracyCurveNumbers, attentionRetentionCurveNumbers, gammaNumbers } from "./figure_numbers.ts";
import { measuredRun } from "./run_record_fixture.ts";

const C = measuredRun({ method: "C" }, 0.2);
const LwM = measuredRun({ method: "LwM", gamma: 0.1, seed: 2 }, 0.5);
const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

Deno.test("accuracyCurveNumbers() has the form in which they are published, and nothing else", () => {
  assert.deepEqual(accuracyCurveNumbers([C, LwM]), {
    dataset: "iemoji-100",
    preset: C.configuration.preset,
    engine: "wasm",
    classesSeen: [10, 20],
    runs: [
      { method: "C", seed: 1, accuracy: [0.8, 0.2], attentionCosine: [1, 0.2 + 0.1] },
      { method: "LwM", seed: 2, accuracy: [0.8, 0.5], attentionCosine: [1, 0.6] },
    ],
  });
});

Deno.test("accuracyCurveNumbers() has five guesses where all runs are to show them", () => {
  const run = measuredRun({ method: "LwM", topK: 5 }, 0.2);
  const ofTop5 = { ...run, metrics: run.metrics.map((step) => ({ ...step, accuracyTop5: 0.9 })) };
  const { topK, runs } = accuracyCurveNumbers([ofTop5]);
  assert.deepEqual([topK, runs[0].accuracy], [5, [0.9, 0.9]]);
  assert.equal(accuracyCurveNumbers([ofTop5, C]).topK, undefined);
});

Deno.test("attentionRetentionCurveNumbers() adds the drops since M_0", () => {
  const [run] = attentionRetentionCurveNumbers([LwM]).runs;
  assert.equal(run.pointingGameDrop![0], 0);
  close(run.energyDrop![1], 0.9 - 0.9 * 0.6);
});

Deno.test("attentionRetentionCurveNumbers() leaves the drops out where there are no masks", () => {
  const metrics = LwM.metrics.map((step) => ({ ...step, attention: { images: 200, cosine: 1 } }));
  const numbers = attentionRetentionCurveNumbers([{ ...LwM, metrics }]);
  const { pointingGameDrop, energyDrop, darkMaps } = numbers.runs[0];
  assert.deepEqual([pointingGameDrop, energyDrop, darkMaps], [undefined, undefined, undefined]);
});

Deno.test("gammaNumbers() takes LwF-MC as γ = 0, and refuses runs that differ in more than γ and the seed", () => {
  const without = { ...LwM, configuration: { ...LwM.configuration, method: "LwF-MC", seed: 1 } as const };
  assert.deepEqual(gammaNumbers([without, LwM]).runs.map(({ gamma, seed }) => [gamma, seed]), [[0, 1], [
    0.1,
    2,
  ]]);
  const other = { ...LwM, configuration: { ...LwM.configuration, learningRate: 0.5 } };
  assert.throws(() => gammaNumbers([LwM, other]), {
    name: "UserError",
    message: /differ in γ and the seed alone but found others in learningRate/,
  });
});
