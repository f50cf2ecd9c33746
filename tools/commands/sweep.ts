/**
 * `deno task sweep`: a study, from its runs to its tables and figures.
 * @module
 */
import { basename, dirname, join } from "node:path";
import { namesIn } from "../../lib/files.ts";
import { codeDigest } from "../../lib/run/code_digest.ts";
import { codeOf, dataDirectory, readMetrics } from "../../lib/run/folder.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { runJobs, trainingJobs } from "../../lib/run/train_runs.ts";
import { stoppable } from "../../lib/stop_signals.ts";
import { comparisonsOf, refuseSeveralEngines } from "../../lib/study/comparisons.ts";
import { studyFigure, type StudyFigureOptions } from "../../lib/study/figure_numbers.ts";
import {
  COMPARED,
  firstModelKey,
  readRecords,
  runKey,
  runNames,
  type RunRecord,
  shareFirstModel,
  writeRecords,
} from "../../lib/study/run_record.ts";
import {
  readStudies,
  readStudyPlan,
  recordsOf,
  resultsPath,
  studiesDirectory,
  type Study,
  type StudyPlan,
} from "../../lib/study/study.ts";
import { comparisonsTable } from "../../lib/study/tables.ts";
import type { TableRow } from "../../lib/table.ts";
import { UserError } from "../../lib/user_error.ts";
import { findRecords, submitToSlurm, sweepCommands } from "./cluster.ts";
import {
  type Command,
  DIRECTORY,
  fromHere,
  type Log,
  parseCommandLine,
  runCommand,
  showPath,
} from "./command_line.ts";
import { mistakeOf, type OpenedRun, openRuns, printRuns, printTable, withSummary } from "./open_run.ts";

const COMMAND: Command = {
  name: "sweep",
  usage: "FILE [--again] [--out DIRECTORY] [--directory DIRECTORY] [--dry-run] [--json]\n" +
    "  [--list | --slurm [-- OPTION …] | --collect [FOLDER …]]",
  about:
    `Trains the runs of a study, one process each, as many at a time as there are cores, then prints its tables and
draws its figures. It can be stopped at any moment: the same command passes over what is finished and resumes the
rest after the last finished epoch, also on another machine: finished runs are known from the results beside FILE,
NAME.results.json. A run that fails stops none of the others; it is reported at the end, and the exit code is 1;
it is 130 after Ctrl-C. M_0 is trained once for all runs that share it.

  deno task sweep studies/iemoji-100-arms.json

On a cluster its own scheduler spreads the runs, and --collect makes the results of them. What is finished is
passed over there, too, so the same command submits what is still missing.

  deno task sweep studies/iemoji-100-arms.json --slurm -- --partition=main --time=1:00:00
  deno task sweep studies/iemoji-100-arms.json --list | parallel
  deno task sweep studies/iemoji-100-arms.json --collect data

FILE is JSON: fields of the configuration (see \`deno task train --help\`) that all runs share, grids of values
of which every combination is a run, and single runs; then which arms are compared, and which figures are drawn. Only
"grid" or "runs" has to be there. A relative path of "data" starts at the folder of FILE.

  {
    "base": { "dataset": "iemoji-100" },
    "grid": { "method": ["LwM"], "gamma": [0.1, 0.3], "seed": [1, 2, 3] },
    "runs": [{ "method": "LwF-MC", "seed": 1 }],
    "arms": { "0.3": { "method": "LwM", "gamma": 0.3 }, "0.1": { "method": "LwM", "gamma": 0.1 } },
    "comparisons": [{
      "what": "attention", "first": "0.3", "second": "0.1", "measure": "attentionCosine"
    }],
    "figures": [{ "name": "gamma", "kind": "gamma" }]
  }

An arm is one setting. A comparison takes the difference of two arms within each seed. Its measure is one of
${Object.keys(COMPARED).join(", ")}.`,
  options: {
    again:
      "trains anew what only the results know, and replaces them when all of it is trained on this machine",
    "out DIRECTORY":
      "where results and figures go [beside FILE; figures of the project's studies in figures/]",
    ...DIRECTORY,
    list: "prints a command for each missing run, those of M_0 first, and trains nothing",
    slurm:
      "submits the missing runs to Slurm: an array job with a task for each M_0 that is missing, then one\n" +
      "with a task for each run; an OPTION is one of sbatch",
    collect: "makes the results of the finished runs below the FOLDERs [DIRECTORY], and trains nothing",
    "dry-run": "names the runs that are missing; prepares no image, and writes nothing",
    json:
      "print one JSON object, {study, results, runs, missing, comparisons, figures}, or {commands} with --list and\n" +
      "{jobs} with --slurm, and nothing else to standard output",
  },
};

