import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../data/photos/testdata/photo_fixtures.ts";
import { accuracyCurve, saveFigure } from "../figures/mod.ts";
import { caltechAccuracyNumbers, readCaltechAccuracy } from "./caltech_accuracy.ts";
import { measuredRun } from "./run_record_fixture.ts";

const runs = [
  measuredRun({ dataset: "caltech-101", method: "C", seed: 1 }, 0.25),
  measuredRun({ dataset: "caltech-101", method: "LwM", seed: 1 }, 0.5),
];

/** A run whose base step has as many classes as the others end with. */
function jointRun(classesSeen = 20) {
  const { configuration, metrics: [first] } = measuredRun({ method: "C", baseClasses: 20, increments: 0 }, 0);
  return { configuration, metrics: [{ ...first, classesSeen, accuracy: 0.75, meanClassAccuracy: 0.625 }] };
}

Deno.test("caltechAccuracyNumbers() has the form of accuracy-curve.json, both accuracies and the upper bound", () => {
  const { runs: [, LwM], ...rest } = caltechAccuracyNumbers(runs, jointRun());
  assert.deepEqual(rest, {
    dataset: "caltech-101",
    preset: "default",
    classesSeen: [10, 20],
    controls: [],
    upperBound: { accuracy: 0.75, meanClassAccuracy: 0.625 },
  });
  assert.deepEqual(LwM, {
    method: "LwM",
    seed: 1,
    accuracy: [0.8, 0.5],
    attentionCosine: [1, 0.6],
    meanClassAccuracy: [0.8, 0.5],
    accuracyOfSteps: [[0.8], [0.5, 0.5]],
  });
});

Deno.test("caltechAccuracyNumbers() throws where the joint run knows other classes", () => {
  assert.throws(() => caltechAccuracyNumbers(runs, jointRun(10)), {
    name: "UserError",
    message: /the 20 classes that the methods end with but found 10/,
  });
});

Deno.test("caltechAccuracyNumbers() takes LwM with LwF-MC's settings as a control, and no other", () => {
  const fields = { dataset: "caltech-101", seed: 1, beta: 1, learningRate: 0.02 } as const;
  const LwF = measuredRun({ ...fields, method: "LwF-MC", gamma: 0.3 }, 0.5);
  const numbers = (other: { seed?: number; learningRate?: number }) => {
    const control = measuredRun({ ...fields, method: "LwM", gamma: 0.1, ...other }, 0.75);
    return caltechAccuracyNumbers([...runs, LwF], jointRun(), [control]);
  };
  assert.deepEqual(numbers({}).controls.map(({ method, accuracy }) => [method, accuracy]), [["LwM", [
    0.8,
    0.75,
  ]]]);
  for (const other of [{ seed: 2 }, { learningRate: 0.05 }]) {
    assert.throws(() => numbers(other), { name: "UserError", message: /settings of LwF-MC, but for γ/ });
  }
});

Deno.test("readCaltechAccuracy() reads what saveFigure() has written", () =>
  withFolder(async (directory) => {
    const numbers = caltechAccuracyNumbers(runs, jointRun());
    await saveFigure("caltech-101-accuracy", accuracyCurve, numbers, { directory });
    assert.deepEqual(await readCaltechAccuracy(directory), numbers);
  }));

Deno.test("readCaltechAccuracy() says how to make what is missing, and where a file is damaged", () =>
  withFolder(async (directory) => {
    await assert.rejects(readCaltechAccuracy(directory), {
      name: "UserError",
      message:
        /found no such file\. .*`deno task sweep studies\/caltech-101\.json`, then `deno task caltech`/,
    });
    const numbers = { ...caltechAccuracyNumbers(runs, jointRun()), upperBound: 0.7 };
    await Deno.writeTextFile(join(directory, "caltech-101-accuracy.json"), JSON.stringify(numbers));
    await assert.rejects(readCaltechAccuracy(directory), { name: "UserError", message: /at upperBound: / });
  }));
