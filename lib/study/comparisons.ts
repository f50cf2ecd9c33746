/**
 * Runs compared within each seed: both runs of a pair share M_0, its images, the classes and their order, so
 * what makes seeds differ does not count.
 * @module
 */
import type { Forest, Front } from "../figures/forest_and_front.ts";
import { confidenceInterval, judge, mean } from "../statistics.ts";
import { describeSetting, varyingFields } from "../run/identity.ts";
import type { DatasetName } from "../run/schema.ts";
import { UserError } from "../user_error.ts";
import {
  bySetting,
  COMPARED,
  type Measure,
  MEASURES,
  runKey,
  type RunRecord,
  shareFirstModel,
  unitKey,
} from "./run_record.ts";
import { readStudy, select, type Selector, type Study } from "./study.ts";

/** Two arms of a study, compared within each seed. */
export interface Comparison {
  /** The data set, as it is written. */
  readonly data: string;
  /** What is the same in both arms. */
  readonly what: string;
  /** The first minus the second, one a seed; none while planned seeds are missing. */
  readonly differences: readonly number[];
  /** What is compared. */
  readonly of: string;
  /** In how many points, or in what the measure has, a difference of 1 is. */
  readonly unit: number;
  /** Mean of the second arm; undefined while seeds are missing, and where the arm is moved along a line. */
  readonly baseline?: number;
  /** Seeds that are there. */
  readonly seeds: number;
  /** Seeds of the plan. */
  readonly planned: number;
  /** {@linkcode judge}'s word for the interval, `estimate` where it is not tested, or `not finished`. */
  readonly verdict: string;
  /** Of the t test, adjusted by Holm's method over all rows; undefined where there is no test. */
  readonly p?: number;
}

/** Two selectors of runs, and how they are compared. */
interface Plan {
  readonly what: string;
  readonly first: Selector;
  readonly second: Selector;
  readonly measure: Measure;
  /** What the difference would be at equal N, along the line through these runs of the second method. */
  readonly atEqualNew?: Selector;
}

const TITLES: Readonly<Record<DatasetName, string>> = {
  "iemoji-100": "iEmoji-100",
  "caltech-101": "Caltech-101",
  "cifar-100": "iCIFAR-100",
  "cub-200-2011": "CUBS-200-2011",
  "imagenet-small": "iILSVRC-small",
  "folder": "own images",
};

/**
 * Compares the arms of studies as their files ask.
 * @returns one row a comparison; Holm's method adjusts over all rows that are tested
 */
export function comparisonsOf(studies: readonly Study[]): Comparison[] {
  const rows = studies.flatMap((study) =>
    study.comparisons.map(({ what, first, second, measure, tested }) => ({
      tested,
      row: compare(study, {
        what: `${what}, ${first} − ${second}`,
        first: study.arms[first],
        second: study.arms[second],
        measure: COMPARED[measure],
      }),
    }))
  );
  return judged(rows.map(({ row }) => row), rows.map(({ tested }) => tested));
}

/** The rows of the table of results. They are the first edition's, until the second has results. */
export async function readComparisons(): Promise<Comparison[]> {
  const rows = ([
    ["first-edition/cifar-100", 0.1],
    ["first-edition/caltech-101", 0.02],
    ["first-edition/iemoji-100", 0.1],
  ] as const).map(async ([name, learningRate]) => {
    const study = await readStudy(name);
    const [first, second] = ["LwM", "LwF-MC"].map((method) => ({ method, learningRate }));
    const arms = { first, second, measure: COMPARED.accuracyAfterIncrements };
    return [
      compare(study, { ...arms, what: "equal settings" }),
      compare(study, {
        ...arms,
        what: "equal accuracy on new classes",
        atEqualNew: { method: "LwF-MC" },
      }),
    ];
  });
  return judged((await Promise.all(rows)).flat());
}

type Row = Omit<Comparison, "verdict" | "p">;

function compare({ records, configurations }: Study, plan: Plan): Row {
  const runs = select(configurations.map((configuration) => ({ configuration })), plan.first);
  const planned = new Set(runs.map(({ configuration }) => unitKey(configuration))).size;
  const found = differences(plan, records);
  const { what, measure: { title, share } } = plan;
  const data = TITLES[configurations[0].dataset];
  // What is planned is shown when all of its seeds are there.
  const isWhole = found.length === planned;
  const seconds = select(records, plan.second).flatMap((record) => plan.measure.of(record) ?? []);
  return {
    ...{ data, what, of: title, unit: share ? 100 : 1, planned, seeds: found.length },
    differences: isWhole ? found : [],
    ...isWhole && plan.atEqualNew === undefined ? { baseline: mean(seconds) } : {},
  };
}

function judged(rows: readonly Row[], tested: readonly boolean[] = rows.map(() => true)): Comparison[] {
  const verdicts = judge(rows.map(({ differences }, i) => tested[i] ? differences : []));
  return rows.map((row, i) => {
    const unjudged = row.differences.length === 0 ? "not finished" : tested[i] ? undefined : "estimate";
    return { ...row, ...verdicts[i], ...unjudged === undefined ? {} : { verdict: unjudged } };
  });
}

/** Two runs that share all but their settings. */
export type Pair = readonly [first: RunRecord, second: RunRecord];

/**
 * The runs of two settings in pairs that share M_0; runs without such a partner are left out.
 * @throws {UserError} where runs of several engines would be compared
 */
