/**
 * `deno task compare`: a table and the curves of several runs.
 * @module
 */
import { basename, join } from "node:path";
import { accuracyCurve, attentionRetentionCurve } from "../../lib/figures/curves.ts";
import { saveFigure } from "../../lib/figures/save.ts";
import { dataDirectory } from "../../lib/run/folder.ts";
import { accuracyCurveNumbers, attentionRetentionCurveNumbers } from "../../lib/study/figure_numbers.ts";
import { bySetting, describeSetting, runKey, varyingFields } from "../../lib/study/run_record.ts";
import { UserError } from "../../lib/user_error.ts";
import { type Command, fromHere, type Log, parseCommandLine, runCommand, showPath } from "./command_line.ts";
import { type KeptRun, printRuns, readKeptRun, withSummary } from "./run.ts";

const COMMAND: Command = {
  name: "compare",
  usage: "RUN … [--out DIRECTORY] [--json]",
  about:
    `Compares trained runs of the same images and steps: a table, and the curves of accuracy and of attention, with
the mean over seeds and its 95 % confidence interval (Student's t). Folders of M_0, which runs share, and runs
without an increment yet are passed over, so that all runs can be named at once. Where runs cannot be compared,
it says which of them can, and in what they differ. Exit code: 0, or 1 where nothing can be compared.

  deno task compare data/runs/iemoji-100/*

The table has one row for each method, and for each setting where runs of one method differ in more than the
seed. Curves have one color a method: where a method has several settings, those of each setting are saved in a
folder of its own. They are saved as .svg, .png and .json.`,
  options: {
    "out DIRECTORY": "where the figures go [data/comparison/DATASET]",
    json: "prints the runs and what was measured as JSON, and draws nothing",
  },
};

export async function compare(args: readonly string[], log: Log = console.log): Promise<void> {
  const line = parseCommandLine(args, COMMAND);
  if (line.help) return log(line.help);
  const isJson = line.switches.has("json");
  const runs = await readRuns(line.positionals, isJson ? () => {} : log);
  if (isJson) return log(JSON.stringify({ runs: runs.map(withSummary) }, null, 1));

  printRuns(runs, log);
  const out = fromHere(line.own.out ?? join(dataDirectory(), "comparison", placeOf(runs[0])));
  await draw(runs, out);
  log(`\nCurves: accuracy-curve and attention-retention-curve in ${showPath(out)}`);
}

/**
 * The folder of the figures, relative to that of all comparisons. Two folders of images may have one name.
 */
function placeOf({ configuration: { dataset, data }, images = "" }: KeptRun): string {
  return dataset === "folder" ? `folder-${basename(data)}-${images.slice(0, 6)}` : dataset;
}

/** Draws all runs together where each method has one setting, otherwise each setting by itself. */
async function draw(runs: readonly KeptRun[], out: string): Promise<void> {
  const settings = bySetting(runs);
  const methods = settings.map(([{ configuration }]) => configuration.method);
  if (new Set(methods).size === methods.length) return await saveCurves(settings.flat(), out);
  const fields = varyingFields(runs.map(({ configuration }) => configuration));
  for (const setting of settings) {
    const name = describeSetting(setting[0].configuration, fields).replaceAll(/[^\p{L}\p{N}.]+/gu, "-");
    await saveCurves(setting, join(out, name));
  }
}

async function saveCurves(runs: readonly KeptRun[], directory: string): Promise<void> {
  await saveFigure("accuracy-curve", accuracyCurve, accuracyCurveNumbers(runs), { directory });
  const retention = attentionRetentionCurveNumbers(runs);
  await saveFigure("attention-retention-curve", attentionRetentionCurve, retention, { directory });
}

/** Reads the runs that have an increment and cuts them to the steps that all of them have. */
async function readRuns(paths: readonly string[], log: Log): Promise<KeptRun[]> {
  const found: KeptRun[] = [];
  const others: string[] = [];
  for (const path of new Set(paths.map(fromHere))) {
    const run = await readKeptRun(path);
    if (run.metrics.length > 1) found.push(run);
    // M_0 by itself is shared by the methods and tells nothing about them.
    else if (run.configuration.increments === 0) others.push(`${showPath(path)} is M_0, which runs share`);
    else if (run.metrics.length === 1) others.push(`${showPath(path)} has only come to M_0`);
    else others.push(`${showPath(path)} has no M_0 that is measured, in ${showPath(run.folders.base)}`);
  }
  if (found.length === 0) {
    const why = others.length === 0 ? "none. " : `none:\n  ${others.join("\n  ")}\n`;
    throw new UserError(
      `Expected the folders of runs with an increment at least, such as data/runs/iemoji-100/seed1-LwM-…, but found ${why}` +
        "Train them with `deno task train`; see `deno task compare --help`.",
    );
  }
  const unfinished = others.filter((why) => !why.endsWith("share"));
  for (const why of unfinished) log(`Passed over: ${why}.`);
  if (unfinished.length > 0) log("");
  refuseDifferences(found);
  // All have the same images, wherever they lay.
  const { data } = found[0].configuration;
  const runs = found.map((run) => ({ ...run, configuration: { ...run.configuration, data } }));
  refuseCopies(runs);

  const steps = Math.min(...runs.map(({ metrics }) => metrics.length));
  const shortest = runs.find(({ metrics }) => metrics.length === steps)!;
  const longest = Math.max(...runs.map(({ configuration }) => configuration.increments + 1));
  if (steps < longest) {
    log(`Only ${steps} of ${longest} steps are compared: ${showPath(shortest.folder)} has no more.\n`);
  }
  return runs.map((run) => ({ ...run, metrics: run.metrics.slice(0, steps) }));
}

const SAME = [
  "dataset",
  "data",
  "classes",
  "imagesPerClass",
  "preset",
  "engine",
  "baseClasses",
  "increment",
  "evaluateOn",
] as const;

/** Refuses runs that differ in what makes their numbers comparable, and says which can be compared. */
function refuseDifferences(runs: readonly KeptRun[]): void {
  const valueOf = ({ configuration, engine, images }: KeptRun, field: typeof SAME[number]): string => {
    if (field === "engine") return engine;
    // The same images are the same wherever they lie.
    if (field === "data") return configuration.dataset === "folder" ? images ?? configuration.data : "";
    return String(configuration[field] ?? "–");
  };
  const differing = SAME.filter((field) => new Set(runs.map((run) => valueOf(run, field))).size > 1);
  if (differing.length === 0) return;
  const describe = (run: KeptRun) =>
    differing.map((field) => `${field} ${field === "data" ? run.configuration.data : valueOf(run, field)}`);
  const kinds = [...Map.groupBy(runs, (run) => describe(run).join(", "))].map(([values, group]) =>
    `  ${values}:\n    ${group.map(({ folder }) => showPath(folder)).join("\n    ")}\n`
  );
  throw new UserError(
    `Expected runs of the same ${differing.join(", ")} but found ${kinds.length} kinds:\n` +
      `${kinds.join("")}Compare the runs of one kind.`,
  );
}

/** Refuses a run that was named twice, by the folders of two copies. */
function refuseCopies(runs: readonly KeptRun[]): void {
  for (const same of Map.groupBy(runs, ({ configuration }) => runKey(configuration)).values()) {
    if (same.length === 1) continue;
    const [{ configuration: { seed } }] = same;
    const folders = same.map(({ folder }) => showPath(folder)).join(" and ");
    throw new UserError(
      `Expected each run once but found seed ${seed} of one setting in ${folders}. ` +
        "A copy is not another seed: name one of them.",
    );
  }
}

if (import.meta.main) await runCommand(compare);
