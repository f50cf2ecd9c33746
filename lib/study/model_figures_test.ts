import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { rightAnswers } from "../evaluation/accuracy.ts";
import { attentionGrid } from "../figures/attention_maps.ts";
import { Run, type RunEpoch } from "../run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../run/testdata/tiny_run.ts";
import { trainRuns } from "../run/train_runs.ts";
import { mean } from "../statistics.ts";
import {
  attentionRetentionNumbers,
  attentionShiftsOf,
  baseAttention,
  blindSpotNumbers,
  firstRecognized,
  forgettingNumbers,
  methodOverviewNumbers,
  whatAndWhyNumbers,
} from "./model_figures.ts";
import { gridOf, watchTraining } from "./watch_training.ts";

/** Leaves no tensor behind. */
async function withoutLeak<T>(work: () => Promise<T>): Promise<T> {
  const before = tf.memory().numTensors;
  const result = await work();
  assert.equal(tf.memory().numTensors, before);
  return result;
}

Deno.test("the figures of trained models show what these make of the images, and leave no tensor behind", () =>
  withDataDirectory(async (directory) => {
    const runs: Run[] = [];
    for (const method of ["C", "LwM"] as const) {
      const run = await Run.open(tinyConfiguration({ method, increments: 1 }), { directory });
      await run.train();
      runs.push(run);
    }
    await checkShifts(runs[1]);
    await checkOverview(runs[1]);
    await checkWhatAndWhy(runs[1]);
    await checkBaseAttention(runs);
  }));

async function checkShifts(run: Run): Promise<void> {
  const shifts = await withoutLeak(() => attentionShiftsOf(run, 1));
  assert.equal(shifts.length, 3 * 20, "every test image of the base classes");
  assert.ok(shifts.every(({ distillation, leastDistillation }) => distillation > leastDistillation - 1e-6));

  // A copy has not moved.
  const students = { intervention: await run.model(0), control: await run.model(1) };
  const { intervention, control, examples } = await withoutLeak(() => blindSpotNumbers(run, students));
  assert.ok(intervention.stayed >= control.stayed && control.stayed >= control.moved);
  assert.equal(intervention.moved, 0);
  for (const { teacher, intervention, b } of examples) {
    assert.ok(Math.abs(intervention.cosine - 1) < 1e-6);
    assert.deepEqual(intervention.baseScores, teacher.baseScores);
    assert.ok(teacher.baseScores[b] >= 0.5);
  }
}

/** A new image, and b as the student sees it. */
async function checkOverview(run: Run): Promise<void> {
  const { label, topBaseClass, teacher, student } = await withoutLeak(() => methodOverviewNumbers(run, 1));
  assert.ok(run.classNames(1).slice(3).includes(label));
  assert.deepEqual([teacher.baseScores, student.baseScores, student.newScores].map((s) => s.length), [
    3,
    3,
    2,
  ]);
  const top = student.baseScores.indexOf(Math.max(...student.baseScores));
  assert.equal(topBaseClass, run.classNames(0)[top]);
}

/** One image a class, of classes that the model does not know. */
async function checkWhatAndWhy(run: Run): Promise<void> {
  const { examples } = await withoutLeak(() => whatAndWhyNumbers(run, { step: 0, count: 5 }));
  const next = run.steps[1].map((id) => run.dataset.classNames[id]);
  assert.deepEqual(examples.map(({ label }) => label).sort(), next.sort());
  for (const { classes } of examples) {
    assert.deepEqual(classes.map(({ className }) => className).sort(), run.classNames(0).sort());
    assert.ok(classes[0].score >= classes[1].score && classes[1].score >= classes[2].score);
  }
}

/** Every model of every run is asked, as the evaluation did. */
async function checkBaseAttention(runs: Run[]): Promise<void> {
  const attention = await withoutLeak(() => baseAttention(runs));
  const [M_0, M_1] = attention.runs[1].predictions;
  const { attention: measured, accuracyOfSteps } = await runs[1].metrics(1);
  const { counted } = attention;
  const cosine = mean(counted.map((image) => attention.runs[1].cosines[1][image]));
  assert.ok(Math.abs(cosine - measured.cosine) < 1e-6);
  assert.equal(counted.length, measured.images);

  const image = firstRecognized(attention, "telephone");
  const isRight = rightAnswers(M_0);
  const telephones = attention.labels.flatMap((label, i) => label === "telephone" ? [i] : []);
  const recognized = telephones.filter((i) => isRight[i] === 1 && counted.includes(i));
  assert.equal(image, recognized[0] ?? telephones[0]);

  const { examples: [example], mean: means } = attentionRetentionNumbers(attention, [image]);
  assert.equal(example.label, "telephone");
  assert.deepEqual(example.rows.map(({ method, cells }) => [method, cells.length]), [["C", 2], ["LwM", 2]]);
  assert.equal(example.rows[1].cells[1].cosine, attention.runs[1].cosines[1][image]);
  assert.deepEqual(example.rows[0].cells[0].map, example.rows[1].cells[0].map, "M_0 is shared");
  assert.equal(means.rows[1].cosine[1], measured.cosine);

  const forgetting = forgettingNumbers(attention, runs[1], [image]);
  const { answers } = forgetting.examples[0];
  assert.deepEqual(
    answers.map((answer) => answer === "telephone"),
    [M_0, M_1].map((predictions) => rightAnswers(predictions)[image] === 1),
  );
  assert.deepEqual(Object.keys(forgetting.pictures).sort(), [...new Set(answers)].sort());
  assert.ok(Math.abs(forgetting.accuracy[1] - accuracyOfSteps[0]) < 1e-6);
}

Deno.test("trainRuns() tells the losses and the first class's map after each epoch of each run", () =>
  withDataDirectory(async (directory) => {
    const epochs: RunEpoch[] = [];
    const [run] = await trainRuns([tinyConfiguration({ increments: 1 })], {
      directory,
      onEpoch: (_, epoch) => epochs.push(epoch),
    });
    assert.deepEqual(epochs.map(({ step, log }) => [step, log.length]), [[0, 1], [0, 2], [1, 1], [1, 2]]);
    assert.deepEqual(epochs[3].log, await run.log(1));
    const { maps, mapSize: [size] } = await run.predictions(1, [run.classOrder[0]]);
    const { map } = epochs[3];
    assert.deepEqual([map.size, map.values], [size, Array.from(maps.subarray(0, size * size))]);

    const grid = gridOf([{ run, epoch: epochs[3], maps: new Map([[1, epochs[2].map], [2, map]]) }]);
    assert.deepEqual(grid.images.map(({ label }) => label), ["epoch 1", "epoch 2"]);
    assert.match(attentionGrid(grid).svg, /Where the network looks for the telephone/);
    // Outside of a notebook.
    watchTraining()(run, epochs[0]);
    const shown: string[] = [];
    const broadcast = (_type: string, { data }: { data: unknown }) =>
      Promise.resolve(shown.push(JSON.stringify(data)));
    const inKernel = Deno as { jupyter?: unknown };
    inKernel.jupyter = { display() {}, broadcast };
    try {
      const watch = watchTraining();
      // The next step begins while the first drawing is under way.
      await Promise.all([watch(run, epochs[1]), watch(run, epochs[2])]);
      await watch(run, epochs[3]);
    } finally {
      inKernel.jupyter = undefined;
    }
    const models = shown.flatMap((text) => text.match(/At the end: .*?(M[₀₁])/)?.[1] ?? []);
    assert.deepEqual(models, ["M₀", "M₁", "M₁"]);
  }));
