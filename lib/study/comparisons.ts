/**
 * The results in a few rows: LwM compared with other runs, within each seed.
 * @module
 */
import type { Forest, Front } from "../figures/mod.ts";
import { confidenceInterval, judge, mean } from "../statistics.ts";
import { differencesOf, pairsOf } from "./claims.ts";
import { bySetting, type Measure, MEASURES, type RunRecord } from "./run_record.ts";
import { readStudy, select, type Selector } from "./study.ts";

/** Two arms of a study, compared within each seed. */
export interface Comparison {
  /** The data set, as it is written. */
  readonly data: string;
  /** What is the same in both arms. */
  readonly what: string;
  /** The first minus the second, one a seed; none while planned seeds are missing. */
  readonly differences: readonly number[];
  /** In how many points, or in what the measure has, a difference of 1 is. */
  readonly unit: number;
  /** Seeds that are there. */
  readonly seeds: number;
  /** Seeds of the plan. */
  readonly planned: number;
  /** The plan's words for the interval; see studies/README.md. */
  readonly verdict: string;
  /** Of the t test, adjusted by Holm's method over all rows; undefined while seeds are missing. */
  readonly p?: number;
}

interface Plan extends Pick<Comparison, "data" | "what"> {
  readonly study: string;
  readonly first: Selector;
  readonly second: Selector;
  readonly measure: Measure;
  /** What the difference would be at equal N, along the line through these runs of the second method. */
  readonly atEqualNew?: Selector;
}

/** A: the mean accuracy after each increment, on all classes seen so far, without M_0. */
const A: Measure = {
  title: "A",
  share: true,
  of: ({ metrics }) => mean(metrics.slice(1).map(({ accuracy }) => accuracy)),
};
/** N: the accuracy of each step's new classes right after that step, the mean over the steps. */
const N: Measure = MEASURES.newestAccuracy;

/** The rows of the table of results. */
const PLANS: readonly Plan[] = [
  ["iCIFAR-100", "first-edition/cifar-100", 0.1],
  ["Caltech-101", "first-edition/caltech-101", 0.02],
  ["iEmoji-100", "first-edition/iemoji-100", 0.1],
].flatMap(([data, study, learningRate]) => {
  const [first, second] = ["LwM", "LwF-MC"].map((method) => ({ method, learningRate }));
  const arms = { data, study, first, second, measure: A } as Omit<Plan, "what">;
  return [
    { ...arms, what: "equal settings" },
    { ...arms, what: "equal accuracy on new classes", atEqualNew: { method: "LwF-MC" } },
  ];
});

/** The rows of the table of results, from the results of the studies. */
export async function readComparisons(): Promise<Comparison[]> {
  const rows = await Promise.all(PLANS.map(async (plan) => {
    const { records, configurations } = await readStudy(plan.study);
    const runs = configurations.map((configuration) => ({ configuration }));
    const planned = new Set(select(runs, plan.first).map(({ configuration }) => configuration.seed)).size;
    const found = differences(plan, records);
    const isWhole = found.length === planned;
    const { data, what, measure: { share } } = plan;
    return {
      ...{ data, what, planned, unit: share ? 100 : 1, seeds: found.length },
      differences: isWhole ? found : [],
    };
  }));
  const judged = judge(rows.map(({ differences }) => differences));
  return rows.map((row, i) => ({
    ...row,
    ...judged[i],
    ...row.differences.length === 0 ? { verdict: "not finished" } : {},
  }));
}

function differences({ first, second, measure, atEqualNew }: Plan, all: readonly RunRecord[]): number[] {
  const pairs = pairsOf(select(all, first), select(all, second));
  const found = differencesOf(pairs, measure);
  if (atEqualNew === undefined) return found;
  const slope = slopeWithinSeeds(select(all, atEqualNew), measure);
  return differencesOf(pairs, N).map((more, i) => found[i] - slope * more);
}

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
 * @param panels the records of a study each
 */
export function frontNumbers(
  panels: readonly { readonly dataset: string; readonly records: readonly RunRecord[] }[],
): Front {
  const seed = ({ metrics }: RunRecord) => {
    const accuracies = metrics.slice(1).map(({ accuracyOfSteps }) => accuracyOfSteps ?? []);
    return {
      old: mean(accuracies.map((ofSteps) => mean(ofSteps.slice(0, -1)))),
      new: mean(accuracies.map((ofSteps) => ofSteps.at(-1)!)),
    };
  };
  return {
    datasets: panels.map(({ dataset, records }) => ({
      dataset,
      arms: bySetting(records.filter(({ configuration: { method } }) => method !== "C")).map((setting) => {
        const { method, learningRate } = setting[0].configuration;
        return { method, label: `${method} ${learningRate}`, seeds: setting.map(seed) };
      }),
      tuning: [],
    })),
  };
}
