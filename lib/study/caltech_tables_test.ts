import assert from "node:assert/strict";
import type { CaltechAccuracy, CaltechRun } from "./caltech_accuracy.ts";
import { caltechTable, claimsTable, controlTable, lastAccuracyOfSteps, verdict } from "./caltech_tables.ts";
import type { MethodName } from "../training/method.ts";

const run = (method: MethodName, seed: number, last: number): CaltechRun => ({
  method,
  seed,
  accuracy: [0.8, last],
  attentionCosine: [1, last + 0.25],
  meanClassAccuracy: [0.6, last],
  accuracyOfSteps: [[0.8], [last, last / 2]],
});

const numbers: CaltechAccuracy = {
  dataset: "caltech-101",
  preset: "default",
  classesSeen: [10, 20],
  runs: [
    ...[0.5, 0.52, 0.54].map((last, i) => run("LwM", i + 1, last)),
    ...[0.48, 0.5, 0.56].map((last, i) => run("LwF-MC", i + 1, last)),
    run("C", 1, 0.2),
  ],
  controls: [],
  upperBound: { accuracy: 0.75, meanClassAccuracy: 0.625 },
};

Deno.test("caltechTable() has a row a method, in the order of all figures, and one of the upper bound", () => {
  const rows = caltechTable(numbers);
  assert.deepEqual(rows.map(({ method, seeds }) => [method, seeds]), [
    ["C", 1],
    ["LwF-MC", 3],
    ["LwM", 3],
    ["all classes together", 1],
  ]);
  // Student's t of two degrees of freedom is 4.303: 4.303 · 0.02 / √3 = 0.0497.
  assert.deepEqual(rows[2], {
    "method": "LwM",
    "seeds": 3,
    "average, images": "66.0 ± 2.5 %",
    "average, classes": "56.0 ± 2.5 %",
    "last, images": "52.0 ± 5.0 %",
    "last, classes": "52.0 ± 5.0 %",
    "forgetting": "28.0 ± 5.0 %",
    "cosine, last": "0.770 ± 0.050",
  });
  assert.equal(rows[0]["average, images"], "50.0 %");
  assert.deepEqual([rows[3]["last, images"], rows[3]["last, classes"]], ["75.0 %", "62.5 %"]);
});

Deno.test("claimsTable() compares within seeds, with an interval and a verdict", () => {
  const rows = claimsTable(numbers);
  assert.equal(rows.length, 9);
  // Of the average: +1, +1, −1 points; 4.303 · 1.155 / √3 = 2.87.
  assert.deepEqual(rows[0], {
    "measure": "average accuracy, images",
    "difference": "LwM − LwF-MC",
    "seed 1": "+1.0",
    "seed 2": "+1.0",
    "seed 3": "−1.0",
    "mean": "+0.3 ± 2.9",
    "is the first higher?": "only in the mean: the interval holds 0",
  });
  assert.deepEqual(rows[8], {
    "measure": "cosine after the last step",
    "difference": "LwM − C",
    "seed 1": "+0.300",
    "mean": "+0.300",
    "is the first higher?": "one seed decides nothing",
  });
});

Deno.test("controlTable() compares LwF-MC with LwM of the same settings, not with the tuned one", () => {
  const controls = [0.58, 0.6, 0.66].map((last, i) => run("LwM", i + 1, last));
  const rows = controlTable({ ...numbers, controls });
  assert.deepEqual(rows.map(({ difference, mean }) => [difference, mean]), [
    ["LwM − LwF-MC", "+5.0 ± 0.0"],
    ["LwM − LwF-MC", "+5.0 ± 0.0"],
    ["LwM − LwF-MC", "+0.100 ± 0.000"],
  ]);
  const table = caltechTable({ ...numbers, controls });
  assert.deepEqual(table.map(({ method }) => method), [
    "C",
    "LwF-MC",
    "LwM",
    "LwM, set as LwF-MC",
    "all classes together",
  ]);
  assert.equal(table[3]["last, images"], "61.3 ± 10.3 %");
});

Deno.test("verdict() follows the interval, whichever way it lies", () => {
  assert.match(verdict([0.01, 0.011, 0.012]), /^yes/);
  assert.match(verdict([-0.01, -0.011, -0.012]), /^no:/);
  assert.match(verdict([0.01, -0.005, 0.01]), /^only in the mean/);
  assert.match(verdict([-0.01, 0.005, -0.01]), /^not even in the mean/);
  assert.match(verdict([0.1]), /^one seed/);
});

Deno.test("lastAccuracyOfSteps() is the mean over seeds for each step's classes", () => {
  const [C, , LwM] = lastAccuracyOfSteps(numbers);
  assert.deepEqual(C, { method: "C", shares: [0.2, 0.1] });
  assert.equal(LwM.method, "LwM");
  assert.deepEqual(LwM.shares.map((share) => share.toFixed(4)), ["0.5200", "0.2600"]);
});
