/**
 * The tables of the README are what the committed results give. After new results, write them anew and read
 * what the text around them says:
 *
 *     deno test -A lib/study/readme_test.ts -- --update
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { configure } from "../run/configuration.ts";
import { markdownTable, type TableRow } from "../table.ts";
import { claimsTable, differencesOf, judgeClaims, pairsAtEqualSettings, pairsOf } from "./claims.ts";
import { gainByForgettingTable } from "./figure_numbers.ts";
import type { EngineThroughput, ThroughputRow } from "../figures/engine_throughput.ts";
import { confidenceInterval, mean, percent, points, rankCorrelation, signed } from "../statistics.ts";
import { bySetting, type MeasureName, MEASURES, type RunRecord } from "./run_record.ts";
import { readStudies, select, type Selector, studiesDirectory } from "./study.ts";
import { settingsTable } from "./tables.ts";

const README = join(import.meta.dirname!, "../../README.md");
const studies = await readStudies(join(studiesDirectory(), "first-edition"));
const claims = judgeClaims(studies);

const THROUGHPUT = join(import.meta.dirname!, "../../figures/engine-throughput.json");
const ENGINES: Readonly<Record<string, string>> = {
  torch: "PyTorch 2.6, for comparison",
  webgpu: "webgpu, in software",
};

/**
 * By the words of a table's marker: `claims all`, `claims QUESTION`, `study NAME`, `correlation NAME` or
 * `engines base`.
 */
const TABLES: Readonly<Record<string, (argument: string) => readonly TableRow[]>> = {
  claims: (question) =>
    claimsTable(claims.filter((claim) => question === "all" || claim.question === question))
      .map(({ claim, verdict, "difference within seeds": _, ...row }) => ({
        claim,
        verdict: `**${verdict}**`,
        ...row,
      })),
  study: (name) => settingsTable(recordsOf(name)),
  correlation: (name) => gainByForgettingTable(recordsOf(name)),
  engines: (base) => {
    const { [base]: setting, rows } = JSON.parse(Deno.readTextFileSync(THROUGHPUT));
    const isBase = (row: Record<string, unknown>) =>
      Object.entries(setting).every(([field, value]) => row[field] === value);
    const rounded = (value: number) => Number(value.toPrecision(2));
    return rows.filter(isBase).map((row: { engine: string } & Record<string, number>) => ({
      engine: ENGINES[row.engine] ?? row.engine,
      "training, images a second": rounded(row.trainImagesPerSecond),
      "evaluation": rounded(row.evaluationImagesPerSecond),
    }));
  },
};

const recordsOf = (name: string) => studies.find((study) => study.name === name)!.records;

// A table stands between a comment that says where it comes from, and the next empty line.
const MARKED = /(<!-- results: (\w+) ([^>]*?) -->\n\n)((?:\|.*\n)*)/g;

/** Without what a formatter may change. */
const cellsOf = (table: string) =>
  table.trim().split("\n").map((line) => line.split("|").map((cell) => cell.trim().replace(/^:?-+:?$/, "-")));

Deno.test("the tables of the README are those of the committed results", async () => {
  const text = await Deno.readTextFile(README);
  const marked = [...text.matchAll(MARKED)];
  assert.ok(
    marked.length >= 3,
    `Expected at least three marked tables in the README but found ${marked.length}`,
  );
  if (Deno.args.includes("--update")) {
    const updated = text.replaceAll(
      MARKED,
      (_, marker, kind, argument) => `${marker}${markdownTable(TABLES[kind](argument))}\n`,
    );
    return await Deno.writeTextFile(README, updated);
  }
  for (const [, , kind, argument, table] of marked) {
    assert.deepEqual(cellsOf(table), cellsOf(markdownTable(TABLES[kind](argument))), `${kind} ${argument}`);
  }
});

/** First minus second within each seed, by settings of a study. */
function differences(
  name: string,
  first: Selector,
  second: Selector,
  measure: MeasureName = "averageAccuracy",
) {
  const [a, b] = [first, second].map((setting) => select(recordsOf(name), setting));
  return differencesOf(pairsOf(a, b), MEASURES[measure]);
}

const WORDS = (await Deno.readTextFile(README)).replaceAll(/\s+/g, " ");

function says(sentence: string): void {
  assert.ok(WORDS.includes(sentence), `Expected in the README: ${sentence}`);
}

/** Such as `1.2 ± 0.8`. */
const withoutUnit = (values: number[]) => points(values).replace(" points", "");
const unsigned = (text: string) => text.slice(1);

