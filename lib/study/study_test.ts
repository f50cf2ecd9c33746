import assert from "node:assert/strict";
import { join } from "node:path";
import { writeJson, writeSealedJson } from "../files.ts";
import { Run } from "../run/run.ts";
import type { Configuration } from "../run/schema.ts";
import { tinyConfiguration, withDataDirectory } from "../run/testdata/tiny_run.ts";
import { withFolder } from "../testdata/folder.ts";
import { comparisonsOf, frontNumbers, gainsAtEqualSettings, pairsOf } from "./comparisons.ts";
import { accuracyCurveNumbers, attentionRetentionCurveNumbers, studyFigure } from "./record_figures.ts";
import {
  COMPARED,
  finishedSettings,
  measuredRuns,
  methodTitle,
  readRecords,
  type RunRecord,
  writeRecords,
} from "./run_record.ts";
import {
  type PlannedComparison,
  readStudies,
  readStudy,
  readStudyPlan,
  resultsPath,
  studiesDirectory,
  type Study,
} from "./study.ts";
import { comparisonsTable, lastAccuracyOfSteps, settingsTable, stateTable } from "./tables.ts";
import { measuredRun } from "./testdata/records.ts";
import { trainingCurveNumbers } from "./watch_training.ts";

async function plan(folder: string, content: unknown) {
  const path = join(folder, "s.json");
  await Deno.writeTextFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return await readStudyPlan(path);
}

Deno.test("readStudyPlan() gives every combination of the grids, then the list, over base and preset", () =>
  withFolder(async (folder) => {
    const { configurations } = await plan(folder, {
      base: { preset: "smoke", epochs: 3 },
      grid: [{ gamma: [0.2, 0.1], seed: [1, 2] }, { method: ["LwF-MC"] }],
      runs: [{ method: "C", epochs: 4 }],
    });
    const found = configurations.map(({ method, gamma, seed, epochs }) =>
      [method, ...method === "LwM" ? [gamma] : [], seed, epochs].join(" ")
    );
    assert.deepEqual(found, [
      "LwM 0.2 1 3",
      "LwM 0.2 2 3",
      "LwM 0.1 1 3",
      "LwM 0.1 2 3",
      "LwF-MC 1 3",
      "C 1 4",
    ]);
    assert.notEqual(configurations[0].classification, configurations[5].classification);
  }));

Deno.test("readStudyPlan() skips a configuration that is the same run as another", () =>
  withFolder(async (folder) => {
    const { configurations } = await plan(folder, {
      grid: { method: ["LwF-MC"], gamma: [0.1, 0.3] },
      runs: [{ method: "LwF-MC", increments: 9 }],
    });
    assert.deepEqual(configurations.map(({ increments }) => increments), [9]);
  }));

