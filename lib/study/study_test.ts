import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../testdata/folder.ts";
import {
  measuredRuns,
  MEASURES,
  methodTitle,
  readRecords,
  type RunRecord,
  writeRecords,
} from "./run_record.ts";
import { measuredRun } from "./testdata/records.ts";
import {
  type PlannedComparison,
  readStudies,
  readStudy,
  readStudyPlan,
  resultsPath,
  studiesDirectory,
  type Study,
} from "./study.ts";
import type { Configuration } from "../run/schema.ts";
import { configure } from "../run/configuration.ts";
import { comparisonsOf, pairsAtEqualSettings, pairsOf } from "./comparisons.ts";
import {
  accuracyCurveNumbers,
  attentionRetentionCurveNumbers,
  gammaNumbers,
  studyFigure,
  trainingCurveNumbers,
} from "./figure_numbers.ts";
import { Run } from "../run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../run/testdata/tiny_run.ts";
import { comparisonsTable, gainTable, lastAccuracyOfSteps, settingsTable, stateTable } from "./tables.ts";

async function plan(folder: string, content: unknown) {
  const path = join(folder, "s.json");
  await Deno.writeTextFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return await readStudyPlan(path);
}

Deno.test("readStudyPlan() gives every combination of the grids, then the list, over the base", () =>
  withFolder(async (folder) => {
    const { configurations } = await plan(folder, {
      base: { preset: "smoke", epochs: 3 },
      grid: [{ gamma: [0.2, 0.1], seed: [1, 2] }, { method: ["LwF-MC"] }],
      runs: [{ method: "C", epochs: 4 }],
    });
    assert.deepEqual(
      configurations.map((
        { method, gamma, seed, epochs },
      ) => [method, method === "LwM" ? gamma : 0, seed, epochs]),
      [["LwM", 0.2, 1, 3], ["LwM", 0.2, 2, 3], ["LwM", 0.1, 1, 3], ["LwM", 0.1, 2, 3], ["LwF-MC", 0, 1, 3], [
        "C",
        0,
        1,
        4,
      ]],
    );
  }));

Deno.test("readStudyPlan() takes each run's own preset values for its method", () =>
  withFolder(async (folder) => {
    const { configurations: [C, LwM] } = await plan(folder, { grid: { method: ["C", "LwM"] } });
    assert.notEqual(C.classification, LwM.classification);
  }));

Deno.test("readStudyPlan() skips a configuration that is the same run as another, and counts it", () =>
  withFolder(async (folder) => {
    const { configurations, duplicates } = await plan(folder, {
      grid: { method: ["LwF-MC"], gamma: [0.1, 0.3] },
      runs: [{ method: "LwF-MC", increments: 9 }],
    });
    assert.deepEqual([configurations.length, configurations[0].increments, duplicates], [1, 9, 2]);
  }));

Deno.test("readStudyPlan() says where a file is wrong", () =>
  withFolder(async (folder) => {
    const refuses = (content: unknown, message: RegExp) =>
      assert.rejects(plan(folder, content), { name: "UserError", message });
    await refuses([], /s\.json to hold a study but found this at its root: .*object/);
    await refuses({}, /at its root: expected "grid" or "runs" or both/);
    await refuses({ grids: {}, runs: [{}] }, /"grids"/);
    await refuses({ runs: [{}, 3] }, /at runs\.1: /);
    await refuses({ grid: { gamma: [] } }, /at grid/);
    await refuses(
      { grid: { seed: 1, method: ["LwM"] } },
      /at grid\.0\.seed: expected a list of values but found 1; write \[1\]\./,
    );
    await refuses(
      { grid: { gamma: ["0.3"] } },
      /run \{"gamma":"0\.3"\}: Expected gamma to be a finite number/,
    );
    await refuses({ base: { seed: -1.5 }, runs: [{}] }, /Expected seed to be/);
    await refuses({ runs: [{ gama: 1 }] }, /at runs\.0: .*"gama"/);
    await refuses({ runs: [{ beta: 20 }] }, /^In .*s\.json, run \{"beta":20\}: Expected beta to be at most/);
    await refuses(
      { runs: [{}], arms: { M: {} }, comparisons: [{ what: "?", first: "M", second: "M", measure: "luck" }] },
      /measure/,
    );
    await refuses({ runs: [{}], figures: [{ name: "a", kind: "acuracyCurve" }] }, /at figures\.0\.kind/);
    await refuses('{"runs": [', /that are not JSON: Unexpected end .*sweep --help/);
    await refuses('{\n "base": {}\n "runs": []}', /not JSON: .*line 3 column 2/);
    await assert.rejects(
      readStudyPlan(join(folder, "none.json")),
      /a study in .*none\.json but found no such file/,
    );
  }));

