import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Run } from "../run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../run/run_fixture.ts";
import { whatAndWhyNumbers } from "./what_and_why.ts";

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
