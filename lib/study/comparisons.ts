/**
 * Runs compared within each seed: both runs of a pair share M_0, its images, the classes and their order, so
 * what makes seeds differ does not count.
 * @module
 */
import { join } from "node:path";
import type { Forest, Front, OldAndNew } from "../figures/forest_and_front.ts";
import { confidenceInterval, judge, mean, type Verdict } from "../statistics.ts";
import { describeSetting, varyingFields } from "../run/identity.ts";
import type { DatasetName } from "../run/schema.ts";
import { UserError } from "../user_error.ts";
import {
  bySetting,
  COMPARED,
  finishedSettings,
  type Measure,
  MEASURES,
  runKey,
  type RunRecord,
  shareFirstModel,
  unitKey,
} from "./run_record.ts";
import { type PlannedComparison, readStudies, select, studiesDirectory, type Study } from "./study.ts";

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
  /** Mean of the second arm; undefined while seeds are missing. */
  readonly baseline?: number;
  /** Seeds that are there. */
  readonly seeds: number;
  /** Seeds of the plan. */
  readonly planned: number;
  /** Whether it has a verdict; the others are estimates. */
  readonly tested: boolean;
  /** {@linkcode judge}'s word for the interval, `higher` or `lower` at unequal N, `estimate` where it is not tested, or `not finished`. */
  readonly verdict: string;
  /** Of the t test, adjusted by Holm's method over all rows; undefined where there is no test. */
  readonly p?: number;
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
  return judged(studies.flatMap((study) => study.comparisons.map((plan) => compare(study, plan))));
}

/**
 * All comparisons of the studies of one edition; the rows that are tested are its table of results.
 * @param edition a folder of `studies/`, such as `third-edition`; by default `studies/` itself
 */
export async function readComparisons(edition = ""): Promise<Comparison[]> {
  return comparisonsOf(await readStudies(join(studiesDirectory(), edition)));
}

type Row = Omit<Comparison, "verdict" | "p"> & {
  /** Whether both arms learn new classes about equally well. */
  readonly atEqualN: boolean;
};

/** Up to this much, as a share, two arms may differ in N before a difference is called higher or lower only. */
const EQUAL_N = 0.015;

function compare({ records, configurations, arms }: Study, plan: PlannedComparison): Row {
  const measure: Measure = COMPARED[plan.measure];
  const [first, second] = [plan.first, plan.second].map((name) => select(records, arms[name]));
  const [ofFirst, ofSecond] = [plan.first, plan.second].map((name) => {
    const runs = select(configurations.map((configuration) => ({ configuration })), arms[name]);
    return new Set(runs.map(({ configuration }) => unitKey(configuration)));
  });
  const planned = ofFirst.intersection(ofSecond).size;
  const pairs = pairsOf(first, second);
  const differences = differencesOf(pairs, measure);
  // What is planned is shown when all of its seeds are there.
  const isWhole = differences.length === planned;
  return {
    data: TITLES[configurations[0].dataset],
    what: `${plan.what}, ${plan.first} − ${plan.second}`,
    differences: isWhole ? differences : [],
    of: measure.title,
    unit: measure.share ? 100 : 1,
    ...isWhole ? { baseline: mean(pairs.flatMap(([, record]) => measure.of(record) ?? [])) } : {},
    planned,
    seeds: differences.length,
    tested: plan.tested,
    atEqualN: isWhole && Math.abs(mean(differencesOf(pairs, MEASURES.newestAccuracy))) <= EQUAL_N,
  };
}

function judged(rows: readonly Row[]): Comparison[] {
  const verdicts = judge(rows.map(({ differences, tested }) => tested ? differences : []));
  return rows.map(({ atEqualN, ...row }, i) => {
    const unjudged = row.differences.length === 0 ? "not finished" : row.tested ? undefined : "estimate";
    const { verdict, p } = verdicts[i];
    return { ...row, p, verdict: unjudged ?? (atEqualN ? verdict : atUnequalN(verdict)) };
  });
}