Deno.test("readStudyPlan() says where a file is wrong", () =>
  withFolder(async (folder) => {
    const grid = { method: ["LwM", "C"], gamma: [0.1, 0.3] };
    const compared = (M: object, second = "F") => ({
      ...{ grid, arms: { M, F: { method: "LwM", gamma: 0.3 } } },
      comparisons: [{ what: "gain", first: "M", second }],
    });
    const figure = (fields: object) => ({ grid, figures: [{ name: "a", kind: "accuracyCurve", ...fields }] });
    const refused: [content: unknown, message: RegExp][] = [
      [[], /s\.json to hold a study but found this at its root: expected an object\./],
      [{}, /at its root: expected "grid" or "runs" or both/],
      [{ grids: {}, runs: [{}] }, /"grids"/],
      [{ grid: { seed: 1 } }, /at grid\.0\.seed: expected a list of values but found 1; write \[1\]\./],
      [{ grid: { seed: [] } }, /at grid\.0\.seed: expected one value at least\./],
      [{ grid: { preset: ["smoke", "default"] } }, /one preset in .*s\.json but found smoke and default/],
      [{ grid: { seed: [1, 2, 2] } }, /at grid\.0\.seed: expected each value once/],
      [{ runs: [{ gama: 1 }] }, /at runs\.0: .*"gama"/],
      [{ runs: [{ beta: 20 }] }, /^In .*s\.json, run \{"beta":20\}: Expected beta to be at most/],
      ['{\n "base": {}\n "runs": []}', /not JSON: .*line 3 column 2.*sweep --help/],
      [
        compared({ method: "LWM" }),
        /^Expected arm "M" in .*s\.json to name runs of the study but found \{"method":"LWM"\}, which none has\. They have method "LwM" or "C"\. Correct it\.$/,
      ],
      [compared({ method: "LwM", gamma: "0.3" }), /have method "LwM" or "C"; gamma 0\.1 or 0\.3\./],
      [compared({ method: "LwM" }), /to be one setting but found several that .* names\. Add fields/],
      [
        compared({ method: "C" }, "X"),
        /^Expected comparisons of the arms M, F in .*s\.json but found "X"\. Add/,
      ],
      [compared({ method: "C" }, "M"), /at comparisons\.0: expected two arms but found one/],
      [{ grid, figures: [...figure({}).figures, ...figure({}).figures] }, /at figures: expected names once/],
      [figure({ kind: "acuracyCurve" }), /at figures\.0\.kind/],
      [figure({ name: "../../evil" }), /at figures\.0\.name: expected a name of a file/],
      [figure({ runs: [{}, { seed: 2 }] }), /"a" in .* have seed 1\./],
    ];
    for (const [content, message] of refused) {
      await assert.rejects(plan(folder, content), { name: "UserError", message });
    }
    await plan(folder, compared({ method: "LwM", gamma: 0.1 }));
    await plan(folder, figure({ runs: [{ gamma: 0.1 }] }));
    await assert.rejects(readStudyPlan(join(folder, "none.json")), /none\.json but found no such file/);
  }));

Deno.test("readStudyPlan() takes the place of images from the study's file", () =>
  withFolder(async (folder) => {
    const three = {
      classes: ["a", "b", "c"],
      baseClasses: 2,
      increment: 1,
      increments: 1,
      epochs: 1,
      baseEpochs: 1,
    };
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
    const whole = measuredRun({ ...fields, gamma: 1 / 3 }, 1 / 7);
    const record = {
      ...whole,
      metrics: whole.metrics.map((step) => ({
        ...step,
        confusionOfSteps: [[199, 1], [3, 197]],
        toldAccuracyOfSteps: [2 / 3, 1],
        corrected: { alignedNorms: [0.5, 0.25], classMeans: [0.5, 0.75] },
        diagnosis: { probe: [0.9, 0.8], probeOfFirst: [0.9, 0.6], probeOfUntrained: [0.3, 0.4] },
      })),
    };
    await writeRecords(path, [record]);
    const [read] = await readRecords(path);
    assert.deepEqual(read.configuration, record.configuration);
    const { confusion: _, classNames: __, step: ___, ...kept } = record.metrics[1];
    assert.deepEqual(read.metrics[1], { ...kept, forgetting: 0.8 - 1 / 7 });
  }));

Deno.test("the committed results keep their bytes when they are read and written, and are of the runs of their studies", () =>
  withFolder(async (copies) => {
    for (const folder of [studiesDirectory(), join(studiesDirectory(), "first-edition")]) {
      const studies = (await readStudies(folder)).filter(({ records }) => records.length > 0);
      assert.ok(studies.length > 0);
      for (const { name, records } of studies) {
        const kept = await readRecords(resultsPath(name, folder));
        assert.equal(records.length, kept.length, name);
        await writeRecords(resultsPath(name, copies), kept);
        for (const ending of ["json", "tsv"]) {
          const [before, after] = [folder, copies]
            .map((place) => Deno.readTextFileSync(join(place, `${name}.results.${ending}`)));
          assert.ok(before === after, `${name}.results.${ending}`);
        }
      }
    }
  }));