const decimalOf = (value: number) => (100 * value).toFixed(1);
/** Such as `1, 2 and 3`. */
const listed = (words: string[]) => `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

const atRate = (learningRate: number, method = "LwM") => ({ method, learningRate });
/** The pairs of runs that differ in L_AD alone. */
const ALONE: Readonly<Record<string, [Selector, Selector]>> = {
  "iemoji-100": [atRate(0.1), atRate(0.1, "LwF-MC")],
  "caltech-101": [atRate(0.02), atRate(0.02, "LwF-MC")],
  "cifar-100": [atRate(0.1), atRate(0.1, "LwF-MC")],
};
const gainAlone = (name: string, measure?: MeasureName) => differences(name, ...ALONE[name], measure);
const tuned = differences("iemoji-100", atRate(0.1), atRate(0.05, "LwF-MC"));
const firstTryOnCifar = differences("cifar-100", atRate(0.05), atRate(0.05, "LwF-MC"));
const tunedOnCifar = differences("cifar-100", atRate(0.05), atRate(0.1, "LwF-MC"));
const tunedOnThreeSteps = differences("caltech-101", atRate(0.05), atRate(0.02, "LwF-MC"));

Deno.test("the README is right in short", () => {
  const [iEmoji, caltech, cifar] = ["iemoji-100", "caltech-101", "cifar-100"]
    .map((name) => unsigned(withoutUnit(gainAlone(name))));
  says(`by ${iEmoji} points on iEmoji-100 (ten seeds)`);
  const overClasses = withoutUnit(gainAlone("caltech-101", "averageMeanClassAccuracy"));
  const inOneStep = mean(differences("cifar-100-50", { method: "LwM" }, { method: "LwF-MC" }));
  says(
    `by ${caltech} on Caltech-101 (five; as the mean over classes ${overClasses}, undecided) and by ${cifar} on ` +
      `iCIFAR-100 (three; ${
        unsigned(withoutUnit(firstTryOnCifar))
      } at the learning rate that is better for both; ` +
      `in one step of fifty classes ${decimalOf(inOneStep)}, which counts as nothing)`,
  );
  for (const method of ["LwF-MC", "LwM"]) {
    assert.ok(Math.min(...differences("cifar-100", atRate(0.05, method), atRate(0.1, method))) > 0);
  }
  const pOf = (claim: string) => claims.find((judged) => judged.claim === claim)!.p!.toFixed(2);
  const [ofCaltech, ofCifar] = ["Caltech-101", "iCIFAR-100"].map((name) =>
    pOf(`${name}: L_AD alone retains attention.`)
  );
  says(`on the others weakly (p ${ofCaltech} and ${ofCifar} after correction)`);
  const pTuned = (name: string) => pOf(`${name}: as tuned, LwM is more accurate than LwF-MC.`);
  says(
    `LwM leads LwF-MC by ${unsigned(points(tuned))} on iEmoji-100 (weak: p ${
      pTuned("iEmoji-100")
    } after correction) ` +
      `and by ${unsigned(withoutUnit(tunedOnCifar))} on iCIFAR-100 (p ${pTuned("iCIFAR-100")})`,
  );
  says(`tuned on three of the ten steps only, it is undecided (${withoutUnit(tunedOnThreeSteps)})`);
});

Deno.test("the README is right in what it says beside the primary claims", () => {
  const primary = gainAlone("iemoji-100");
  says(`the difference is ${points(primary.slice(3))}`);
  says(`of which nothing was known, it is ${withoutUnit(primary.slice(5))}, undecided`);
  const [fourth, fifth] = gainAlone("caltech-101").slice(3).map((gain) => signed(100 * gain, 1));
  says(`the two new pairs have ${fourth} and ${fifth} points`);
  says(`over classes (${withoutUnit(gainAlone("caltech-101", "averageMeanClassAccuracy"))}) it is undecided`);
  says(`in the table of the methods' order (${points(firstTryOnCifar)})`);
});