Deno.test("readStudyPlan() takes the place of images from the study's file", () =>
  withFolder(async (folder) => {
    const three = { classes: ["a", "b", "c"], baseClasses: 2, increment: 1, increments: 1 };
    const { configurations } = await plan(folder, {
      base: { dataset: "folder", ...three },
      grid: { data: ["../signs", "~/pets", "/tmp/x"] },
      figures: [{ name: "a", kind: "accuracyCurve", runs: [{ data: "../signs" }] }],
    });
    assert.deepEqual(
      configurations.map(({ data }) => data),
      [join(folder, "../signs"), join(Deno.env.get("HOME")!, "pets"), "/tmp/x"],
    );
  }));

Deno.test("readStudyPlan() refuses a selector of an arm or figure that names no run, and says what there is", () =>
  withFolder(async (folder) => {
    const arms = (M: object, F: object) => ({
      arms: { M, F },
      comparisons: [{ what: "gain", first: "M", second: "F" }],
    });
    const figure = (selectors: object) => ({ figures: [{ name: "a", kind: "accuracyCurve", ...selectors }] });
    const content = { grid: { method: ["LwM", "C"], gamma: [0.1, 0.3] } };
    const planWith = (more: object) => plan(folder, { ...content, ...more });
    const refuses = (more: object, message: RegExp) =>
      assert.rejects(planWith(more), { name: "UserError", message });
    await planWith(arms({ method: "LwM", gamma: 0.1 }, { method: "C" }));
    await planWith(figure({ runs: [{ gamma: 0.1 }], joint: { method: "C" } }));
    await refuses(
      arms({ method: "LWM" }, { method: "C" }),
      /^Expected arm "M" in .*s\.json to name runs of the study but found \{"method":"LWM"\}, which none has\. They have method "LwM" or "C"\. Correct it\.$/,
    );
    await refuses(
      arms({ method: "C" }, { method: "LwM", gamma: "0.3" }),
      /arm "F" .* found \{"method":"LwM","gamma":"0\.3"\}, .* have method "LwM" or "C"; gamma 0\.1 or 0\.3\./,
    );
    await refuses(
      arms({ method: "C" }, { method: "LwM" }),
      /arm "F" in .*s\.json to be one setting but found several that \{"method":"LwM"\} names\. Add fields/,
    );
    await refuses(
      { arms: { M: { method: "C" } }, comparisons: [{ what: "gain", first: "M", second: "X" }] },
      /^Expected comparisons of the arms M in .*s\.json but found "X"\. Add it to "arms"/,
    );
    await refuses(figure({ runs: [{}, { seed: 2 }] }), /"a" in .* have seed 1\./);
    await refuses(figure({ joint: { increments: 0 } }), /"a" in .* have increments 4\./);
  }));

const fields = { method: "LwM", increments: 1 } as const;

Deno.test("readStudy() has the finished runs that its file names", () =>
  withFolder(async (folder) => {
    const grid = { method: ["LwM"], increments: [1], seed: [1, 2, 3] };
    await Deno.writeTextFile(join(folder, "s.json"), JSON.stringify({ grid }));
    const short = measuredRun({ ...fields, seed: 2 }, 0.5);
    await writeRecords(resultsPath("s", folder), [
      { ...short, metrics: short.metrics.slice(0, 1) },
      measuredRun({ ...fields, seed: 3 }, 0.4),
      measuredRun({ ...fields, seed: 1 }, 0.3),
      measuredRun({ ...fields, seed: 4 }, 0.3),
    ]);
    const { records } = await readStudy("s", folder);
    const seen = records.map(({ configuration, metrics }) => [configuration.seed, metrics[1].accuracy]);
    assert.deepEqual(seen, [[1, 0.3], [3, 0.4]]);
    // Other files may lie beside studies.
    await Deno.writeTextFile(join(folder, "package.json"), '{ "name": "mine" }');
    await Deno.writeTextFile(join(folder, "curve.json"), '{ "figure": "accuracyCurve", "runs": [{}] }');
    assert.deepEqual((await readStudies(folder)).map(({ name }) => name), ["s"]);
  }));

