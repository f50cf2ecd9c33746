/**
 * `deno task compare`: a table and the curves of several runs.
 * @module
 */
import { join } from "node:path";
import type { Configuration } from "../../lib/run/schema.ts";
import { dataDirectory, readMetrics, readRunFolder } from "../../lib/run/folder.ts";
import {
  accuracyCurveNumbers,
  attentionRetentionCurveNumbers,
  type MeasuredRun,
} from "../../lib/study/run_record.ts";
import { decimal, percent } from "../../lib/statistics.ts";
import {
  accuracyCurve,
  attentionRetentionCurve,
  type MethodRuns,
  saveFigure,
} from "../../lib/figures/mod.ts";
import { UserError } from "../../lib/user_error.ts";
import {
  type CommandOptions,
  fromHere,
  type Log,
  parseCommandLine,
  runCommand,
  showPath,
} from "./command_line.ts";
import { type RunResults, runResults } from "./run_results.ts";
import { describeSetting, settingKey, varyingFields } from "./setting.ts";
import { textTable } from "../../lib/table.ts";
import { methodNames } from "../../lib/training/method.ts";

const OPTIONS: CommandOptions = { command: "compare", own: ["out"], takesFields: false };

const HELP = `deno task compare RUN… [--out DIRECTORY]

Compares trained runs of one data set: a table, and the curves of accuracy and of attention, with the
mean over seeds and its 95 % confidence interval (Student's t). Folders of M_0, which runs share, and runs
without an increment yet are passed over, so that all runs can be named at once.

  deno task compare data/runs/iemoji-100/*

For each method (and each setting, where runs of one method differ in more than the seed) it prints the
number of seeds, the average incremental accuracy, the accuracy after the last step, forgetting, and
retention: the cosine of the attention after the last step to that of M_0. It writes accuracy-curve and
attention-retention-curve as .svg, .png and .json.

--out DIRECTORY   where the figures go [data/comparison]
--help            this text`;

/** A run as far as it is compared. */
interface ComparedRun extends MeasuredRun {
  folder: string;
  results: RunResults;
}

/** Runs the command; see its help. */
export async function compare(args: readonly string[], log: Log = console.log): Promise<void> {
  const line = parseCommandLine(args, OPTIONS);
  if (line.help) return log(HELP);
  const runs = await readRuns(line.positionals, log);
  const settings = bySetting(runs);
  for (const row of comparisonTable(settings)) log(row);

  const methods = settings.map(([{ configuration }]) => configuration.method);
  const divided = methodNames().find((method) => methods.filter((other) => other === method).length > 1);
  if (divided !== undefined) {
    return log(
      `\nNo curves: they have one color a method, and ${divided} has several settings here. Name the runs of one of them.`,
    );
  }
  const directory = line.own.out === undefined ? join(dataDirectory(), "comparison") : fromHere(line.own.out);
  const accuracies = curveNumbers(runs);
  await saveFigure("accuracy-curve", accuracyCurve, accuracies, { directory });
  const retention = attentionRetentionCurveNumbers(runs);
  await saveFigure("attention-retention-curve", attentionRetentionCurve, retention, { directory });
  log(`\nCurves: accuracy-curve and attention-retention-curve in ${showPath(directory)}`);
}

/** Reads the runs that have an increment and cuts them to the steps that all of them have. */
async function readRuns(paths: readonly string[], log: Log): Promise<ComparedRun[]> {
  const found: (MeasuredRun & { folder: string })[] = [];
  const bases: string[] = [];
  const unfinished: string[] = [];
  for (const folder of new Set(paths.map(fromHere))) {
    const { configuration, folders } = await readRunFolder(folder);
    // M_0 by itself is shared by the methods and tells nothing about them.
    if (configuration.increments === 0) {
      bases.push(`${showPath(folder)} is M_0, which runs share`);
      continue;
    }
    const metrics = await readMetrics(folders, configuration.increments + 1);
    if (metrics.length === 0) {
      unfinished.push(`${showPath(folder)} has no M_0 that is measured, in ${showPath(folders.base)}`);
    } else if (metrics.length === 1) unfinished.push(`${showPath(folder)} has only come to M_0`);
    else found.push({ folder, configuration, metrics });
  }
  if (found.length === 0) throw nothingToCompare([...bases, ...unfinished]);
  for (const why of unfinished) log(`Passed over: ${why}.`);
  if (unfinished.length > 0) log("");
  refuseDifferences(found.map(({ configuration }) => configuration));

  const steps = Math.min(...found.map(({ metrics }) => metrics.length));
  const shortest = found.find(({ metrics }) => metrics.length === steps)!;
  const longest = Math.max(...found.map(({ configuration }) => configuration.increments + 1));
  if (steps < longest) {
    log(`Only ${steps} of ${longest} steps are compared: ${showPath(shortest.folder)} has no more.\n`);
  }
  return found.map(({ folder, configuration, metrics: all }) => {
    const metrics = all.slice(0, steps);
    return { folder, configuration, metrics, results: runResults(metrics) };
  });
}