Deno.test("the README is right in what makes up the reduction of forgetting", () => {
  const lastOfEarlier = ({ metrics }: RunRecord) => mean(metrics.at(-1)!.accuracyOfSteps!.slice(0, -1));
  const bestOfEarlier = (record: RunRecord) => MEASURES.forgetting.of(record)! + lastOfEarlier(record);
  const parts = Object.entries(ALONE).map(([name, settings]) => {
    const [withLoss, without] = settings.map((setting) => select(recordsOf(name), setting));
    const [lower, less, higher] = [bestOfEarlier, MEASURES.forgetting.of, lastOfEarlier]
      .map((of) => differencesOf(pairsOf(withLoss, without), { title: "", share: true, of }));
    return { lower: decimalOf(-mean(lower)), less: decimalOf(-mean(less)), higher };
  });
  const [iEmoji, caltech, cifar] = parts.map(({ lower, less }) => `${lower} of the ${less} points`);
  says(`that makes up ${iEmoji} on iEmoji-100, ${caltech} on Caltech-101, ${cifar} on iCIFAR-100.`);
  const [most, undecided, third] = parts.map(({ higher }) => unsigned(withoutUnit(higher)));
  says(`have more in the end: ${most}, ${undecided} (undecided) and ${third} (undecided) points.`);
});

Deno.test("the README is right in what it says of iEmoji-100", () => {
  const there = differences("iemoji-100", atRate(0.05), atRate(0.05, "LwF-MC"));
  says(`At LwF-MC's settings the gain is ${unsigned(points(there))}.`);
  const last = differences("iemoji-100", atRate(0.1), atRate(0.05, "LwF-MC"), "lastAccuracy");
  says(`its lead is ${unsigned(points(last))}`);
  const records = select(recordsOf("iemoji-100"), atRate(0.1));
  const first = (name: "pointingGame" | "energyInside") =>
    percent(mean(records.map(({ metrics }) => metrics.at(-1)!.attention[name]!.first!)));
  says(`For M_0 the pointing game is ${first("pointingGame")} and the energy ${first("energyInside")}.`);
});

Deno.test("the README is right in what it says of Caltech-101", () => {
  const moves = differences("caltech-101", atRate(0.05), atRate(0.02)).map((move) => 100 * move);
  assert.equal(moves.filter((move) => move < 0).length, 4);
  const [down, up] = [-Math.min(...moves), Math.max(...moves)].map((points) => points.toFixed(1));
  says(`its average is lower in four, by up to ${down} points, and ${up} higher in one`);
  const forgets = differences("caltech-101", atRate(0.05), atRate(0.02), "forgetting");
  assert.deepEqual(forgets.map((more) => more > 0), [true, true, true, true, true]);
  const ahead = tunedOnThreeSteps.filter((lead) => lead > 0).length;
  says(`So tuned, LwM is ahead of LwF-MC in ${["no", "one", "two"][ahead]} seeds`);
  const [small, middle, large] = [0.02, 0.05, 0.1].map((rate) =>
    withoutUnit(differences("caltech-101", atRate(rate), atRate(rate, "LwF-MC")))
  );
  says(`L_AD alone gives ${small}, ${middle} and ${large} points at learning rates 0.02, 0.05 and 0.1.`);
  const winners = (["C", "LwF-MC", "LwM"] as const).map((method) => {
    const [{ configuration }] = select(recordsOf("tuning-caltech-101-ten-steps"), { method })
      .sort((a, b) => MEASURES.averageAccuracy.of(b) - MEASURES.averageAccuracy.of(a));
    assert.equal(configuration.learningRate, configure({ dataset: "caltech-101", method }).learningRate);
    return configuration.learningRate;
  });
  assert.deepEqual(winners, [0.05, 0.02, 0.02]);
  says("LwF-MC and LwM do best at learning rate 0.02, C at 0.05.");
  const gain = (measure?: MeasureName) =>
    listed(gainAlone("caltech-101", measure).map((value) => signed(100 * value, 1)));
  says(`LwM minus LwF-MC is ${gain()} points in the average`);
  says(`and ${gain("lastAccuracy")} after the last step`);
});