Deno.test("readRecords() gives back what writeRecords() wrote, without the confusion matrix", () =>
  withFolder(async (folder) => {
    const path = join(folder, "s.results.json");
    assert.deepEqual(await readRecords(path), []);
    const record = measuredRun({ ...fields, gamma: 1 / 3 }, 1 / 7);
    await writeRecords(path, [record]);
    const [read] = await readRecords(path);
    assert.deepEqual(read.configuration, record.configuration);
    assert.equal(read.metrics[1].accuracy, 1 / 7);
    assert.equal(read.metrics[1].forgetting, 0.8 - 1 / 7);
    assert.deepEqual(read.metrics[1].attention, record.metrics[1].attention);
    assert.equal("confusion" in read.metrics[1], false);
  }));

/** Where studies are committed. */
const FOLDERS = [studiesDirectory(), join(studiesDirectory(), "first-edition")];

Deno.test("a file of results that is read and written keeps its bytes", () =>
  withFolder(async (copies) => {
    for (const folder of FOLDERS) {
      for (const { name } of Deno.readDirSync(folder)) {
        if (!name.endsWith(".results.json")) continue;
        await writeRecords(join(copies, name), await readRecords(join(folder, name)));
        for (const file of [name, name.replace("json", "tsv")]) {
          const [before, after] = [folder, copies].map((place) => Deno.readTextFileSync(join(place, file)));
          assert.ok(before === after, file);
        }
      }
    }
  }));

Deno.test("readRecords() says where a file is damaged", () =>
  withFolder(async (folder) => {
    const path = join(folder, "s.results.json");
    await writeRecords(path, [measuredRun(fields, 0.4)]);
    const text = await Deno.readTextFile(path);
    const refuses = async (found: string, written: string, place: RegExp) => {
      assert.ok(text.includes(found), found);
      const changed = text.replace(found, written);
      await Deno.writeTextFile(path, changed);
      await assert.rejects(readRecords(path), {
        name: "UserError",
        message: /s\.results\.json to hold the results of a study but found a digest that does not match/,
      });
      await Deno.writeTextFile(path, changed.replace(/"digest": "\w+", /, ""));
      await assert.rejects(readRecords(path), { name: "UserError", message: place });
    };
    await refuses('"accuracy":0.4', '"accuracy":4', /found this at runs\.0\.metrics\.1\.accuracy/);
    await refuses('"gamma":0.3', '"gamma":"0.1"', /at runs\.0\.configuration\.gamma/);
    await refuses('"gamma":0.3', '"gama":0.1', /at runs\.0\.configuration: .*"gama"/);
    await refuses('"seed":1', '"seed":-1.5', /at runs\.0\.configuration\.seed/);
    await refuses('"cosine":1', '"cosine":2', /at runs\.0\.metrics\.0\.attention\.cosine/);
    await refuses('"drop":0', '"drop":7', /at runs\.0\.metrics\.0\.attention\.pointingGame\.drop/);
    await refuses('"forgetting"', '"forgettinh"', /at runs\.0\.metrics\.0: .*"forgettinh"/);
    await Deno.writeTextFile(path, text.replace('"digest"', '"digesu"'));
    await assert.rejects(readRecords(path), { message: /"digesu"/ });
    await Deno.writeTextFile(path, text.replace(/"digest": "\w+", /, ""));
    assert.equal((await readRecords(path)).length, 1);
  }));

