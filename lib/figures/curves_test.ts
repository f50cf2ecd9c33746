import assert from "node:assert/strict";
import type { MethodName } from "../training/method.ts";
import { UserError } from "../user_error.ts";
import { accuracyCurve, attentionRetentionCurve } from "./curves.ts";
import { describeSeeds, type MethodRun, methodsOf } from "./runs.ts";

const run = (method: MethodName, seed: number): MethodRun => ({
  method,
  seed,
  accuracy: [0.8, 0.5],
  attentionCosine: [1, 0.9],
});
const curve = { dataset: "iEmoji-100", preset: "default", classesSeen: [10, 20] };

Deno.test("the curves refuse no runs, and name a run with steps missing", () => {
  assert.throws(() => accuracyCurve({ ...curve, runs: [] }), UserError);
  const short = { ...run("LwM", 7), accuracy: [0.8] };
  assert.throws(() => accuracyCurve({ ...curve, runs: [run("C", 0), short] }), {
    name: "UserError",
    message: /accuracy of LwM, seed 7, to have 2 numbers, one a step, but found 1/,
  });
  const long = { ...run("C", 0), energyDrop: [0, 0.1, 0.2] };
  assert.throws(() => attentionRetentionCurve({ ...curve, runs: [long] }), UserError);
});

Deno.test("methodsOf() lists the methods that occur in the order of all figures", () => {
  assert.deepEqual(methodsOf([run("LwM", 0), run("C", 0), run("LwM", 1)]), ["C", "LwM"]);
});

Deno.test("describeSeeds() counts seeds, method by method where they differ", () => {
  assert.equal(describeSeeds([run("C", 0), run("LwM", 0)]), "1 seed");
  assert.equal(describeSeeds([run("C", 0), run("C", 1), run("LwM", 0)]), "C 2 seeds, LwM 1 seed");
});
