/**
 * `deno task results`: writes the tables of README.md and RESULTS.md anew from the results of the studies. A
 * table stands between `<!-- results: KIND ARGUMENT -->` and the next empty line.
 * @module
 */
import { basename, join, resolve } from "node:path";
import { THROUGHPUT, type Throughput } from "../bench/bench.ts";
import { percent, signed } from "../../lib/statistics.ts";
import { type Comparison, differencesOf, pairsOf, readComparisons } from "../../lib/study/comparisons.ts";
import { COMPARED, finishedSettings, MEASURES } from "../../lib/study/run_record.ts";
import { readStudy, select } from "../../lib/study/study.ts";
import { comparisonsTable, settingsTable } from "../../lib/study/tables.ts";
import { markdownTable, type TableRow } from "../../lib/table.ts";
import { writeFileWhole } from "../../lib/files.ts";
import { type Command, defineCommand, refusePositionals, runCommand } from "../commands/command_line.ts";
import { figureNames } from "../commands/figure.ts";
import { codeCells, numberedNotebooks, readNotebook, sourceOf } from "../notebooks/notebook.ts";
import { UserError } from "../../lib/user_error.ts";

/** The rows of an edition that are tested, each with the difference of N that goes with it. */
async function testedTable(edition: string): Promise<TableRow[]> {
  const all = await readComparisons(edition);
  const N = MEASURES.newestAccuracy.title;
  const difference = ({ differences, unit }: Comparison) =>
    differences.length === 0 ? "" : signed(differences.map((one) => unit * one), 1);
  return all.filter(({ tested }) => tested).map((row) => {
    const [{ seeds, verdict, "p (Holm)": p, "mean, 95 % interval": _, ...what }] = comparisonsTable([row]);
    const ofN = all.find(({ data, what, of }) => data === row.data && what === row.what && of === N);
    return {
      ...what,
      "the other has": row.baseline === undefined ? "" : percent(row.baseline),
      "difference": difference(row),
      "difference of N": ofN === undefined ? "" : difference(ofN),
      seeds,
      verdict,
      "p (Holm)": p,
    };
  });
}

/** What each remedy does to the classes of each age, in the second edition's records. */
async function agesTable(): Promise<TableRow[]> {
  const studies = await Promise.all(["cifar-100-arms", "iemoji-100-arms"].map((name) => readStudy(name)));
  const columns = {
    "base classes": "baseAccuracy",
    "middle classes": "middleAccuracy",
    "newest classes (N)": "newestAccuracy",
    "all (A)": "accuracyAfterIncrements",
    "all but base": "accuracyWithoutBase",
  } as const;
  const remedies = [["a smaller learning rate", "F≈", "F*"], ["attention distillation", "M", "F≈"]];
  return studies.flatMap(({ arms, records, configurations: [{ dataset }] }) =>
    remedies.map(([remedy, first, second]) => {
      const pairs = pairsOf(select(records, arms[first]), select(records, arms[second]));
      const cells = Object.entries(columns).map(([title, name]) => {
        const differences = differencesOf(pairs, COMPARED[name]).map((share) => 100 * share);
        return [title, signed(differences, 1)];
      });
      return {
        "data set": dataset === "cifar-100" ? "iCIFAR-100" : "iEmoji-100",
        "seeds": pairs.length,
        "what it changes": `${remedy}, ${first} − ${second}`,
        ...Object.fromEntries(cells),
      };
    })
  );
}

async function studyTable(name: string): Promise<readonly TableRow[]> {
  const { records, configurations } = await readStudy(name);
  const shown = [
    "averageAccuracy",
    "lastAccuracy",
    "newestAccuracy",
    "forgetting",
    "attentionCosine",
  ] as const;
  return settingsTable(finishedSettings(records, configurations), { measures: shown });
}

/** The engines, in images a second. */
async function enginesTable(): Promise<TableRow[]> {
  const { rows }: Throughput = JSON.parse(await Deno.readTextFile(THROUGHPUT));
  return rows.map(({ engine, training, evaluation }) => ({
    engine,
    "training, images a second": Number(training.toPrecision(2)),
    "evaluation": Number(evaluation.toPrecision(2)),
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

/** One row a figure: what it is in the paper, the figure, where it is made, what agrees and what differs. */
async function gallery(): Promise<string> {
  const rows: Record<"paper" | "figure" | "agrees" | "differs", string>[] = JSON.parse(
    await Deno.readTextFile(join(ROOT, "tools/commands/gallery.json")),
  );
  const missing = figureNames().filter((name) => rows.every(({ figure }) => figure !== name));
  if (missing.length > 0) {
    throw new UserError(
      `Expected each figure in tools/commands/gallery.json but found no row of ${missing}. Add it.`,
    );
  }
  const places = await Promise.all((await numberedNotebooks(join(ROOT, "notebooks"))).map(async (path) => ({
    name: basename(path),
    cells: codeCells(await readNotebook(path)).map(sourceOf),
  })));
  const lines = rows.map(({ paper, figure, agrees, differs }) => {
    const isMade = (cell: string) => new RegExp(`(saveFigure\\(\\s*"|figures/)${figure}\\b`).test(cell);
    const place = places.find(({ cells }) => cells.some(isMade));
    const link = place === undefined
      ? "[study](../studies/first-edition/README.md)"
      : `[${place.name.slice(0, 2)}](../notebooks/${place.name}), code cell ${
        place.cells.findIndex(isMade) + 1
      }`;
    const picture = `<a href="${figure}.svg"><img src="${figure}.png" width="260" alt="${figure}"></a>`;
    return `| ${paper} | ${picture} | ${link} | \`deno task figure ${figure}\` | ${agrees} | ${differs} |`;
  });
  const head = "| in the paper | here | made in | draw it again | what agrees | what differs |";
  return [head, "| --- | --- | --- | --- | --- | --- |", ...lines].join("\n");
}

const MADE: Readonly<Record<string, (argument: string) => Promise<string>>> = {
  ages: async () => markdownTable(await agesTable()),
  comparisons: async (edition) => markdownTable(await testedTable(edition)),
  estimates: async (edition) =>
    markdownTable(comparisonsTable((await readComparisons(edition)).filter((row) => !row.tested))),
  study: async (name) => markdownTable(await studyTable(name)),
  engines: async () => markdownTable(await enginesTable()),
  notebooks: notebookList,
  gallery,
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
export const PAGES = [
  "README.md",
  "RESULTS.md",
  "notebooks/README.md",
  "studies/first-edition/README.md",
  "figures/README.md",
];

const ROOT = resolve(import.meta.dirname!, "../..");

const COMMAND: Command = {
  name: "results",
  usage: "",
  about: `Writes the tables of ${PAGES.join(", ")} from the results of the studies.`,
  options: {},
};

export const results = defineCommand(COMMAND, async (line) => {
  refusePositionals(line, COMMAND);
  const paths = PAGES.map((page) => join(ROOT, page));
  for (const path of paths) await writeFileWhole(path, await withTables(await Deno.readTextFile(path)));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", ...paths] }).output();
});

if (import.meta.main) await runCommand(results);