Deno.test("readRecords() says where a file is damaged", () =>
  withFolder(async (folder) => {
    const path = join(folder, "s.results.json");
    await writeRecords(path, [measuredRun(fields, 0.4)]);
    const text = await Deno.readTextFile(path);
    const refuses = async (changed: string, message: RegExp, seal = false) => {
      assert.notEqual(changed, text);
      const { digest, ...content } = JSON.parse(changed);
      await (seal ? writeSealedJson(path, content) : writeJson(path, { ...content, digest }));
      await assert.rejects(readRecords(path), { name: "UserError", message });
    };
    const changes: [found: string, written: string, place: RegExp][] = [
      ['"accuracy":0.4', '"accuracy":4', /found this at runs\.0\.metrics\.1\.accuracy: expected at most 1\./],
      ['"gamma":0.3', '"gama":0.1', /at runs\.0\.configuration: .*"gama"/],
      ['"seed":1', '"seed":-1.5', /at runs\.0\.configuration\.seed/],
      ['"drop":0', '"drop":7', /at runs\.0\.metrics\.0\.attention\.pointingGame\.drop/],
      ['"forgetting"', '"forgettinh"', /at runs\.0\.metrics\.0: .*"forgettinh"/],
    ];
    for (const [found, written, place] of changes) {
      const changed = text.replace(found, written);
      await refuses(changed, /to hold the results of a study but found a digest that does not match/);
      await refuses(changed, place, true);
    }
    await refuses(text.replace('"digest"', '"digesu"'), /found no digest/);
  }));

const COMPARISON: PlannedComparison = {
  what: "equal settings",
  first: "M",
  second: "F",
  measure: "accuracyAfterIncrements",
  tested: true,
};

const settings: Partial<Configuration> = { learningRate: 0.1, beta: 0.5 };

/** The accuracy after the increment of LwM exceeds LwF-MC's by these, one a seed. */
function recordsWith(gains: readonly number[]): RunRecord[] {
  return gains.flatMap((gain, i) => [
    measuredRun({ ...settings, method: "LwM", gamma: 0.3, seed: i + 1 }, 0.4 + gain),
    measuredRun({ ...settings, method: "LwF-MC", seed: i + 1 }, 0.4),
  ]);
}

function study(records: readonly RunRecord[], ...comparisons: readonly PlannedComparison[]): Study {
  const configurations = records.map(({ configuration }) => configuration);
  const arms = { M: { method: "LwM" }, F: { method: "LwF-MC" } };
  return { name: "study", configurations, arms, comparisons, figures: [], records };
}

const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

Deno.test("comparisonsOf() takes differences within seeds, and says what follows", () => {
  const compared = (gains: number[]) => comparisonsOf([study(recordsWith(gains), COMPARISON)])[0];
  const row = compared([0.01, 0.02, 0.03]);
  row.differences.forEach((difference, i) => close(difference, [0.01, 0.02, 0.03][i]));
  // Student's t with two degrees of freedom is 4.30, and the standard error 0.58 points: the interval holds
  // zero.
  assert.equal(row.verdict, "undecided");
  const [shown] = comparisonsTable([row]);
  assert.equal(shown["mean, 95 % interval"], "+2.0 ± 2.5 points");
  assert.deepEqual([shown["data set"], shown.comparison], ["iEmoji-100", "equal settings, M − F"]);
  assert.equal(compared([0.008, 0.01, 0.012]).verdict, "gain");
});

Deno.test("comparisonsOf() says how many seeds there are, and nothing else, while one is missing", () => {
  const whole = study(recordsWith([0.02, 0.04, 0.06]), COMPARISON);
  const [row] = comparisonsOf([{ ...whole, records: whole.records.slice(0, -1) }]);
  assert.deepEqual([row.differences, row.verdict, row.p], [[], "not finished", undefined]);
  const [shown] = comparisonsTable([row]);
  assert.deepEqual([shown["mean, 95 % interval"], shown.seeds, shown["p (Holm)"]], ["", "2 of 3", ""]);
  assert.equal(comparisonsOf([study(whole.records.slice(0, -1), COMPARISON)])[0].planned, 2); // F has two
});

