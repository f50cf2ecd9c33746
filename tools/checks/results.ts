/**
 * `deno task results`: writes the tables of README.md and RESULTS.md anew from the results of the studies. A
 * table stands between `<!-- results: KIND ARGUMENT -->` and the next empty line.
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import type { EngineThroughput } from "../../lib/figures/engine_throughput.ts";
import { confidenceInterval, holm, mean, signed, studentP } from "../../lib/statistics.ts";
import { differencesOf, type Pair, pairsOf } from "../../lib/study/claims.ts";
import { type Measure, MEASURES, type RunRecord } from "../../lib/study/run_record.ts";
import { readStudy, select, type Selector, studiesDirectory } from "../../lib/study/study.ts";
import { settingsTable } from "../../lib/study/tables.ts";
import { markdownTable, type TableRow } from "../../lib/table.ts";
import { numberedNotebooks, readNotebook } from "../notebooks/notebook.ts";

/** A: the mean accuracy after each increment, on all classes seen so far, without M_0. */
const A: Measure = {
  title: "A",
  share: true,
  of: ({ metrics }) => mean(metrics.slice(1).map(({ accuracy }) => accuracy)),
};
/** N: the accuracy of each step's new classes right after that step, the mean over the steps. */
const N: Measure = MEASURES.newestAccuracy;

/** Two arms of a study, compared within each seed. */
interface Comparison {
  readonly data: string;
  readonly what: string;
  readonly study: string;
  readonly first: Selector;
  readonly second: Selector;
  readonly measure: Measure;
  /** What the difference would be at equal N, along the line through these runs of the second method. */
  readonly atEqualNew?: Selector;
}

/** The rows of the table of results. */
const COMPARISONS: readonly Comparison[] = [
  ["iCIFAR-100", "first-edition/cifar-100", 0.1],
  ["Caltech-101", "first-edition/caltech-101", 0.02],
  ["iEmoji-100", "first-edition/iemoji-100", 0.1],
].flatMap(([data, study, learningRate]) => {
  const [first, second] = ["LwM", "LwF-MC"].map((method) => ({ method, learningRate }));
  const arms = { data, study, first, second, measure: A } as Omit<Comparison, "what">;
  return [
    { ...arms, what: "equal settings" },
    { ...arms, what: "equal accuracy on new classes", atEqualNew: { method: "LwF-MC" } },
  ];
});

async function recordsOf(study: string) {
  return await readStudy(basename(study), [], join(studiesDirectory(), dirname(study)));
}

/** First minus second, one a seed. */
function differences({ measure, atEqualNew }: Comparison, pairs: readonly Pair[], all: readonly RunRecord[]) {
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

/** The plan's words for an interval; see studies/README.md. */
function verdictOf(values: readonly number[]): string {
  const { low, high } = confidenceInterval(values)!;
  if (low > 0) return "gain";
  if (high < 0) return "loss";
  return low > -0.005 && high < 0.005 ? "no gain worth having" : "undecided";
}

async function comparisonsTable(): Promise<TableRow[]> {
  const rows = await Promise.all(COMPARISONS.map(async (comparison) => {
    const { records, configurations } = await recordsOf(comparison.study);
    const [first, second] = [comparison.first, comparison.second].map((arm) => select(records, arm));
    const pairs = pairsOf(first, second);
    const runs = configurations.map((configuration) => ({ configuration }));
    const planned = new Set(select(runs, comparison.first).map(({ configuration }) => configuration.seed));
    return { ...comparison, planned: planned.size, found: differences(comparison, pairs, records) };
  }));
  // What is planned is shown when all of its seeds are there.
  const isWhole = ({ planned, found }: typeof rows[number]) => found.length === planned;
  const whole = rows.filter(isWhole);
  const adjusted = holm(whole.map(({ found }) => studentP(found)!));
  return rows.map((row) => {
    const { data, what, measure, planned, found } = row;
    const p = isWhole(row) ? adjusted[whole.indexOf(row)] : undefined;
    const seeds = isWhole(row) ? `${planned}` : `${found.length} of ${planned}`;
    const unit = measure.share ? 100 : 1;
    return {
      "data set": data,
      "LwM compared with LwF-MC at": what,
      "difference, points": p === undefined ? "" : signed(found.map((value) => unit * value), 1),
      "seeds": seeds,
      "verdict": p === undefined ? "not finished" : verdictOf(found),
      "p (Holm)": p === undefined ? "" : p < 0.001 ? "< 0.001" : p.toFixed(3),
    };
  });
}

async function studyTable(name: string): Promise<readonly TableRow[]> {
  const { records } = await recordsOf(name);
  const shown = [
    "averageAccuracy",
    "lastAccuracy",
    "newestAccuracy",
    "forgetting",
    "attentionCosine",
  ] as const;
  return settingsTable(records, { measures: shown });
}

/** The engines at one setting, in images a second. */
async function enginesTable(): Promise<TableRow[]> {
  const names: Readonly<Record<string, string>> = {
    torch: "PyTorch 2.6, for comparison",
    webgpu: "webgpu, in software",
  };
  const file = join(ROOT, "figures", "engine-throughput.json");
  const { base, rows }: EngineThroughput = JSON.parse(await Deno.readTextFile(file));
  const setting = Object.entries(base);
  return rows.filter((row) => setting.every(([field, value]) => row[field as keyof typeof row] === value))
    .map(({ engine, trainImagesPerSecond, evaluationImagesPerSecond }) => ({
      engine: names[engine] ?? engine,
      "training, images a second": Number(trainImagesPerSecond.toPrecision(2)),
      "evaluation": Number(evaluationImagesPerSecond.toPrecision(2)),
    }));
}

/** The notebooks, by the numbers of their files and by their titles. */
async function notebookList(): Promise<string> {
  const paths = await numberedNotebooks(join(ROOT, "notebooks"));
  const lines = await Promise.all(paths.map(async (path) => {
    const { cells: [{ source }] } = await readNotebook(path);
    const title = [source].flat().join("").match(/^# (?:\d+ · )?(.+)/)![1];
    return `- [${basename(path).slice(0, 2)}](${basename(path)}) ${title}`;
  }));
  return lines.join("\n");
}

const MADE: Readonly<Record<string, (argument: string) => Promise<string>>> = {
  comparisons: async () => markdownTable(await comparisonsTable()),
  study: async (name) => markdownTable(await studyTable(name)),
  engines: async () => markdownTable(await enginesTable()),
  notebooks: notebookList,
};

const MARKED = /(<!-- results: (\w+) ?(\S*) -->\n\n)((?:.+\n)*)/g;

/** A page with its tables made anew. */
export async function withTables(text: string): Promise<string> {
  const made = await Promise.all(
    [...text.matchAll(MARKED)].map(([, , kind, argument]) => MADE[kind](argument)),
  );
  return text.replaceAll(MARKED, (_, marker) => `${marker}${made.shift()}\n`);
}

/** The pages that have tables. */
export const PAGES = ["README.md", "RESULTS.md", "notebooks/README.md"];

const ROOT = resolve(import.meta.dirname!, "../..");

if (import.meta.main) {
  for (const page of PAGES) {
    const path = join(ROOT, page);
    await Deno.writeTextFile(path, await withTables(await Deno.readTextFile(path)));
  }
}
