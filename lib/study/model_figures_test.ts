import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Run } from "../run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../run/run_fixture.ts";
import {
  attentionShiftNumbers,
  attentionShiftsOf,
  methodOverviewNumbers,
  shiftDistributionNumbers,
  whatAndWhyNumbers,
} from "./model_figures.ts";

Deno.test("attentionShiftsOf() and attentionShiftNumbers() go from a run to what the figure draws", () =>
  withDataDirectory(async (directory) => {
    const run = await Run.open(tinyConfiguration({ increments: 1 }), { directory });
    await run.train();
    const before = tf.memory().numTensors;
    const shifts = await attentionShiftsOf(run, 1);
    assert.equal(tf.memory().numTensors, before);
    assert.equal(shifts.length, 3 * 20, "every test image of the base classes");
    assert.ok(shifts.every(({ distillation, leastDistillation }) => distillation > leastDistillation - 1e-6));

    const { teacher, student, examples } = attentionShiftNumbers(run, 1, [shifts[7], shifts[0]]);
    assert.deepEqual([teacher, student, examples.length], ["M_{0}", "M_{1}", 2]);
    const [example] = examples;
    const scored = example.teacher.scores.map(({ className }) => className);
    assert.deepEqual([...scored].sort(), [...run.classNames(0)].sort());
    assert.deepEqual(example.student.scores.map(({ className }) => className), scored);
    for (const { scores, map } of [example.teacher, example.student]) {
      assert.ok(scores.every(({ score }) => score >= 0 && score <= 1));
      assert.equal(map.values.length, map.size ** 2);
    }
    assert.equal(example.topBaseClass, run.classNames(0)[shifts[7].topBaseClass]);
    assert.equal(example.image.rgb.length, 16 * 16 * 3);

    const { students: [LwM] } = shiftDistributionNumbers([{ run, shifts }], 1, "telephone");
    assert.deepEqual([LwM.name, LwM.images.length], ["LwM", shifts.length]);
    assert.ok(LwM.images.every(({ dark, cosine }) => !dark || cosine === 0));
  }));

Deno.test("methodOverviewNumbers() finds a new image, and b as the student sees it", () =>
  withDataDirectory(async (directory) => {
    const run = await Run.open(tinyConfiguration({ increments: 1 }), { directory });
    await run.train();
    const before = tf.memory().numTensors;
    const { label, topBaseClass, teacher, student } = await methodOverviewNumbers(run, 1);
    assert.equal(tf.memory().numTensors, before);
    assert.ok(run.classNames(1).slice(3).includes(label));
    assert.deepEqual(
      [teacher.baseScores.length, student.baseScores.length, student.newScores.length],
      [3, 3, 2],
    );
    const top = student.baseScores.indexOf(Math.max(...student.baseScores));
    assert.equal(topBaseClass, run.classNames(0)[top]);
    assert.equal(teacher.map.values.length, student.map.values.length);
  }));

Deno.test("whatAndWhyNumbers() finds one image a class, of classes that the model does not know", () =>
  withDataDirectory(async (directory) => {
    const run = await Run.open(tinyConfiguration(), { directory });
    await run.train(0);
    const before = tf.memory().numTensors;
    const { examples } = await whatAndWhyNumbers(run, { step: 0, count: 5 });
    assert.equal(tf.memory().numTensors, before);
    const next = run.steps[1].map((id) => run.dataset.classNames[id]);
    assert.deepEqual(examples.map(({ label }) => label).sort(), next.sort());
    for (const { classes } of examples) {
      assert.deepEqual(classes.map(({ className }) => className).sort(), run.classNames(0).sort());
      assert.ok(classes[0].score >= classes[1].score && classes[1].score >= classes[2].score);
    }
    const [first] = (await whatAndWhyNumbers(run, { step: 0, count: 1 })).examples;
    assert.equal(first.label, examples[0].label);
  }));