Deno.test("comparisonsOf() adjusts p over all rows that are tested, of all studies", () => {
  const one = study(recordsWith([0.015, 0.02, 0.025]), COMPARISON);
  const [{ p: alone }] = comparisonsOf([one]);
  const [{ p: ofTwo }] = comparisonsOf([one, one]);
  close(ofTwo!, 2 * alone!);
  const estimate = { ...COMPARISON, tested: false };
  const [first, second] = comparisonsOf([study(one.records, COMPARISON, estimate)]);
  assert.deepEqual([first.p, second.p, second.verdict], [alone, undefined, "estimate"]);
  assert.equal(second.differences.length, 3);
});

Deno.test("comparisonsOf() calls no difference a gain where one arm learns new classes better", () => {
  // The newest classes are all that is measured after the increment, so N differs as A does.
  const verdictOf = (gains: number[]) => comparisonsOf([study(recordsWith(gains), COMPARISON)])[0].verdict;
  assert.equal(verdictOf([0.02, 0.021, 0.022]), "higher, N differs");
  assert.equal(verdictOf([-0.02, -0.021, -0.022]), "lower, N differs");
  assert.equal(verdictOf([0.012, 0.013, 0.014]), "gain");
});

Deno.test("COMPARED has accuracy by age from the second increment on, and nothing where a step lacks it", () => {
  const { metrics: [M_0], ...run } = measuredRun({}, 0);
  const told = (ofSteps: number[]) => ({ toldAccuracyOfSteps: ofSteps.map((share) => share + 0.1) });
  const after = (...accuracyOfSteps: number[]) => ({ ...M_0, accuracyOfSteps, ...told(accuracyOfSteps) });
  const record = {
    ...run,
    metrics: [after(0.8), after(0.5, 0.7), after(0.3, 0.4, 0.6), after(0.1, 0.1, 0.3, 0.5)],
  };
  const valueOf = (name: keyof typeof COMPARED) => COMPARED[name].of(record)!;
  close(valueOf("baseAccuracy"), (0.5 + 0.3 + 0.1) / 3);
  close(valueOf("middleAccuracy"), (0.4 + (0.1 + 0.3) / 2) / 2);
  close(valueOf("newestAccuracy"), (0.7 + 0.6 + 0.5) / 3);
  close(valueOf("accuracyWithoutBase"), (0.7 + 0.5 + 0.3) / 3);
  close(valueOf("toldAccuracy"), (0.6 + (0.3 + 0.4 + 0.6) / 3 + 0.25) / 3 + 0.1);
  assert.equal(valueOf("probeAccuracy"), undefined);
});

Deno.test("gainsAtEqualSettings() compares runs that differ in L_AD alone", () => {
  const other = measuredRun({ ...settings, method: "LwM", gamma: 0.3, learningRate: 0.2 }, 0.4);
  const rows = gainsAtEqualSettings([...recordsWith([0.02, 0.04]), other]);
  assert.deepEqual(comparisonsTable(rows), [{
    "data set": "iEmoji-100",
    "comparison": "LwM, learning rate 0.1 − LwF-MC",
    "of": "average incremental accuracy",
    "mean, 95 % interval": "+1.5 ± 6.4 points",
    "seeds": "2",
    "verdict": "estimate",
    "p (Holm)": "",
  }]);
});

Deno.test("frontNumbers() takes each seed's level out of the points, and leaves the means of arms", () => {
  const runs = [[0.5, 0.7, 0.6], [0.4, 0.5]].map((accuracies, i) =>
    accuracies.map((last, seed) => measuredRun({ method: i === 0 ? "LwM" : "LwF-MC", seed }, last))
  );
  const one = study(runs.flat());
  const [{ arms }] = frontNumbers([{ study: one, tuning: one }]).datasets;
  const points = arms.map(({ seeds }) => seeds.map((seed) => [seed.old.toFixed(3), seed.new.toFixed(3)]));
  assert.deepEqual(points, [
    [["0.600", "0.600"], ["0.650", "0.650"], ["0.550", "0.550"]],
    [["0.475", "0.475"], ["0.425", "0.425"]],
  ]);
});