export function pairsOf(first: readonly RunRecord[], second: readonly RunRecord[]): Pair[] {
  refuseSeveralEngines([...first, ...second]);
  const partners = new Map(second.map((record) => [unitKey(record.configuration), record]));
  return first.flatMap((record): Pair[] => {
    const partner = partners.get(unitKey(record.configuration));
    const isPair = partner !== undefined && shareFirstModel(record.metrics, partner.metrics);
    return isPair ? [[record, partner]] : [];
  });
}

/** What L_AD alone adds: each setting of LwM beside the runs of LwF-MC that differ in L_AD alone. */
export function gainsAtEqualSettings(records: readonly RunRecord[]): Comparison[] {
  const known = new Map(records.map((record) => [runKey(record.configuration), record]));
  const settings = bySetting(records.filter(({ configuration }) => configuration.method === "LwM"));
  const fields = varyingFields(settings.map(([{ configuration }]) => configuration));
  const { averageAccuracy } = MEASURES;
  const rows = settings.flatMap((setting): Row[] => {
    const [{ configuration }] = setting;
    const partners = setting.flatMap((record) =>
      known.get(runKey({ ...record.configuration, method: "LwF-MC" })) ?? []
    );
    const differences = differencesOf(pairsOf(setting, partners), averageAccuracy);
    const what = `${describeSetting(configuration, fields)} − LwF-MC`;
    const seeds = differences.length;
    const row = { data: TITLES[configuration.dataset], what, of: averageAccuracy.title, unit: 100 };
    return seeds === 0 ? [] : [{ ...row, differences, seeds, planned: seeds }];
  });
  return judged(rows, rows.map(() => false));
}

/** Refuses to compare records of more than one engine. @throws {UserError} where there are several */
export function refuseSeveralEngines(records: readonly { readonly engine: string }[]): void {
  const engines = [...new Set(records.map(({ engine }) => engine))];
  if (engines.length <= 1) return;
  throw new UserError(
    `Expected runs of one engine but found ${engines.join(" and ")}, which round differently. ` +
      "Train all runs that are compared on one engine.",
  );
}

/** First minus second in each pair; pairs without the measure are left out. */
export function differencesOf(pairs: readonly Pair[], { of }: Measure): number[] {
  return pairs.flatMap(([first, second]) => {
    const [a, b] = [of(first), of(second)];
    return a === undefined || b === undefined ? [] : [a - b];
  });
}

function differences({ first, second, measure, atEqualNew }: Plan, all: readonly RunRecord[]): number[] {
  const pairs = pairsOf(select(all, first), select(all, second));
  const found = differencesOf(pairs, measure);
  if (atEqualNew === undefined) return found;
  const slope = slopeWithinSeeds(select(all, atEqualNew), measure);
  return differencesOf(pairs, N).map((more, i) => found[i] - slope * more);
}

/** N: the accuracy of each step's new classes right after that step, the mean over the steps. */
const N: Measure = COMPARED.newestAccuracy;

/** How the measure changes with N where only the setting does: one slope for all seeds, by least squares. */
function slopeWithinSeeds(records: readonly RunRecord[], { of }: Measure): number {
  const centered = [...Map.groupBy(records, ({ configuration }) => configuration.seed).values()]
    .flatMap((ofSeed) => {
      const [x, y] = [N.of, of].map((measured) => mean(ofSeed.map((record) => measured(record)!)));
      return ofSeed.map((record) => [N.of(record)! - x, of(record)! - y]);
    });
  const sum = (product: (point: number[]) => number) => centered.reduce((sum, p) => sum + product(p), 0);
  return sum(([x, y]) => x * y) / sum(([x]) => x * x);
}

/** What the figure `forest` draws of rows that are finished. */
export function forestNumbers(rows: readonly Comparison[]): Forest {
  return {
    title: "LwM compared with LwF-MC, within each seed",
    label: "points of accuracy after the increments, LwM minus LwF-MC",
    worth: 0.5,
    rows: rows.filter(({ p }) => p !== undefined).map(({ data, what, differences, unit, verdict }) => {
      const { mean, low, high } = confidenceInterval(differences.map((value) => unit * value))!;
      return { label: `${data}, at ${what}`, mean, low, high, verdict };
    }),
  };
}

/**
 * What the figure `front` draws: each learning rate of LwF-MC and LwM, by what is kept and what is learned.
 * @param panels the records of a study each, and the learning rate at which they are compared
 */
export function frontNumbers(
  panels: readonly {
    readonly dataset: string;
    readonly learningRate: number;
    readonly records: readonly RunRecord[];
  }[],
): Front {
  const seed = ({ metrics }: RunRecord) => {
    const accuracies = metrics.slice(1).map(({ accuracyOfSteps }) => accuracyOfSteps ?? []);
    return {
      old: mean(accuracies.map((ofSteps) => mean(ofSteps.slice(0, -1)))),
      new: mean(accuracies.map((ofSteps) => ofSteps.at(-1)!)),
    };
  };
  return {
    note: "Numbers: learning rates; filled: the one at which the methods are compared.",
    datasets: panels.map(({ dataset, learningRate: compared, records }) => ({
      dataset,
      arms: bySetting(records.filter(({ configuration: { method } }) => method !== "C")).map((setting) => {
        const { method, learningRate } = setting[0].configuration;
        return { method, learningRate, label: `${learningRate}`, seeds: setting.map(seed) };
      }).sort((a, b) => Number(b.learningRate === compared) - Number(a.learningRate === compared)),
    })),
  };
}