/** Who learns less forgets less, so at unequal N a difference is no gain or loss of the method. */
function atUnequalN(verdict: Verdict): string {
  const said = verdict.replace("gain, weak", "higher, weak").replace("loss", "lower");
  const word = said === "gain" ? "higher" : said;
  return /higher|lower/.test(word) ? `${word}, N differs` : word;
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
    const row = {
      ...{ what, of: averageAccuracy.title, unit: 100, tested: false, seeds, planned: seeds },
      atEqualN: false, // an estimate has no verdict
    };
    return seeds === 0 ? [] : [{ data: TITLES[configuration.dataset], ...row, differences }];
  });
  return judged(rows);
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

/** What the figure `forest` draws: the finished rows that are tested, or about A. */
export function forestNumbers(rows: readonly Comparison[]): Forest {
  const drawn = rows.filter((row) => row.p !== undefined || row.of === "A" && row.differences.length > 1);
  return {
    title: "Does attention distillation help?",
    label: "points, the first minus the second, within each seed",
    worth: 0.5,
    rows: drawn.map(({ data, what, of, differences, unit, verdict }) => {
      const { mean, low, high } = confidenceInterval(differences.map((value) => unit * value))!;
      const arms = what.replace(" − ", "\u00a0−\u00a0");
      return { label: `${data}, ${arms}${of === "A" ? "" : `: ${of}`}`, mean, low, high, verdict };
    }),
  };
}

/**
 * What the figure `front` draws of studies: what each arm keeps and what it learns. What a seed raises or
 * lowers in all arms alike is taken out of its points. Arms of which runs are missing are left out.
 * @param panels a study each, and the study that tuned its settings
 */
export function frontNumbers(panels: readonly { readonly study: Study; readonly tuning: Study }[]): Front {
  const pointOf = (run: RunRecord): OldAndNew => ({
    old: mean(run.metrics.slice(1).map(({ accuracyOfSteps = [] }) => mean(accuracyOfSteps.slice(0, -1)))),
    new: MEASURES.newestAccuracy.of(run) ?? NaN,
  });
  const unitOf = ({ configuration }: RunRecord) => unitKey(configuration);
  const methodOf = ([{ configuration }]: readonly RunRecord[]) => configuration.method;
  return {
    note: "Dots leave out what a seed raises or lowers in all arms alike. " +
      "Faint: what was tried in tuning, on other images, whose level is another.",
    datasets: panels.map(({ study: { arms, configurations, records }, tuning }) => {
      const whole = finishedSettings(records, configurations);
      const finished = Object.entries(arms).map(([label, arm]) => ({ label, runs: select(whole, arm) }))
        .filter(({ runs }) => runs.length > 0);
      const units = Map.groupBy(finished.flatMap(({ runs }) => runs), unitOf);
      const withinSeeds = (runs: readonly RunRecord[]) => {
        const levels = runs.map((run) => center(units.get(unitOf(run))!.map(pointOf)));
        const level = center(levels);
        return runs.map(pointOf).map((point, i) => ({
          old: point.old - levels[i].old + level.old,
          new: point.new - levels[i].new + level.new,
        }));
      };
      const tried = bySetting(finishedSettings(tuning.records, tuning.configurations));
      return {
        dataset: TITLES[configurations[0].dataset],
        arms: finished.map(({ label, runs }) => ({
          method: methodOf(runs),
          label,
          seeds: withinSeeds(runs),
        })),
        tuning: tried.map((runs) => ({ method: methodOf(runs), ...center(runs.map(pointOf)) }))
          .filter(({ method }) => finished.some(({ runs }) => methodOf(runs) === method)),
      };
    }),
  };
}

const center = (points: readonly OldAndNew[]): OldAndNew => ({
  old: mean(points.map((point) => point.old)),
  new: mean(points.map((point) => point.new)),
});
