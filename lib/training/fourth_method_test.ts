/**
 * A fourth method, defined here and nowhere else: it is trained, evaluated, tabulated and drawn like the
 * paper's three.
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { accuracyCurve } from "../figures/curves.ts";
import { configure } from "../run/configuration.ts";
import { Run } from "../run/run.ts";
import { trainRuns } from "../run/train_runs.ts";
import { tinyConfiguration, withDataDirectory } from "../run/testdata/tiny_run.ts";
import { accuracyCurveNumbers } from "../study/record_figures.ts";
import { measuredRuns } from "../study/run_record.ts";
import { settingsTable } from "../study/tables.ts";
import { defineMethod, methodNamed } from "./method.ts";

/** Keeps the scores of the base classes themselves where they were, where LwF-MC keeps their sigmoids. */
defineMethod("Scores", {
  description: "L_C + β·L_S, the squared distance of the scores",
  terms: {
    ...methodNamed("C").terms,
    L_S: {
      value: ({ student, teacher, baseClasses }) => {
        const ofBase = tf.slice2d(student.logits, [0, 0], [-1, baseClasses]);
        return tf.losses.meanSquaredError(teacher!.logits, ofBase) as tf.Scalar;
      },
      weight: { symbol: "β", value: ({ beta }) => beta },
    },
  },
  usesTeacher: true,
  fields: ["classification", "beta"],
  tuned: { "iemoji-100": { beta: 0.25 } },
  color: "#cc79a7",
  symbol: "diamond",
});

Deno.test("a method defined outside of the library is trained, evaluated, tabulated and drawn", () =>
  withDataDirectory(async (directory) => {
    const fields = { increments: 1, baseEpochs: 1, epochs: 1 };
    const runs: Run[] = [];
    for (const method of ["C", "Scores"]) {
      const run = await Run.open(tinyConfiguration({ ...fields, method }), { directory });
      await run.train();
      runs.push(run);
    }
    const [{ L_C, L_S, L }] = await runs[1].log(1);
    assert.ok(L_S > 0 && Math.abs(L - (L_C + 0.25 * L_S)) < 1e-5 * L);
    // Neither of the two reads γ, and only the new one reads β.
    const folderOf = async (method: string, change: { gamma?: number; beta?: number }) =>
      (await Run.open(tinyConfiguration({ ...fields, method, ...change }), { directory })).folders.method;
    assert.equal(await folderOf("Scores", { gamma: 0.9 }), runs[1].folders.method);
    assert.notEqual(await folderOf("Scores", { beta: 0.9 }), runs[1].folders.method);
    assert.equal(await folderOf("C", { beta: 0.9 }), runs[0].folders.method);

    const measured = await measuredRuns(runs);
    const curve = accuracyCurveNumbers(measured);
    assert.deepEqual(settingsTable(measured).map(({ method }) => method), ["C", "Scores"]);
    const { svg } = accuracyCurve(curve);
    assert.match(svg, /Scores: [\d.]+ %/);
    assert.match(svg, /stroke="#cc79a7"/);
  }));

Deno.test("a method is defined once, and its name is known to the configuration", () => {
  assert.throws(() => defineMethod("LwM", methodNamed("C")), { name: "UserError", message: /exists/ });
  assert.throws(() => tinyConfiguration({ method: "LwX" }), {
    name: "UserError",
    message: /Expected method to be "C" or "LwF-MC" or "LwM" or "Pooled" or "Scores" but found "LwX"/,
  });
  assert.equal(configure({ method: "Scores" }).beta, 0.25);
});

Deno.test("defineMethod() says what a method lacks", () => {
  assert.throws(() => defineMethod("X", {} as never), {
    name: "UserError",
    message: /^Expected the method "X" to have .* but found no description, terms, .*, symbol\. Add them; /,
  });
});

Deno.test("trainRuns() says why it cannot train a method that only this process knows", () =>
  withDataDirectory(async (directory) => {
    const configurations = [tinyConfiguration({ method: "Scores" })];
    await assert.rejects(trainRuns(configurations, { directory }), {
      name: "UserError",
      message: /but found "Scores", which only this process has defined\. Train it here: /,
    });
    await assert.rejects(trainRuns(configurations[0] as never, { directory }), {
      name: "UserError",
      message: /^Expected a list of configurations but found no list\. For one run, write trainRuns\(\[/,
    });
  }));