Deno.test("pairsOf() leaves out runs with different M_0, as after training on two kinds of processor", () => {
  const [LwM, LwF] = ["LwM", "LwF-MC"].map((method) => measuredRun({ method }, 0.5));
  const pairsWith = (fields: Partial<RunRecord["metrics"][0]>) => {
    const [M_0, ...later] = LwF.metrics;
    return pairsOf([LwM], [{ ...LwF, metrics: [{ ...M_0, ...fields }, ...later] }]).length;
  };
  assert.equal(pairsWith({}), 1);
  assert.equal(pairsWith({ accuracyTop5: undefined }), 1);
  assert.equal(pairsWith({ accuracy: 0.795 }), 0);
  assert.equal(pairsWith({ accuracyTop5: 0.9 }), 0);
  assert.equal(pairsWith({ attention: { images: 199, cosine: 1 } }), 0);
});

const C = measuredRun({ method: "C" }, 0.2);
const LwM = measuredRun({ method: "LwM", gamma: 0.1, seed: 2 }, 0.5);

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

Deno.test("accuracyCurveNumbers() has five guesses where all runs are to show them, also the joint one", () => {
  const ofTop5 = (fields: Partial<Configuration>) => {
    const run = measuredRun({ topK: 5, ...fields }, 0.5);
    return { ...run, metrics: run.metrics.map((step) => ({ ...step, accuracyTop5: step.accuracy + 0.1 })) };
  };
  const joint = ofTop5({ method: "C", baseClasses: 20, increments: 0 });
  const { topK, runs, upperBound } = accuracyCurveNumbers([joint, ofTop5({ method: "LwM" })]);
  assert.deepEqual([topK, runs.map(({ accuracy }) => accuracy), upperBound!.accuracy], [
    5,
    [[0.9, 0.6]],
    0.9,
  ]);
  assert.equal(accuracyCurveNumbers([ofTop5({ method: "LwM" }), C]).topK, undefined);
});

Deno.test("attentionRetentionCurveNumbers() adds the drops since M_0 where there are masks", () => {
  const [run] = attentionRetentionCurveNumbers([LwM]).runs;
  assert.equal(run.pointingGameDrop![0], 0);
  close(run.energyDrop![1], 0.9 - 0.9 * 0.6);
  const metrics = LwM.metrics.map((step) => ({ ...step, attention: { images: 200, cosine: 1 } }));
  const [without] = attentionRetentionCurveNumbers([{ ...LwM, metrics }]).runs;
  assert.deepEqual(
    [without.pointingGameDrop, without.energyDrop, without.darkMaps],
    Array(3).fill(undefined),
  );
});

Deno.test("what is drawn as the seeds of one setting is one", () => {
  const [usual, other, without] = [{ method: "LwM" }, { method: "LwM", gamma: 0.05 }, { method: "LwF-MC" }]
    .map((fields) => measuredRun({ ...settings, ...fields }, 0.5));
  assert.throws(() => accuracyCurveNumbers([without, usual, other]), {
    name: "UserError",
    message: /in the method and the seed alone but found others in gamma\. Choose/,
  });
  assert.equal(accuracyCurveNumbers([without, usual]).runs.length, 2);
});

Deno.test("studyFigure() draws runs once that two selectors name, and is not saved while one is missing", () =>
  withFolder(async (directory) => {
    const runs = [{ method: "LwM" }, { seed: 2 }];
    const figure = { name: "a", kind: "accuracyCurve", runs } as const;
    const whole = study([1, 2].map((seed) => measuredRun({ method: "LwM", seed }, 0.5)));
    const place = { directory, log: () => {} };
    await assert.rejects(studyFigure({ ...whole, records: whole.records.slice(1) }, figure, place), {
      name: "UserError",
      message: /^Expected the 2 runs of the figure to be finished but found 1 that are not\. Train them/,
    });
    assert.deepEqual([...Deno.readDirSync(directory)], []);
    const drawn = JSON.parse(
      await Deno.readTextFile((await studyFigure(whole, figure, place)).replace("svg", "json")),
    );
    assert.deepEqual(drawn.runs.map(({ seed }: { seed: number }) => seed), [1, 2]);
  }));

