import assert from "node:assert/strict";
import { UserError } from "../user_error.ts";
import { describeSeeds, expectComplete, type MethodRun, methodsOf } from "./runs.ts";
import type { MethodName } from "../training/method.ts";

const run = (method: MethodName, seed: number): MethodRun => ({
  method,
  seed,
  accuracy: [0.8, 0.5],
  attentionCosine: [1, 0.9],
});
const curve = { dataset: "iEmoji-100", preset: "default", classesSeen: [10, 20] };

Deno.test("expectComplete() accepts runs with one number a step", () => {
  expectComplete({ ...curve, runs: [run("C", 0)] }, ["accuracy", "attentionCosine"]);
});

Deno.test("expectComplete() throws a UserError on no runs, and names a run with steps missing", () => {
  assert.throws(() => expectComplete({ ...curve, runs: [] }, ["accuracy"]), UserError);
  const short = { ...run("LwM", 7), accuracy: [0.8] };
  assert.throws(
    () => expectComplete({ ...curve, runs: [run("C", 0), short] }, ["accuracy"]),
    (error) =>
      error instanceof UserError &&
      /accuracy of LwM, seed 7, to have 2 numbers, one a step, but found 1/.test(error.message),
  );
  assert.throws(() => expectComplete({ ...curve, runs: [run("C", 0)] }, ["energyDrop"]), UserError);
});

Deno.test("methodsOf() lists the methods that occur in the order of all figures", () => {
  assert.deepEqual(methodsOf([run("LwM", 0), run("C", 0), run("LwM", 1)]), ["C", "LwM"]);
});

Deno.test("describeSeeds() counts seeds, method by method where they differ", () => {
  assert.equal(describeSeeds([run("C", 0), run("LwM", 0)]), "1 seed");
  assert.equal(describeSeeds([run("C", 0), run("C", 1), run("LwM", 0)]), "C 2 seeds, LwM 1 seed");
});