Deno.test("the committed studies can be read, and every record is of a run that its file names", async () => {
  for (const folder of FOLDERS) {
    const studies = await readStudies(folder);
    assert.ok(studies.length > 0);
    for (const { name, records } of studies) {
      const kept = await readRecords(resultsPath(name, folder));
      assert.equal(records.length, kept.length, name);
    }
  }
});

const COMPARISON: PlannedComparison = {
  what: "equal settings",
  first: "M",
  second: "F",
  measure: "averageAccuracy",
  tested: true,
};

const settings: Partial<Configuration> = { learningRate: 0.1, beta: 0.5 };

/** The average accuracy of LwM exceeds LwF-MC's by half of these, one a seed. */
function recordsWith(gains: readonly number[]): RunRecord[] {
  return gains.flatMap((gain, i) => [
    measuredRun({ ...settings, method: "LwM", gamma: 0.3, seed: i + 1 }, 0.4 + gain),
    measuredRun({ ...settings, method: "LwF-MC", seed: i + 1 }, 0.4),
  ]);
}

function study(records: readonly RunRecord[], ...comparisons: readonly PlannedComparison[]): Study {
  const configurations = records.map(({ configuration }) => configuration);
  const arms = { M: { method: "LwM" }, F: { method: "LwF-MC" } };
  return { name: "study", configurations, duplicates: 0, arms, comparisons, figures: [], records };
}

Deno.test("comparisonsOf() takes differences within seeds, and says what follows", () => {
  const [row] = comparisonsOf([study(recordsWith([0.02, 0.04, 0.06]), COMPARISON)]);
  row.differences.forEach((difference, i) => assert.ok(Math.abs(difference - [0.01, 0.02, 0.03][i]) < 1e-12));
  // Student's t with two degrees of freedom is 4.30, and the standard error 0.58 points: the interval holds
  // zero.
  assert.equal(row.verdict, "undecided");
  const [shown] = comparisonsTable([row]);
  assert.equal(shown["mean, 95 % interval"], "+2.0 ± 2.5 points");
  assert.deepEqual([shown["data set"], shown.comparison], ["iEmoji-100", "equal settings, M − F"]);
  const verdictOf = (gains: number[]) => comparisonsOf([study(recordsWith(gains), COMPARISON)])[0].verdict;
  assert.equal(verdictOf([0.03, 0.04, 0.05]), "gain");
  assert.equal(verdictOf([-0.03, -0.04, -0.05]), "loss");
  assert.equal(verdictOf([0.001, 0.002, -0.003]), "no gain worth having");
});

Deno.test("comparisonsOf() compares A, the mean over the increments, unless another measure is named", () => {
  const measure = "accuracyAfterIncrements";
  const [row] = comparisonsOf([study(recordsWith([0.02, 0.04]), { ...COMPARISON, measure })]);
  row.differences.forEach((difference, i) => assert.ok(Math.abs(difference - [0.02, 0.04][i]) < 1e-12));
});

Deno.test("comparisonsOf() says how many seeds there are, and nothing else, while one is missing", () => {
  const whole = study(recordsWith([0.02, 0.04, 0.06]), COMPARISON);
  const [row] = comparisonsOf([{ ...whole, records: whole.records.slice(0, -1) }]);
  assert.deepEqual([row.differences, row.verdict, row.p], [[], "not finished", undefined]);
  const [shown] = comparisonsTable([row]);
  assert.deepEqual([shown["mean, 95 % interval"], shown.seeds, shown["p (Holm)"]], ["", "2 of 3", ""]);
});

Deno.test("comparisonsOf() leaves out seeds whose runs start from different M_0, as after training on two kinds of processor", () => {
  const whole = study(recordsWith([0.02, 0.04, 0.06]), COMPARISON);
  const [first, ...others] = whole.records;
  const [M_0, ...later] = first.metrics;
  const elsewhere = { ...first, metrics: [{ ...M_0, accuracy: M_0.accuracy - 0.005 }, ...later] };
  assert.equal(comparisonsOf([{ ...whole, records: [elsewhere, ...others] }])[0].seeds, 2);
});

