import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { methodOverviewNumbers } from "./method_overview.ts";
import { Run } from "../run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../run/run_fixture.ts";

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
