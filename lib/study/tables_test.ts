import assert from "node:assert/strict";
import { measuredRuns } from "./run_record.ts";
import { measuredRun } from "./run_record_fixture.ts";
import { Run } from "../run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../run/run_fixture.ts";
import {
  lastAccuracyOfSteps,
  methodTitle,
  settingsTable,
  stateTable,
  trainingCurveNumbers,
} from "./tables.ts";

Deno.test("methodTitle() names what is not the paper's", () => {
  assert.equal(methodTitle({ method: "LwM", norm: "L1" }), "LwM");
  assert.equal(methodTitle({ method: "LwM", norm: "L2" }), "LwM, L2");
  assert.equal(
    methodTitle({ method: "LwM", attentionClass: "all", attentionForm: "unnormalized" }),
    "LwM, all, unnormalized",
  );
  assert.equal(methodTitle({ method: "C", norm: "L2" }), "C");
});

Deno.test("stateTable() has the accuracy after each step, and what is made of them", () => {
  assert.deepEqual(stateTable([measuredRun({ method: "LwM", norm: "L2" }, 0.5)]), [{
    method: "LwM, L2",
    "M_0": "80.0 %",
    "M_1": "50.0 %",
    "average": "65.0 %",
    "forgetting": "30.0 %",
    "cosine": "0.600",
    "pointing game": "−36.0 points",
    "inside object": "−36.0 points",
  }]);
});

const RECORDS = [
  measuredRun({ method: "LwM", seed: 1, gamma: 0.1 }, 0.5),
  measuredRun({ method: "LwM", seed: 1, gamma: 0.3 }, 0.7),
  measuredRun({ method: "LwF-MC", seed: 1 }, 0.4),
  measuredRun({ method: "LwF-MC", seed: 2 }, 0.6),
];

Deno.test("settingsTable() has a row a setting, with intervals where there are several seeds", () => {
  const rows = settingsTable(RECORDS, { measures: ["averageAccuracy", "attentionCosine"] });
  assert.deepEqual(rows.map(Object.values), [
    // Student's t with one degree of freedom is 12.7; the standard error of 0.6 and 0.7 is 0.05.
    ["LwF-MC", "", 2, "65.0 ± 63.5 %", "0.600 ± 1.271"],
    ["LwM", "0.1", 1, "65.0 %", "0.600"],
    ["LwM", "0.3", 1, "75.0 %", "0.800"],
  ]);
  assert.equal(Object.keys(rows[0])[1], "γ");
});

Deno.test("settingsTable() puts the best setting of a method first if it is asked to", () => {
  const rows = settingsTable(RECORDS, { bestFirst: true });
  assert.deepEqual(rows.map((row) => row["γ"]), ["", "0.3", "0.1"]);
});

Deno.test("settingsTable() shows of one network on all classes nothing but its accuracy", () => {
  const joint = measuredRun({ method: "C", baseClasses: 20, increments: 0 }, 0.9);
  const [row] = settingsTable([{ ...joint, metrics: joint.metrics.slice(0, 1) }]);
  assert.equal(row.method, "all 20 classes together");
  assert.equal(row["accuracy after the last step"], "80.0 %");
  assert.equal(row.forgetting, "");
});

Deno.test("settingsTable() refuses a mixture of engines", () => {
  const other = { ...RECORDS[3], engine: "onednn" as const };
  assert.throws(() => settingsTable([...RECORDS.slice(0, 3), other]), {
    name: "UserError",
    message: /runs of one engine but found wasm and onednn/,
  });
});

Deno.test("lastAccuracyOfSteps() is the mean over the seeds", () => {
  const [LwF] = lastAccuracyOfSteps(RECORDS.slice(2));
  assert.deepEqual(LwF, { method: "LwF-MC", shares: [0.5, 0.5] });
});

Deno.test("trainingCurveNumbers() reads what the training has logged", () =>
  withDataDirectory(async (directory) => {
    const configuration = tinyConfiguration({ method: "LwM", increments: 1, beta: 0.5, gamma: 0.2 });
    const run = await Run.open(configuration, { directory });
    await run.train();
    const log = await run.log(1);
    const { models: [LwM] } = await trainingCurveNumbers([run], 1);
    assert.equal(LwM.model, "LwM, M_{1}");
    assert.deepEqual(LwM.terms["β · L_{D}"], log.map(({ L_D }) => 0.5 * L_D!));
    assert.deepEqual(LwM.terms["γ · L_{AD}"], log.map(({ L_AD }) => 0.2 * L_AD!));
    const { models: [M_0] } = await trainingCurveNumbers([run], 0);
    assert.deepEqual([M_0.model, Object.keys(M_0.terms)], ["M_{0}", ["L_{C}"]]);

    const [measured] = await measuredRuns([run]);
    assert.deepEqual(measured.metrics, [await run.metrics(0), await run.metrics(1)]);
    assert.equal((await measuredRuns([run], 0))[0].metrics.length, 1);
  }));
