import assert from "node:assert/strict";
import { accuracyCurveNumbers, measuredRuns } from "./run_record.ts";
import { measuredRun } from "./run_record_fixture.ts";
import { Run } from "../run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../run/run_fixture.ts";
import {
  accuracyTable,
  attentionTable,
  distanceTable,
  gammaTable,
  lossTable,
  methodTitle,
  pairedTable,
  seedTable,
  stateTable,
  trainingCurveOf,
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

Deno.test("accuracyTable() has a column for each step's classes", () => {
  assert.deepEqual(accuracyTable([measuredRun({ method: "C" }, 0.25)], 1), [{
    method: "C",
    "all classes seen": "25.0 %",
    "classes of step 0": "25.0 %",
    "classes of step 1": "25.0 %",
    "attention cosine": "0.350",
  }]);
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

Deno.test("attentionTable() has a row for each model", () => {
  const rows = attentionTable([measuredRun({ method: "LwM" }, 0.5)]);
  assert.deepEqual(rows.map(Object.values), [
    ["LwM", "M_0", "1.000", "90.0 %", "90.0 %"],
    ["LwM", "M_1", "0.600", "54.0 %", "54.0 %"],
  ]);
});

const CURVE = accuracyCurveNumbers([
  measuredRun({ method: "LwF-MC", seed: 1 }, 0.4),
  measuredRun({ method: "LwF-MC", seed: 2 }, 0.6),
  measuredRun({ method: "LwM", seed: 1 }, 0.5),
  measuredRun({ method: "LwM", seed: 2 }, 0.7),
  measuredRun({ method: "LwM", seed: 3 }, 0.1),
]);

Deno.test("seedTable() gives means, and intervals where there are several seeds", () => {
  const [LwF] = seedTable(CURVE);
  assert.deepEqual(Object.values(LwF).slice(0, 2), ["LwF-MC", 2]);
  // Student's t with one degree of freedom is 12.7; standard error of 0.6 and 0.7 is 0.05.
  assert.equal(LwF["average incremental accuracy"], "65.0 ± 63.5 %");
  const one = seedTable({ ...CURVE, runs: CURVE.runs.slice(0, 1) });
  assert.equal(one[0]["attention cosine after the last step"], "0.500");
});

Deno.test("pairedTable() takes differences within the seeds that both methods have", () => {
  const [row] = pairedTable(CURVE, [["LwM", "LwF-MC"]]);
  assert.deepEqual(Object.values(row), ["LwM − LwF-MC", 2, "+5.0 ± 0.0 points", 2, "+0.100 ± 0.000", 2]);
});

const outcome = (last: number) => ({ averageIncrementalAccuracy: last, attentionCosine: 0.9 });

Deno.test("distanceTable() has a row for LwF-MC and for each norm and γ", () => {
  const rows = distanceTable({
    dataset: "iemoji-100",
    preset: "smoke",
    runs: [
      { distance: "none", gamma: 0, seed: 1, ...outcome(0.4) },
      { distance: "L2", gamma: 0.1, seed: 1, ...outcome(0.4) },
      { distance: "L2", gamma: 1, seed: 1, ...outcome(0.38) },
      { distance: "L2", gamma: 1, seed: 2, ...outcome(0.4) },
    ],
  });
  assert.deepEqual(rows.map(Object.values), [
    ["LwF-MC", 1, "40.0 %", "", "0.900"],
    ["LwM, L2, γ = 0.1", 1, "40.0 %", "+0.0 points", "0.900"],
    // Student's t with one degree of freedom is 12.7; only seed 1 has a run of LwF-MC to compare with.
    ["LwM, L2, γ = 1", 2, "39.0 ± 12.7 %", "−2.0 points", "0.900 ± 0.000"],
  ]);
});

Deno.test("gammaTable() has a row for each γ, in rising order", () => {
  const runs = [1, 0, 0.1].map((gamma) => ({ gamma, seed: 1, ...outcome(0.4) }));
  const rows = gammaTable({ dataset: "iemoji-100", preset: "smoke", runs });
  assert.deepEqual(rows.map((row) => row["γ"]), ["0", "0.1", "1"]);
});

Deno.test("lossTable() and trainingCurveOf() read what the training has logged", () =>
  withDataDirectory(async (directory) => {
    const configuration = tinyConfiguration({ method: "LwM", increments: 1, beta: 0.5, gamma: 0.2 });
    const run = await Run.open(configuration, { directory });
    await run.train();
    const log = await run.log(1);
    const [row] = await lossTable([run], 1);
    assert.equal(row.L_AD, `${log[0].L_AD!.toFixed(3)} → ${log[1].L_AD!.toFixed(3)}`);
    assert.deepEqual((await lossTable([run], 0))[0].L_D, "");

    const { models: [LwM] } = await trainingCurveOf([run], 1);
    assert.equal(LwM.model, "LwM, M_{1}");
    assert.deepEqual(LwM.terms["β · L_{D}"], log.map(({ L_D }) => 0.5 * L_D!));
    assert.deepEqual(LwM.terms["γ · L_{AD}"], log.map(({ L_AD }) => 0.2 * L_AD!));
    const { models: [M_0] } = await trainingCurveOf([run], 0);
    assert.deepEqual([M_0.model, Object.keys(M_0.terms)], ["M_{0}", ["L_{C}"]]);

    const [measured] = await measuredRuns([run]);
    assert.deepEqual(measured.metrics, [await run.metrics(0), await run.metrics(1)]);
    assert.equal((await measuredRuns([run], 0))[0].metrics.length, 1);
  }));
