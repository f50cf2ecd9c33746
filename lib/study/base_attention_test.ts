import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { rightAnswers } from "../evaluation/accuracy.ts";
import {
  attentionRetentionNumbers,
  baseAttention,
  firstRecognized,
  forgettingNumbers,
} from "./base_attention.ts";
import { Run } from "../run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../run/run_fixture.ts";

Deno.test("baseAttention() asks every model of every run, as the evaluation did, and leaves no tensor behind", () =>
  withDataDirectory(async (directory) => {
    const runs = [];
    for (const method of ["C", "LwM"] as const) {
      const run = await Run.open(tinyConfiguration({ method, increments: 1 }), { directory });
      await run.train();
      runs.push(run);
    }
    const before = tf.memory().numTensors;
    const attention = await baseAttention(runs);
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual(attention.runs.map(({ method }) => method), ["C", "LwM"]);
    assert.deepEqual(attention.runs.map(({ predictions }) => predictions.length), [2, 2]);

    const { attention: measured } = await runs[1].metrics(1);
    const { counted } = attention;
    const mean = counted.reduce((sum, image) => sum + attention.runs[1].cosines[1][image], 0) /
      counted.length;
    assert.ok(Math.abs(mean - measured.cosine) < 1e-6);
    assert.equal(counted.length, measured.images);

    const image = firstRecognized(attention, "telephone");
    assert.equal(attention.labels[image], "telephone");
    const isRight = rightAnswers(attention.runs[0].predictions[0]);
    const telephones = attention.labels.flatMap((label, i) => label === "telephone" ? [i] : []);
    const recognized = telephones.filter((i) => isRight[i] === 1 && counted.includes(i));
    assert.equal(image, recognized[0] ?? telephones[0]);

    const figure = attentionRetentionNumbers(attention, [image]);
    const [example] = figure.examples;
    assert.equal(example.label, "telephone");
    assert.equal(example.rows[1].cells[1].cosine, attention.runs[1].cosines[1][image]);
    assert.deepEqual(example.rows.map(({ cells }) => cells.map(({ map }) => map.values.length)), [
      [16, 16],
      [16, 16],
    ]);
    assert.deepEqual(example.rows[0].cells[0].map, example.rows[1].cells[0].map, "M_0 is shared");
    assert.equal(figure.mean!.rows[1].cosine[1], measured.cosine);

    const forgetting = forgettingNumbers(attention, runs[1], [image]);
    const { answers } = forgetting.examples[0];
    assert.deepEqual(answers.map((answer) => answer === "telephone"), [
      isRight[image] === 1,
      rightAnswers(attention.runs[1].predictions[1])[image] === 1,
    ]);
    assert.deepEqual(Object.keys(forgetting.pictures).sort(), [...new Set(answers)].sort());
    assert.ok(runs[1].classNames(1).includes(answers[1]));
    const { accuracyOfSteps } = await runs[1].metrics(1);
    assert.ok(Math.abs(forgetting.accuracy[1] - accuracyOfSteps[0]) < 1e-6);
  }));