Deno.test("comparisonsOf() adjusts p over all rows that are tested, of all studies", () => {
  const one = study(recordsWith([0.03, 0.04, 0.05]), COMPARISON);
  const [{ p: alone }] = comparisonsOf([one]);
  const [{ p: ofTwo }] = comparisonsOf([one, one]);
  assert.ok(Math.abs(ofTwo! - 2 * alone!) < 1e-12);
  const estimate = { ...COMPARISON, tested: false };
  const [first, second] = comparisonsOf([study(one.records, COMPARISON, estimate)]);
  assert.deepEqual([first.p, second.p, second.verdict], [alone, undefined, "estimate"]);
  assert.equal(second.differences.length, 3);
});

Deno.test("pairsAtEqualSettings() pairs runs that differ in L_AD alone", () => {
  const other = measuredRun({ ...settings, method: "LwM", gamma: 0.3, learningRate: 0.2 }, 0.4);
  const records = [...recordsWith([0.02, 0.04]), other];
  assert.deepEqual(
    pairsAtEqualSettings(records).map((pair) =>
      pair.map(({ configuration: { method, seed } }) => `${method} ${seed}`)
    ),
    [["LwM 1", "LwF-MC 1"], ["LwM 2", "LwF-MC 2"]],
  );
  const [row] = gainTable(records);
  assert.deepEqual([row.seeds, row["gain over LwF-MC"]], [2, "+1.5 ± 6.4 points"]);
});

Deno.test("pairsOf() tells two M_0 of the same accuracy apart by the other measures of them", () => {
  const [LwM, LwF] = ["LwM", "LwF-MC"].map((method) => measuredRun({ method }, 0.5));
  const withFirst = (fields: Partial<RunRecord["metrics"][0]>): RunRecord => ({
    ...LwF,
    metrics: [{ ...LwF.metrics[0], ...fields }, LwF.metrics[1]],
  });
  assert.equal(pairsOf([LwM], [LwF]).length, 1);
  assert.equal(pairsOf([LwM], [withFirst({ accuracyTop5: undefined })]).length, 1);
  assert.equal(pairsOf([LwM], [withFirst({ accuracyTop5: 0.9 })]).length, 0);
  assert.equal(pairsOf([LwM], [withFirst({ attention: { images: 199, cosine: 1 } })]).length, 0);
});

Deno.test("settingsTable() gives no interval for two seeds", () => {
  const [two] = settingsTable([1, 2].map((seed) => measuredRun({ method: "C", seed }, 0.2 * seed)));
  assert.equal(two["accuracy after the last step"], "30.0 %");
  const [three] = settingsTable([1, 2, 3].map((seed) => measuredRun({ method: "C", seed }, 0.2 * seed)));
  assert.match(String(three["accuracy after the last step"]), /^40\.0 ± /);
});

Deno.test("the accuracy of the newest classes is the mean over the increments of what was just learned", () => {
  const [step, ...increments] = measuredRun({ method: "C" }, 0.2).metrics;
  const later = { ...increments[0], accuracyOfSteps: [0.1, 0.1, 0.6] };
  const { newestAccuracy } = MEASURES;
  const run = { configuration: configure({}), engine: "wasm" as const };
  close(newestAccuracy.of({ ...run, metrics: [step, ...increments, later] })!, (0.2 + 0.6) / 2);
  assert.equal(newestAccuracy.of({ ...run, metrics: [step] }), undefined);
});

const C = measuredRun({ method: "C" }, 0.2);
const LwM = measuredRun({ method: "LwM", gamma: 0.1, seed: 2 }, 0.5);
const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

Deno.test("accuracyCurveNumbers() has the form in which they are published, and nothing else", () => {
  assert.deepEqual(accuracyCurveNumbers([C, LwM]), {
    dataset: "iemoji-100",
    preset: C.configuration.preset,
    engine: "wasm",
    classesSeen: [10, 20],
    runs: [
      { method: "C", seed: 1, accuracy: [0.8, 0.2], attentionCosine: [1, 0.2 + 0.1] },
      { method: "LwM", seed: 2, accuracy: [0.8, 0.5], attentionCosine: [1, 0.6] },
    ],
  });
});