export async function sweep(args: readonly string[], log: Log = console.log): Promise<void> {
  const { positionals: [file, ...others], own, switches, help } = parseCommandLine(args, COMMAND);
  if (help) return log(help);
  const ways = (["list", "slurm", "collect"] as const).filter((way) => switches.has(way));
  const takesOthers = ways.length === 1 && ways[0] !== "list";
  if (file === undefined || ways.length > 1 || others.length > 0 && !takesOthers) {
    throw new UserError(
      `Expected the file of one study, and one of --list, --slurm and --collect at most, but found ${
        [file, ...others, ...ways.map((way) => `--${way}`)].join(" ") || "none"
      }; see \`deno task sweep --help\`.`,
    );
  }
  await runStudy(fromHere(file), {
    directory: own.directory === undefined ? undefined : fromHere(own.directory),
    out: own.out === undefined ? undefined : fromHere(own.out),
    again: switches.has("again"),
    dryRun: switches.has("dry-run"),
    json: switches.has("json"),
    way: ways[0],
    others,
    log,
  });
}

/** Options of {@linkcode runStudy}. */
export interface StudyOptions {
  readonly directory?: string;
  /** Where results and figures go. */
  readonly out?: string;
  /** Whether runs are trained that only the results know. */
  readonly again?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  /** What is done instead of training. */
  readonly way?: "list" | "slurm" | "collect";
  /** Options of `sbatch`, or folders to collect from. */
  readonly others?: readonly string[];
  readonly signal?: AbortSignal;
  readonly log: Log;
}

/**
 * Finds the records of a study that exist, trains the other runs, writes the results whenever a run is
 * finished (or, anew, when all are), and shows them.
 * @param file of the study
 * @throws {UserError} where a run fails, after the others have finished, or where the training was stopped
 */
export async function runStudy(file: string, options: StudyOptions): Promise<void> {
  const { directory = dataDirectory(), out, again, dryRun, json, way, others = [], log } = options;
  const say = json || way === "list" || way === "slurm" ? console.error : log;
  const plan = await readStudyPlan(file);
  const nameOf = runNames(plan.configurations);
  // Runs of a quick preset never mix with the committed results.
  const [{ preset }] = plan.configurations;
  const home = out ?? (preset === "default" ? dirname(file) : join(directory, "studies", preset));
  const path = resultsPath(plan.name, home);

  const collects = way === "collect";
  const results = again ? [] : await recordsOfResults(plan, path, say);
  const asked = collects ? plan.configurations : onEngineOf(results, missingOf(plan.configurations, results));
  const found = await findRecords(
    // Whether a folder's images are still those of its runs is known when they are opened.
    asked.filter(({ dataset }) => collects || dryRun || dataset !== "folder"),
    collects && others.length > 0 ? others.map(fromHere) : [collects ? directory : join(directory, "runs")],
    collects ? say : undefined,
  );
  const known = recordsOf(plan, [...results, ...found]);
  const missing = collects ? [] : missingOf(asked, known);
  const { runs, failures } = await openRuns(dryRun ? [] : missing, { directory, nameOf, log: say });

  /** All records that exist by now. */
  const recordsNow = async () => {
    for (const run of runs) {
      const steps = run.configuration.increments + 1;
      if (run.metrics.length < steps) run.metrics = await readMetrics(run.folders, steps);
    }
    const here = runs.filter(({ metrics }) => metrics.length > 0).map(recordOf);
    refuseMixture([...known, ...here]);
    return recordsOf(plan, [...known, ...here]);
  };
  const before = await recordsNow();
  const waiting = runs.filter(({ configuration }) => missingOf([configuration], before).length > 0);
  say(describePlan(plan, results, before, collects ? undefined : dryRun ? missing.length : waiting.length));
  if (dryRun) {
    for (const configuration of missing) say(`  to train: ${nameOf(configuration)}`);
    return json ? log(asJson(plan, path, before)) : undefined;
  }
  if (way === "list" || way === "slurm") {
    await spread(waiting, plan.name, directory, file, options);
    return refuseFailed(failures, plan);
  }

  const writeResults = async () => {
    const records = await recordsNow();
    // Another process may have added results meanwhile.
    const merged = mergeRecords(plan, await readRecords(path), records, again);
    if (records.length > 0) await writeRecords(path, merged);
    return records;
  };
  const { jobs, jobOf, processes } = await trainingJobs(waiting, { directory });
  const ended = await stoppable(
    "Nothing is lost but unfinished epochs: the same command resumes there.",
    // Old and new runs are never mixed: anew, all are written in the end.
    (signal) => runJobs(jobs, { processes, signal, onChange: again ? undefined : writeResults }),
    options.signal,
  ).then(() => {
    for (const [{ name }, { failure }] of jobOf) if (failure) failures.push(`${name}: ${failure}`);
    refuseFailed(failures, plan);
  }).catch((error: Error) => error);
  const mistake = await mistakeOf(async () => {
    if (again && ended) {
      return say("\nThe results stay as they are until all runs are trained: repeat it with --again.");
    }
    const records = await writeResults();
    const ofProject = out === undefined && file.startsWith(join(studiesDirectory(), "/"));
    const place = { directory: ofProject ? undefined : home, runs: directory, log: say };
    const shown = await show({ ...plan, records }, dirname(file), place);
    say(`\nResults: ${showPath(path)} and .tsv`);
    if (json) log(asJson(plan, path, records, shown));
  });
  // Whatever ended the training is the error.
  if (ended && mistake !== undefined && mistake !== ended.message) say(`\n${mistake}`);
  if (ended) throw ended;
  if (mistake !== undefined) throw new UserError(mistake);
}