Deno.test("studyFigure() looks for the models of records that do not name the code", () =>
  withDataDirectory(async (runs) => {
    const { code: _, ...older } = tinyConfiguration({ increments: 1 });
    const records = [{ ...measuredRun({}, 0.5), configuration: older as Configuration }];
    await assert.rejects(studyFigure(study(records), { name: "a", kind: "attentionRetention" }, { runs }), {
      name: "UserError",
      message: /^Expected the models of LwM, seed 1, in .* but found none\. Train the study here/,
    });
  }));

Deno.test("methodTitle() names what is not the paper's", () => {
  assert.equal(methodTitle({ method: "LwM", norm: "L1" }), "LwM");
  assert.equal(
    methodTitle({ method: "LwM", norm: "L2", attentionClass: "all", attentionForm: "unnormalized" }),
    "LwM, L2, all, unnormalized",
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
    "energy inside": "−36.0 points",
  }]);
});

const RECORDS = [
  measuredRun({ method: "LwM", seed: 1, gamma: 0.1 }, 0.5),
  measuredRun({ method: "LwM", seed: 1, gamma: 0.3 }, 0.7),
  measuredRun({ method: "LwM", seed: 2, gamma: 0.3 }, 0.5),
  measuredRun({ method: "LwF-MC", seed: 1 }, 0.4),
  measuredRun({ method: "LwF-MC", seed: 2 }, 0.6),
  measuredRun({ method: "LwF-MC", seed: 3 }, 0.8),
];

Deno.test("settingsTable() has a row a setting, with intervals from three seeds on", () => {
  const rows = settingsTable(RECORDS, { measures: ["averageAccuracy", "attentionCosine"] });
  assert.deepEqual(rows.map(Object.values), [
    // Student's t with two degrees of freedom is 4.30; the standard error of 0.6, 0.7 and 0.8 is 0.0577.
    ["LwF-MC", "", 3, "70.0 ± 24.8 %", "0.700 ± 0.497"],
    ["LwM", "0.1", 1, "65.0 %", "0.600"],
    ["LwM", "0.3", 2, "70.0 %", "0.700"],
  ]);
  assert.equal(Object.keys(rows[0])[1], "γ");
});

Deno.test("settingsTable() leaves out what a run lacks: nothing would be compared", () => {
  const [first] = RECORDS;
  const older = { ...first, metrics: first.metrics.map((step) => ({ ...step, accuracyTop5: undefined })) };
  assert.ok("average, top 5" in settingsTable(RECORDS)[0]);
  assert.ok(!("average, top 5" in settingsTable([...RECORDS, older])[0]));
});

Deno.test("settingsTable() shows of one network on all classes nothing but its accuracy", () => {
  const joint = measuredRun({ method: "C", baseClasses: 20, increments: 0 }, 0.9);
  const [row] = settingsTable([{ ...joint, metrics: joint.metrics.slice(0, 1) }]);
  assert.equal(row.method, "all 20 classes together");
  assert.equal(row["accuracy after the last step"], "80.0 %");
  assert.equal(row.forgetting, "");
});

Deno.test("finishedSettings() leaves out a setting of which a planned run is missing", () => {
  const planned = [...RECORDS, measuredRun({ method: "LwM", seed: 3, gamma: 0.3 }, 0.5)];
  const finished = finishedSettings(RECORDS, planned.map(({ configuration }) => configuration));
  assert.deepEqual(finished, [RECORDS[0], ...RECORDS.slice(3)]);
});

Deno.test("lastAccuracyOfSteps() is the mean over the seeds", () => {
  assert.deepEqual(lastAccuracyOfSteps(RECORDS.slice(3, 5)), [{ method: "LwF-MC", shares: [0.5, 0.5] }]);
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