/** @param others folders that were named, and why they cannot be compared */
function nothingToCompare(others: readonly string[]): UserError {
  if (others.length === 0) {
    return new UserError(
      "Expected the folders of runs to compare but found none. Name some, such as data/runs/iemoji-100/seed1-LwM-…; " +
        "see `deno task compare --help`.",
    );
  }
  return new UserError(
    `Expected runs with an increment at least but found none:\n  ${others.join("\n  ")}\n` +
      "Let them go on with `deno task train`, or name others.",
  );
}

/** Refuses runs that differ in what makes their numbers comparable. */
function refuseDifferences(configurations: readonly Configuration[]): void {
  const fields = ["dataset", "data", "preset", "baseClasses", "increment", "evaluateOn", "topK"] as const;
  for (const field of fields) {
    // A data set with a name is the same wherever it lies.
    const compared = field === "data"
      ? configurations.filter(({ dataset }) => dataset === "folder")
      : configurations;
    const values = [...new Set(compared.map((configuration) => configuration[field]))];
    if (values.length > 1) {
      throw new UserError(
        `Expected runs of the same ${field} but found ${values.join(" and ")}. Compare them separately.`,
      );
    }
  }
}

/**
 * Runs that differ in the seed alone, together; in the order of the methods.
 * @throws {UserError} where a run was named twice, by the folders of two copies
 */
function bySetting(runs: readonly ComparedRun[]): ComparedRun[][] {
  const groups = Map.groupBy(runs, ({ configuration }) => settingKey(configuration));
  for (const ofSetting of groups.values()) {
    for (const [seed, same] of Map.groupBy(ofSetting, ({ configuration }) => configuration.seed)) {
      if (same.length === 1) continue;
      throw new UserError(
        `Expected each run once but found seed ${seed} of one setting in ${
          same.map(({ folder }) => showPath(folder)).join(" and ")
        }. A copy is not another seed: name one of them.`,
      );
    }
  }
  const position = ([{ configuration }]: ComparedRun[]) => methodNames().indexOf(configuration.method);
  return [...groups.values()].sort((a, b) => position(a) - position(b));
}

function comparisonTable(settings: readonly (readonly ComparedRun[])[]): string[] {
  const configurations = settings.map(([{ configuration }]) => configuration);
  const fields = varyingFields(configurations);
  const rows = settings.map((runs) => {
    const over = (measure: (results: RunResults) => number) => runs.map(({ results }) => measure(results));
    return {
      "method": describeSetting(runs[0].configuration, fields),
      "seeds": runs.length,
      "average accuracy": percent(over(({ averageAccuracy }) => averageAccuracy)),
      "last accuracy": percent(over(({ lastAccuracy }) => lastAccuracy)),
      "forgetting": percent(over(({ forgetting }) => forgetting)),
      "retention": decimal(over(({ lastAttentionCosine }) => lastAttentionCosine), 2),
    };
  });
  return textTable(rows);
}

/** In the form of `accuracy-curve.json`; with the mean over classes where that says something new, since classes differ in size. */
function curveNumbers(runs: readonly ComparedRun[]): MethodRuns {
  const curve = accuracyCurveNumbers(runs);
  const balanced = runs.every(({ metrics }) =>
    metrics.every(({ accuracy, meanClassAccuracy }) => Math.abs(accuracy - meanClassAccuracy) < 1e-6)
  );
  if (balanced) return curve;
  const ofClasses = runs.map(({ metrics }) => metrics.map(({ meanClassAccuracy }) => meanClassAccuracy));
  return { ...curve, runs: curve.runs.map((run, i) => ({ ...run, meanClassAccuracy: ofClasses[i] })) };
}

if (import.meta.main) await runCommand(compare);