/** The record of what was measured of a run. */
function recordOf({ configuration, folders, metrics }: OpenedRun): RunRecord {
  const engine = configuration.engine as RunRecord["engine"]; // that of an opened run has it by name
  return { configuration: { ...configuration, code: "current" }, engine, code: codeOf(folders), metrics };
}

/** Those of which there is no record. */
function missingOf(configurations: readonly Configuration[], records: readonly RunRecord[]): Configuration[] {
  const keys = new Set(records.map(({ configuration }) => runKey(configuration)));
  return configurations.filter((configuration) => !keys.has(runKey(configuration)));
}

/**
 * The records of a study in its results, and of its runs in other studies beside them, on the engine that it
 * names and with the M_0 of its own. Those of a folder of images are left out: it may hold others by now.
 */
async function recordsOfResults(plan: StudyPlan, path: string, log: Log): Promise<RunRecord[]> {
  const asked = new Set<string>(plan.configurations.map(({ engine }) => engine));
  const known = recordsOf(plan, await readRecords(path));
  for (const name of await namesIn(dirname(path))) {
    if (!name.endsWith(".results.json") || name === basename(path)) continue;
    let others: RunRecord[] = [];
    const mistake = await mistakeOf(async () => others = await readRecords(join(dirname(path), name)));
    if (mistake !== undefined) log(`Passed over ${name}: ${mistake}`);
    for (const record of recordsOf(plan, others)) {
      const { engine } = record;
      const isComparable = engine === (known[0] ?? record).engine && (asked.has("auto") || asked.has(engine));
      if (isComparable && !withOtherFirstModel([...known, record])) known.unshift(record);
    }
  }
  return recordsOf(plan, known).filter(({ configuration }) => configuration.dataset !== "folder");
}

type MeasuredRun = Pick<RunRecord, "configuration" | "metrics">;

/** The first run with another M_0 than a run before it that should share it. */
function withOtherFirstModel(runs: readonly MeasuredRun[]): MeasuredRun | undefined {
  const first = new Map(runs.toReversed().map((run) => [firstModelKey(run.configuration), run.metrics]));
  return runs.find(({ configuration, metrics }) =>
    !shareFirstModel(first.get(firstModelKey(configuration))!, metrics)
  );
}

/** Runs are compared in pairs that share engine and M_0, so others would be trained in vain. */
function refuseMixture(records: readonly RunRecord[]): void {
  refuseSeveralEngines(records);
  const other = withOtherFirstModel(records);
  if (other === undefined) return;
  throw new UserError(
    `Expected one M_0 of seed ${other.configuration.seed} in all runs of the study but found two: the code has ` +
      "changed since, or onednn rounded differently on another kind of processor. Resume where the study was begun " +
      "(or, where that has no AVX-512 and this has, with ONEDNN_MAX_CPU_ISA=AVX2), or train all of it on one kind, " +
      "with --again or with --out DIRECTORY; wasm gives the same numbers on all machines.",
  );
}

/** Missing runs are trained on the engine of the others, since engines round differently. */
function onEngineOf(known: readonly RunRecord[], missing: readonly Configuration[]): Configuration[] {
  const { engine = "wasm" } = known[0] ?? {};
  const named = missing.map((run) => ({ ...run, engine: run.engine === "auto" ? engine : run.engine }));
  refuseSeveralEngines([...known, ...named]);
  return named;
}