Deno.test("accuracyCurveNumbers() has five guesses where all runs are to show them", () => {
  const run = measuredRun({ method: "LwM", topK: 5 }, 0.2);
  const ofTop5 = { ...run, metrics: run.metrics.map((step) => ({ ...step, accuracyTop5: 0.9 })) };
  const { topK, runs } = accuracyCurveNumbers([ofTop5]);
  assert.deepEqual([topK, runs[0].accuracy], [5, [0.9, 0.9]]);
  assert.equal(accuracyCurveNumbers([ofTop5, C]).topK, undefined);
});

Deno.test("attentionRetentionCurveNumbers() adds the drops since M_0", () => {
  const [run] = attentionRetentionCurveNumbers([LwM]).runs;
  assert.equal(run.pointingGameDrop![0], 0);
  close(run.energyDrop![1], 0.9 - 0.9 * 0.6);
});

Deno.test("attentionRetentionCurveNumbers() leaves the drops out where there are no masks", () => {
  const metrics = LwM.metrics.map((step) => ({ ...step, attention: { images: 200, cosine: 1 } }));
  const numbers = attentionRetentionCurveNumbers([{ ...LwM, metrics }]);
  const { pointingGameDrop, energyDrop, darkMaps } = numbers.runs[0];
  assert.deepEqual([pointingGameDrop, energyDrop, darkMaps], [undefined, undefined, undefined]);
});

Deno.test("gammaNumbers() takes LwF-MC as γ = 0, and refuses runs that differ in more than γ and the seed", () => {
  const without = { ...LwM, configuration: { ...LwM.configuration, method: "LwF-MC", seed: 1 } as const };
  assert.deepEqual(gammaNumbers([without, LwM]).runs.map(({ gamma, seed }) => [gamma, seed]), [[0, 1], [
    0.1,
    2,
  ]]);
  const other = { ...LwM, configuration: { ...LwM.configuration, learningRate: 0.5 } };
  assert.throws(() => gammaNumbers([LwM, other]), {
    name: "UserError",
    message: /differ in γ and the seed alone but found others in learningRate/,
  });
});

Deno.test("gammaNumbers() takes no other method than LwF-MC for LwM without L_AD", () => {
  const setting = { ...settings, classification: "sigmoid-new" } as const;
  const records = [
    measuredRun({ ...setting, method: "C" }, 0.2),
    measuredRun({ ...setting, method: "LwM" }, 0.5),
  ];
  const refusal = { name: "UserError", message: /Expected runs of LwM and of LwF-MC.* but found one of C\./ };
  assert.throws(() => gammaNumbers(records), refusal);
});

Deno.test("what is drawn as the seeds of one setting is one", () => {
  const setting = { ...settings, classification: "sigmoid-new" } as const;
  const runOf = (fields: Partial<Configuration>) => measuredRun({ ...setting, ...fields }, 0.5);
  const refuses = (draw: () => unknown, fields: string) =>
    assert.throws(draw, {
      name: "UserError",
      message: RegExp(`alone but found others in ${fields}\\. Choose`),
    });
  const [usual, other, weak] = [{}, { norm: "L2" }, { gamma: 0.05 }]
    .map((fields) => runOf({ method: "LwM", ...fields } as Partial<Configuration>));
  const without = runOf({ method: "LwF-MC", learningRate: 0.1 });
  refuses(() => accuracyCurveNumbers([without, usual, weak]), "gamma");
  refuses(() => attentionRetentionCurveNumbers([without, usual, weak]), "gamma");
  refuses(() => gammaNumbers([without, usual, other]), "norm");
  assert.equal(accuracyCurveNumbers([without, usual]).runs.length, 2);
  assert.equal(gammaNumbers([without, usual, weak]).runs.length, 3);
});