Deno.test("the README is right in what it says of the gain map", () => {
  const pairs = pairsAtEqualSettings(recordsOf("gain-map"));
  const gains = bySetting(pairs.map(([first]) => first)).map((setting) => {
    const { low, high, mean: gain } = confidenceInterval(
      differencesOf(pairs.filter(([first]) => setting.includes(first)), MEASURES.averageAccuracy),
    )!;
    const { learningRate, beta, gamma } = setting[0].configuration;
    const at = `points at learning rate ${learningRate}, β ${beta} and γ ${gamma}`;
    return { beta, gamma, gain, decided: low > 0 || high < 0, place: `${signed(100 * gain, 1)} ${at}` };
  }).sort((a, b) => b.gain - a.gain);
  says(`The largest gain is ${gains[0].place}; the smallest is ${gains.at(-1)!.place}.`);
  assert.deepEqual(gains.filter(({ decided }) => decided), [gains.at(-1)]);
  says(`Of the ${gains.length} intervals only that of the smallest gain leaves out zero.`);
  const gainsAt = (setting: { beta?: number; gamma: number }) =>
    gains.filter((gain) => gain.gamma === setting.gamma && [undefined, gain.beta].includes(setting.beta));
  const [least, most] = [gainsAt({ gamma: 0.3, beta: 0.25 }).at(-1)!, gainsAt({ gamma: 0.3, beta: 1 })[0]]
    .map(({ gain }) => signed(100 * gain, 1));
  says(`every gain at β 0.25 is at least ${least} points and every gain at β 1 at most ${most}`);
  const losses = gainsAt({ gamma: 1 }).filter(({ gain }) => gain < 0).length;
  says(`γ 1 loses in ${losses} of ${gainsAt({ gamma: 1 }).length} settings`);
  const atPlannedGamma = gainByForgettingTable(recordsOf("gain-map")).find((row) => row["γ"] === "0.3")!;
  const [own, others] = Object.values(atPlannedGamma).slice(2);
  says(`with the forgetting of the other seeds the correlation is ${others}. The ${own} beside it`);
  const ofOneSeed = [1, 2, 3].map((seed) => {
    const ofSeed = pairs.filter(([{ configuration }]) =>
      configuration.seed === seed && configuration.gamma === 0.3
    );
    const forgetting = ofSeed.map(([, without]) => MEASURES.forgetting.of(without)!);
    return rankCorrelation(
      forgetting,
      ofSeed.map((pair) => differencesOf([pair], MEASURES.averageAccuracy)[0]),
    );
  });
  says(`With the gains of one seed and its own forgetting it is ${signed(mean(ofOneSeed), 2)}.`);
  const averageOf = (setting: Selector) =>
    mean(select(recordsOf("gain-map"), setting).map(MEASURES.averageAccuracy.of));
  const withoutLoss = bySetting(select(recordsOf("gain-map"), { method: "LwF-MC" }))
    .map(([{ configuration: { method, learningRate, beta } }]) => ({ method, learningRate, beta }))
    .sort((a, b) => averageOf(b) - averageOf(a));
  const [best] = withoutLoss;
  const asTuned = decimalOf(averageOf({ ...atRate(0.05, "LwF-MC"), beta: 0.5 }));
  says(
    `(learning rate ${best.learningRate}, β ${best.beta}: ${
      decimalOf(averageOf(best))
    } %, beside ${asTuned} % as tuned)`,
  );
  const { learningRate, beta } = best;
  const there = [0.1, 0.3, 1].map((gamma) =>
    mean(differences("gain-map", { method: "LwM", learningRate, beta, gamma }, best))
  );
  assert.ok(Math.max(...there) < 0);
  const lead = differences("gain-map", { ...atRate(0.1), beta: 0.5, gamma: 0.3 }, best).map((lead) => -lead);
  says(`LwM as tuned is ${unsigned(points(lead))} below it`);
});

Deno.test("the README is right in what it says of the class of L_AD", () => {
  const settings = [{ learningRate: 0.1, beta: 0.5 }, { learningRate: 0.2, beta: 0.25 }];
  const of = (attentionClass: string) =>
    settings.map((setting) => ({ method: "LwM", ...setting, attentionClass }));
  const gains = (attentionClass: string) =>
    of(attentionClass).map((first, i) =>
      withoutUnit(differences("attention-class", first, { method: "LwF-MC", ...settings[i] }))
    );
  const [usual, forgetful] = gains("random");
  const own = gains("student-top").map(unsigned);
  says(
    `with a random one L_AD raises the average by ${unsigned(usual)} and ${forgetful} points, ` +
      `with the student's top class by ${own[0]} and ${own[1]}.`,
  );
  const cosines = ["teacher-top", "student-top"].map((attentionClass) =>
    of(attentionClass).map((setting) =>
      mean(select(recordsOf("attention-class"), setting).map((run) => MEASURES.attentionCosine.of(run)!))
        .toFixed(3)
    )
  );
  says(`(${cosines[0][0]} and ${cosines[1][0]}; ${cosines[0][1]} and ${cosines[1][1]} where students forget`);
  const ahead = settings.map((_, i) => {
    const [teacher, student] = ["teacher-top", "student-top"].map((attentionClass) => of(attentionClass)[i]);
    return differences("attention-class", teacher, student, "attentionCosine").filter((more) => more > 0)
      .length;
  });
  assert.deepEqual(ahead, [9, 10]);
  says("where students forget most), in 9 and in 10 of ten seeds.");
});