/** @param missing how many; undefined where the others are collected */
function describePlan(
  { configurations, duplicates }: StudyPlan,
  results: readonly RunRecord[],
  records: readonly RunRecord[],
  missing?: number,
): string {
  const all = count(configurations.length, "run");
  if (missing === undefined) return `${records.length} of ${all} found.`;
  const older = results.filter(({ engine, code }) => code !== codeDigest(engine)).length;
  return [
    `${all}: ${results.length > 0 ? `${results.length} known from the results, ` : ""}` +
    `${records.length - results.length} finished before, ${missing} to train.`,
    ...duplicates > 0 ? [`${count(duplicates, "duplicate configuration")} skipped.`] : [],
    ...older > 0 ? [`${older} of the results are of other code; --again trains them anew.`] : [],
  ].join(" ");
}

/** Prints the commands that train the missing runs, or submits them. */
async function spread(
  waiting: readonly OpenedRun[],
  name: string,
  home: string,
  file: string,
  { way, others = [], json, log, out, directory }: StudyOptions,
): Promise<void> {
  const commands = await sweepCommands(waiting, home);
  const all = [...commands.bases, ...commands.runs];
  if (way === "list") {
    return json ? log(JSON.stringify({ commands: all }, null, 1)) : all.forEach((one) => log(one));
  }
  const jobs = await submitToSlurm(name, commands, others, home);
  if (json) return log(JSON.stringify({ jobs }, null, 1));
  log(
    jobs.length === 0
      ? "Nothing to submit."
      : `Submitted ${jobs.map((job) => `job ${job}`).join(", then ")}.`,
  );
  const places = Object.entries({ directory, out })
    .map(([option, path]) => path === undefined ? "" : ` --${option} ${showPath(path)}`);
  log(`Once they are finished: deno task sweep ${showPath(file)} --collect${places.join("")}`);
}

function refuseFailed(failures: readonly string[], { configurations }: StudyPlan): void {
  if (failures.length === 0) return;
  const lines = failures.map((line) => `  ${line}`);
  throw new UserError(
    `${failures.length} of ${count(configurations.length, "run")} failed:\n${lines.join("\n")}`,
  );
}

/**
 * Fresh records in place of the kept ones of the same runs, unless they have fewer steps of the same code; in
 * the order of the study, then those that it no longer names.
 */
function mergeRecords(
  { configurations }: StudyPlan,
  kept: readonly RunRecord[],
  fresh: readonly RunRecord[],
  again?: boolean,
): RunRecord[] {
  const byKey = new Map<string, RunRecord | undefined>(configurations.map((run) => [runKey(run), undefined]));
  for (const record of kept) byKey.set(runKey(record.configuration), record);
  for (const record of fresh) {
    const key = runKey(record.configuration);
    if (again || record.metrics.length >= (byKey.get(key)?.metrics.length ?? 0)) byKey.set(key, record);
  }
  return [...byKey.values()].filter((record) => record !== undefined);
}

/** Prints the tables, judges the comparisons among those of the studies beside it, and draws the figures. */
async function show(
  study: Study,
  folder: string,
  { log, ...place }: StudyFigureOptions & { log: Log },
): Promise<{ comparisons: readonly TableRow[]; figures: string[] }> {
  const figures: string[] = [];
  if (study.records.length === 0) return { comparisons: [], figures };
  log("");
  printRuns(study.records, log);
  const { length } = study.comparisons;
  const beside = length === 0
    ? []
    : (await readStudies(folder, log)).filter(({ name }) => name !== study.name);
  const comparisons = comparisonsTable(comparisonsOf([study, ...beside]).slice(0, length));
  printTable("\nComparisons within each seed\n", comparisons, log);
  for (const { name } of study.figures) {
    const mistake = await mistakeOf(async () => {
      const { path, missing } = await studyFigure(study, name, { ...place, log });
      if (path === undefined) throw new UserError(`${missing} of its runs are not finished.`);
      figures.push(path);
    });
    if (mistake !== undefined) log(`\n${name} stays as it is: ${mistake}`);
  }
  if (figures.length > 0) log(`\nFigures: ${figures.map(showPath).join(", ")}`);
  return { comparisons, figures };
}

function asJson(
  { name, configurations }: StudyPlan,
  results: string,
  records: readonly RunRecord[],
  shown: { comparisons: readonly TableRow[]; figures: readonly string[] } = { comparisons: [], figures: [] },
): string {
  const missing = missingOf(configurations, records);
  return JSON.stringify({ study: name, results, runs: records.map(withSummary), missing, ...shown }, null, 1);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

if (import.meta.main) await runCommand(sweep);