Deno.test("studyFigure() draws the joint run by the accuracy of the others, and is not saved without it", () =>
  withFolder(async (directory) => {
    const top5 = (fields: Partial<Configuration>): RunRecord => {
      const run = measuredRun({ topK: 5, ...fields }, 0.5);
      return { ...run, metrics: run.metrics.map((step) => ({ ...step, accuracyTop5: step.accuracy + 0.1 })) };
    };
    const ofLwM = top5({ method: "LwM" });
    const joint = top5({ method: "C", baseClasses: 20, increments: 0 });
    const figure = {
      name: "a",
      kind: "accuracyCurve",
      runs: [{ method: "LwM" }],
      joint: { increments: 0 },
    } as const;
    const whole = { ...study([ofLwM, joint]), figures: [figure] };
    const saved = async (drawn: Study) => {
      const { missing } = await studyFigure(drawn, "a", { directory, log: () => {} });
      return { missing, ...JSON.parse(await Deno.readTextFile(join(directory, "a.json")).catch(() => "{}")) };
    };
    assert.deepEqual(await saved({ ...whole, records: [ofLwM] }), { missing: 1 });
    const { missing, topK, upperBound } = await saved(whole);
    assert.deepEqual([missing, topK, upperBound.accuracy], [0, 5, 0.8 + 0.1]);
  }));

Deno.test("studyFigure() draws a run that two selectors name once", () =>
  withFolder(async (directory) => {
    const figure = { name: "a", kind: "accuracyCurve", runs: [{ method: "LwM" }, { seed: 2 }] } as const;
    const runs = [1, 2].map((seed) => measuredRun({ method: "LwM", seed }, 0.5));
    await studyFigure({ ...study(runs), figures: [figure] }, "a", { directory, log: () => {} });
    const drawn = JSON.parse(await Deno.readTextFile(join(directory, "a.json")));
    assert.deepEqual(drawn.runs.map(({ seed }: { seed: number }) => seed), [1, 2]);
  }));

Deno.test("studyFigure() says whether a figure is unknown, or none of its runs is finished", async () => {
  const empty = { ...study([]), figures: [{ name: "a", kind: "accuracyCurve" }] } as const;
  await assert.rejects(studyFigure(empty, "b"), {
    name: "UserError",
    message: /^Expected one of the figures a of the study study but found b\./,
  });
  await assert.rejects(studyFigure(empty, "a"), {
    name: "UserError",
    message: /^Expected finished runs for the figure a .* found none\. Train them with `deno task sweep`\.$/,
  });
});

Deno.test("studyFigure() looks for the models of records that do not name the code", () =>
  withDataDirectory(async (runs) => {
    const { code: _, ...older } = tinyConfiguration({ increments: 1 });
    const records = [{ ...measuredRun({}, 0.5), configuration: older as Configuration }];
    const drawn = { ...study(records), figures: [{ name: "a", kind: "attentionRetention" }] } as const;
    await assert.rejects(studyFigure(drawn, "a", { runs }), {
      name: "UserError",
      message: /^Expected the models of LwM, seed 1, in .* but found none\. Train the study here/,
    });
  }));

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
  measuredRun({ method: "LwF-MC", seed: 3 }, 0.8),
];

Deno.test("settingsTable() has a row a setting, with intervals where there are several seeds", () => {
  const rows = settingsTable(RECORDS, { measures: ["averageAccuracy", "attentionCosine"] });
  assert.deepEqual(rows.map(Object.values), [
    // Student's t with two degrees of freedom is 4.30; the standard error of 0.6, 0.7 and 0.8 is 0.0577.
    ["LwF-MC", "", 3, "70.0 ± 24.8 %", "0.700 ± 0.497"],
    ["LwM", "0.1", 1, "65.0 %", "0.600"],
    ["LwM", "0.3", 1, "75.0 %", "0.800"],
  ]);
  assert.equal(Object.keys(rows[0])[1], "γ");
});

Deno.test("settingsTable() leaves out what a run lacks: nothing would be compared", () => {
  const older = {
    ...RECORDS[3],
    metrics: RECORDS[3].metrics.map((step) => ({ ...step, accuracyTop5: undefined })),
  };
  const title = "average, top 5";
  assert.ok(title in settingsTable(RECORDS.slice(2))[0]);
  assert.ok(!(title in settingsTable([...RECORDS.slice(0, 3), older])[0]));
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
  const [LwF] = lastAccuracyOfSteps(RECORDS.slice(2, 4));
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