Deno.test("the README is right in what it says of the norms", () => {
  const own = { method: "LwM", beta: 0.5, attentionForm: "normalized" };
  const [L1, L2] = ["L1", "L2"].map((norm) => {
    const averages = [0.1, 0.3, 1, 3].map((gamma) => ({
      gamma,
      average: mean(select(recordsOf("norms"), { ...own, norm, gamma }).map(MEASURES.averageAccuracy.of)),
    }));
    return averages.sort((a, b) => b.average - a.average)[0].gamma;
  });
  says(`each norm has its best one: ${L1} for L1, and ${L2} for L2`);
  const loss = mean(differences("norms", { ...own, norm: "L1", gamma: 0.3 }, { method: "LwM", beta: 0 }));
  says(`the average is ${(100 * loss).toFixed(1)} points lower`);
});

Deno.test("the README is right in what it says of the tuning on iCIFAR-100", () => {
  const averageOf = (setting: Selector) => {
    const [run, ...others] = select(recordsOf("tuning-cifar-100"), setting);
    assert.equal(others.length, 0);
    return MEASURES.averageAccuracy.of(run);
  };
  const [ofC, ofLwF] = ["C", "LwF-MC"].map((method) =>
    [0.02, 0.05, 0.1].map((rate) => averageOf(atRate(rate, method)))
  );
  const ofLwM = [[0.05, 0.1], [0.05, 0.3], [0.1, 0.3]].map(([rate, gamma]) =>
    averageOf({ ...atRate(rate), gamma })
  );
  const [C, LwF] = [ofC, ofLwF].map((averages) => `${listed(averages.map(decimalOf))} %`);
  says(`LwF-MC reaches ${LwF} at learning rates 0.02, 0.05 and 0.1, C ${C}, and LwM`);
  const [first, second, third] = ofLwM.map(decimalOf);
  says(`LwM ${first} % at 0.05 and γ 0.1, ${second} % at 0.05 and γ 0.3, ${third} % at 0.1 and γ 0.3`);
  assert.equal(Math.max(...ofLwF), ofLwF[2]);
  assert.equal(Math.max(...ofLwM), ofLwM[0]);
  const [there, atBest] = [ofLwM[0] - ofLwF[1], ofLwF[2] - ofLwM[0]].map(decimalOf);
  says(`LwM is ${there} points ahead at 0.05, and ${atBest} behind where each method is at its best`);
  const all = differences("cifar-100", atRate(0.05, "LwF-MC"), atRate(0.1, "LwF-MC"));
  says(`LwF-MC's average is ${unsigned(points(all))} higher at 0.05 than at 0.1`);
  says(`LwM's lead as tuned, ${unsigned(points(tunedOnCifar))}, is more than L_AD gives`);
  says(`over LwF-MC at 0.05 it is ${unsigned(withoutUnit(firstTryOnCifar))}.`);
  const across = differences("cifar-100", atRate(0.05, "LwF-MC"), atRate(0.1));
  says(`where the question is asked, it is ${unsigned(points(across))} below LwF-MC at 0.05.`);
  says(`in the tuning ${(100 * (ofC[2] - ofC[1])).toFixed(2)} points below its best rate`);
});

Deno.test("the README is right in what it says of iCIFAR-100 beside published numbers", () => {
  const ours = select(recordsOf("cifar-100"), atRate(0.05, "LwF-MC"));
  const { references = [] } = studies.find(({ name }) => name === "cifar-100")!.figures[0];
  const [iCaRL, FACIL] = references;
  const below = iCaRL.average! - mean(ours.map(MEASURES.averageAccuracy.of));
  says(`stays ${(100 * below).toFixed(1)} points below`);
  const ahead = FACIL.accuracy!.map((published, t) =>
    published - mean(ours.map(({ metrics }) => metrics[t].accuracy))
  );
  const isAhead = ahead.map((difference) => difference > 0);
  assert.deepEqual(isAhead, [false, false, false, false, true, true, true, true, true]);
  says(`above it from 50 on, by ${(100 * ahead.at(-1)!).toFixed(1)} points at 90`);
  const last = decimalOf(mean(ours.map(({ metrics }) => metrics.at(-1)!.accuracy)));
  says(`After the last step FACIL's survey has 30.2 %, ours has ${last} %.`);
});

Deno.test("the README is right in what it says of larger steps", () => {
  const [twenty, fifty] = ["cifar-100-20", "cifar-100-50"].map((name) => {
    const ours = mean(select(recordsOf(name), { method: "LwF-MC" }).map(MEASURES.averageAccuracy.of));
    const [{ average: published }] = studies.find((study) => study.name === name)!.figures[0].references!;
    const gains = differences(name, { method: "LwM" }, { method: "LwF-MC" });
    return {
      average: `${decimalOf(ours)} %`,
      published: `in iCaRL ${decimalOf(published!)} %`,
      gains: gains.map((gain) => signed(100 * gain, 1)),
    };
  });
  assert.deepEqual([twenty.gains.length, fifty.gains.length], [2, 2]);
  says(`With 20 classes a step LwF-MC reaches ${twenty.average} on average, ${twenty.published}`);
  says(`with 50 it is ${fifty.average}, ${fifty.published}`);
  const ofFifty = claims.find(({ claim }) => claim.startsWith("iCIFAR-100, 50 classes a step"))!;
  assert.equal(ofFifty.verdict, "does not hold"); // as the text says
  says(`is ${listed(twenty.gains)} points with 20 classes a step, ${listed(fifty.gains)} with 50.`);
});

Deno.test("the README is right in what it says of more epochs", () => {
  const rows = recordsOf("cifar-100-epochs").map((longer) => {
    const { increment, seed } = longer.configuration;
    const { figures: [{ references }], records } = studies.find(({ name }) =>
      name === (increment === 10 ? "cifar-100" : `cifar-100-${increment}`)
    )!;
    const [shorter] = select(records, { ...atRate(0.05, "LwF-MC"), seed });
    const averages = [longer, shorter].map(MEASURES.averageAccuracy.of);
    const [with20, with8, gain] = [...averages, averages[0] - averages[1]].map(decimalOf);
    const [first, before] = [longer, shorter].map(({ metrics }) => decimalOf(metrics[0].accuracy));
    const last = decimalOf(longer.metrics.at(-1)!.accuracy);
    return {
      increment,
      with20,
      with8,
      gain,
      published: decimalOf(references![0].average!),
      first,
      before,
      last,
    };
  });
  assert.deepEqual(rows.map(({ increment }) => increment), [10, 20, 50]);
  const listOf = (field: "with20" | "with8" | "published") => listed(rows.map((row) => row[field]));
  says(`LwF-MC reaches ${listOf("with20")} % with 10, 20 and 50 classes a step`);
  says(`where 8 epochs give ${listOf("with8")} % and iCaRL has ${listOf("published")} %.`);
  const [ten, twenty, fifty] = rows;
  assert.ok(Number(ten.with20) > Number(ten.published), "as the text says");
  says(`from a better M_0 (${ten.first} and ${ten.before} %;`);
  says(`after the last step it is still at ${ten.last} %`);
  assert.deepEqual([twenty, fifty].map(({ before }) => before), [twenty.first, fifty.first]);
  says(`the epochs give ${twenty.gain} and ${fifty.gain} points`);
  says(`M_0 (40 epochs, ${twenty.first} and ${fifty.first} %)`);
});

Deno.test("the README is right in what it says of oneDNN beside PyTorch", async () => {
  const { rows } = JSON.parse(await Deno.readTextFile(THROUGHPUT)) as EngineThroughput;
  const settingOf = ({ depth, width, imageSize, batch }: ThroughputRow) =>
    [depth, width, imageSize, batch].join();
  const torch = new Map(rows.filter(({ engine }) => engine === "torch").map((row) => [settingOf(row), row]));
  const ratios = rows.filter(({ engine }) => engine === "onednn").map((row) => {
    const other = torch.get(settingOf(row))!;
    return {
      training: row.trainImagesPerSecond / other.trainImagesPerSecond,
      forward: row.evaluationImagesPerSecond / other.evaluationImagesPerSecond,
    };
  });
  const least = Math.floor(100 * Math.min(...ratios.map(({ training }) => training))) / 100;
  says(`In each of the ${ratios.length} rows of`);
  says(`trains at least ${least.toFixed(2)} times as fast as PyTorch`);
  const behind = ratios.filter(({ forward }) => forward < 1).map(({ forward }) => 1 / forward);
  says(
    `up to ${Math.max(...behind).toFixed(2)} times as fast in ${
      ["no", "one", "two", "three", "four", "five", "six"][behind.length]
    }`,
  );
});
