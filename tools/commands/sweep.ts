/**
 * `deno task sweep`: a study, from its runs to its tables and figures.
 * @module
 */
import { dirname, join } from "node:path";
import { isFolder } from "../../lib/data/photos/photo_source.ts";
import { codeOf, dataDirectory, readMetrics } from "../../lib/run/folder.ts";
import { baseIdentity, runNames } from "../../lib/run/identity.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { failuresOf, refuseFailed, runJobs, trainingJobs } from "../../lib/run/train_runs.ts";
import { stoppable } from "../../lib/stop_signals.ts";
import { comparisonsOf, refuseSeveralEngines } from "../../lib/study/comparisons.ts";
import { studyFigure, type StudyFigureOptions } from "../../lib/study/record_figures.ts";
import {
  bySetting,
  finishedSettings,
  readRecords,
  runKey,
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
import { counted } from "../../lib/table.ts";
import { UserError } from "../../lib/user_error.ts";
import { findRecords, isCurrent, submitToSlurm, sweepCommands } from "./cluster.ts";
import {
  aboutOf,
  type Command,
  defineCommand,
  DIRECTORY,
  fromHere,
  type Log,
  runCommand,
  showPath,
  warn,
} from "./command_line.ts";
import { mistakeOf, type OpenedRun, openRun, printRuns, printTable, withSummary } from "./open_run.ts";

const COMMAND: Command = {
  name: "sweep",
  usage: "FILE [--out DIRECTORY] [--directory DIRECTORY] [--dry-run] [--json]\n" +
    "  [--list | --slurm [-- OPTION …] | --collect [FOLDER …]]",
  about: aboutOf("sweep"),
  options: {
    "out DIRECTORY": "where results and figures go; results elsewhere do not count, trained runs do\n" +
      "[beside FILE; of another preset than default in DIRECTORY/studies/PRESET;\n" +
      "figures of the project's studies in figures/]",
    ...DIRECTORY,
    list: "prints a command for each missing run, those of M_0 first, and trains nothing",
    slurm:
      "submits the missing runs to Slurm: an array job with a task for each M_0 that is missing, then one\n" +
      "with a task for each run; an OPTION is one of sbatch",
    collect: "makes the results of the finished runs below the FOLDERs [DIRECTORY], and trains nothing",
    "dry-run": "names the missing runs; prepares no image (own ones count as unchanged), writes nothing",
    json:
      "print one JSON object, {study, results, runs, missing, comparisons, figures}, or {commands} with --list and\n" +
      "{jobs} with --slurm, and nothing else to standard output",
  },
};

export const sweep = defineCommand(COMMAND, async (line, report, result) => {
  const { positionals: [given, ...others], own, switches } = line;
  const ways = (["list", "slurm", "collect"] as const).filter((way) => switches.has(way));
  const [way] = ways;
  if (given === undefined || ways.length > 1 || others.length > 0 && way !== "slurm" && way !== "collect") {
    const found = [given, ...others, ...ways.map((way) => `--${way}`)].join(" ") || "none";
    throw new UserError(
      "Expected the file of one study, and one of --list, --slurm and --collect at most, but found " +
        `${found}; see \`deno task sweep --help\`.`,
    );
  }
  const [collects, dryRun] = [way === "collect", switches.has("dry-run")];
  const say = way === "list" || way === "slurm" ? warn : report; // their output is for a shell
  const file = fromHere(given);
  const directory = own.directory === undefined ? dataDirectory() : fromHere(own.directory);
  const plan = await readStudyPlan(file);
  // Runs of a quick preset never mix with the committed results.
  const [{ preset }] = plan.configurations;
  const usual = preset === "default" ? dirname(file) : join(directory, "studies", preset);
  const home = own.out === undefined ? usual : fromHere(own.out);
  const path = resultsPath(plan.name, home);

  // Whether a folder's images are still those of its runs is known when they are opened.
  const isKnown = ({ dataset }: Configuration) => dataset !== "folder";
  const results = recordsOf(plan, await readRecords(path)).filter((run) => isKnown(run.configuration));
  const asked = collects ? plan.configurations : onEngineOf(results, missingOf(plan.configurations, results));
  const place = collects ? directory : join(directory, "runs");
  const found = await findRecords(
    asked.filter((configuration) => collects || dryRun || isKnown(configuration)),
    collects && others.length > 0 ? others.map(fromHere) : isFolder(place) ? [place] : [],
    say,
  );
  const known = recordsOf(plan, [...results, ...found.filter((run) => collects || isCurrent(run))]);
  const missing = collects ? [] : missingOf(asked, known);
  const { runs, failures } = await openRuns(dryRun ? [] : missing, plan, directory, say);

  /** All records that exist by now. */
  const recordsNow = async () => {
    for (const run of runs) {
      const steps = run.configuration.increments + 1;
      if (run.metrics.length < steps) run.metrics = await readMetrics(run.folders, steps);
    }
    const all = [...known, ...runs.filter(({ metrics }) => metrics.length > 0).map(recordOf)];
    refuseMixture(all);
    return recordsOf(plan, all);
  };
  const asJson = (records: readonly RunRecord[], shown: Awaited<ReturnType<typeof show>>) => ({
    study: plan.name,
    results: path,
    runs: records.map(withSummary),
    missing: missingOf(plan.configurations, records),
    ...shown,
  });
  const before = await recordsNow();
  const waiting = runs.filter(({ configuration }) => missingOf([configuration], before).length > 0);
  const toTrain = dryRun ? missing.length : waiting.length;
  const older = before.filter((run) => !isCurrent(run)).length;
  say(
    `${before.length} of ${plan.configurations.length} runs are finished` +
      `${older > 0 ? ` (${older} by other code)` : ""}${collects ? "" : `, ${toTrain} to train`}.`,
  );
  if (dryRun) {
    const nameOf = runNames(plan.configurations);
    for (const configuration of missing) say(`  to train: ${nameOf(configuration)}`);
    return result(asJson(before, { comparisons: [], figures: [] }));
  }
  if (way === "list" || way === "slurm") {
    const commands = await sweepCommands(waiting, directory);
    const all = [...commands.bases, ...commands.runs];
    if (way === "list") {
      all.forEach(report);
      result({ commands: all });
    } else {
      const jobs = await submitToSlurm(plan.name, commands, others, directory);
      const numbers = jobs.map((job) => `job ${job}`).join(", then ");
      report(jobs.length === 0 ? "Nothing to submit." : `Submitted ${numbers}.`);
      const places = Object.entries(own).map(([option, place]) =>
        ` --${option} ${showPath(fromHere(place))}`
      );
      report(`Once they are finished: deno task sweep ${showPath(file)} --collect${places.join("")}`);
      result({ jobs });
    }
    return refuseFailed(failures);
  }

  const writeResults = async () => {
    const records = await recordsNow();
    // Another process may have added results meanwhile.
    if (records.length > 0) {
      await writeRecords(path, mergeRecords(plan, [...await readRecords(path), ...records]));
    }
    return records;
  };
  const { jobs, processes } = await trainingJobs(waiting, directory);
  const ended = await stoppable(
    "Nothing is lost but unfinished epochs: the same command resumes there.",
    (signal) => runJobs(jobs, { processes, signal, onChange: writeResults }),
  ).catch((error: Error) => error);
  failures.push(...failuresOf(jobs));
  const records = await writeResults();
  const ofProject = own.out === undefined && file.startsWith(join(studiesDirectory(), "/"));
  const drawn = { directory: ofProject ? undefined : home, runs: directory, log: say };
  const shown = await show({ ...plan, records }, dirname(file), drawn);
  if (records.length > 0) say(`\nResults: ${showPath(path)} and .tsv`);
  result(asJson(records, shown));
  if (ended) throw ended;
  refuseFailed(failures);
});

/**
 * Opens runs, so that their images are prepared before several processes need them.
 * @returns the runs that can be opened, and why the others cannot, by their names
 */
async function openRuns(
  configurations: readonly Configuration[],
  plan: StudyPlan,
  directory: string,
  log: Log,
): Promise<{ runs: OpenedRun[]; failures: string[] }> {
  const nameOf = runNames(plan.configurations);
  const said = new Set<string>();
  const once = (line: string) => {
    if (!said.has(line)) log(line);
    said.add(line);
  };
  const runs: OpenedRun[] = [];
  const failures: string[] = [];
  for (const asked of configurations) {
    const name = nameOf(asked);
    const mistake = await mistakeOf(async () => {
      const { configuration, folders } = await openRun(asked, { directory }, once);
      runs.push({ name, configuration, folders, metrics: [] });
    });
    if (mistake !== undefined) failures.push(`${name}: ${mistake}`);
  }
  return { runs, failures };
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

/** Runs are compared in pairs that share engine and M_0, so others would be trained in vain. */
function refuseMixture(records: readonly RunRecord[]): void {
  refuseSeveralEngines(records);
  const firstModels = new Map<string, RunRecord["metrics"]>();
  for (const { configuration, metrics } of records) {
    const key = JSON.stringify(baseIdentity(configuration));
    const first = firstModels.get(key) ?? metrics;
    firstModels.set(key, first);
    if (shareFirstModel(first, metrics)) continue;
    throw new UserError(
      `Expected one M_0 of seed ${configuration.seed} in all runs of the study but found two: the code or your images ` +
        "have changed since, or another engine rounded differently. Resume where the study was begun, or train all of it " +
        "anew with --out DIRECTORY --directory DIRECTORY.",
    );
  }
}

/** Missing runs are trained on the engine of the others, since engines round differently. */
function onEngineOf(known: readonly RunRecord[], missing: readonly Configuration[]): Configuration[] {
  const { engine = "wasm" } = known[0] ?? {};
  const named = missing.map((run) => ({ ...run, engine: run.engine === "auto" ? engine : run.engine }));
  refuseSeveralEngines([...known, ...named]);
  return named;
}

/**
 * Of each run the record with the most steps, the last of those; in the order of the study, then runs that it
 * no longer names.
 */
function mergeRecords({ configurations }: StudyPlan, records: readonly RunRecord[]): RunRecord[] {
  const byKey = Map.groupBy(records, ({ configuration }) => runKey(configuration));
  const keys = new Set([...configurations.map(runKey), ...byKey.keys()]);
  return [...keys].flatMap((key) =>
    byKey.get(key)?.reduce((best, other) => other.metrics.length < best.metrics.length ? best : other) ?? []
  );
}

/** Prints the tables, judges the comparisons among those of the studies beside it, and draws the figures. */
async function show(study: Study, folder: string, { log, ...place }: StudyFigureOptions & { log: Log }) {
  const figures: string[] = [];
  if (study.records.length === 0) return { comparisons: [], figures };
  const finished = finishedSettings(study.records, study.configurations);
  const missing = bySetting(study.records).length - bySetting(finished).length;
  if (missing > 0) log(`\nLeft out until all runs are there: ${counted(missing, "setting")}`);
  log("");
  printRuns(finished, log);
  const { length } = study.comparisons;
  const beside = length === 0
    ? []
    : (await readStudies(folder, log)).filter(({ name }) => name !== study.name);
  const comparisons = comparisonsTable(comparisonsOf([study, ...beside]).slice(0, length));
  printTable("\nComparisons within each seed\n", comparisons, log);
  for (const figure of study.figures) {
    const mistake = await mistakeOf(async () =>
      figures.push(await studyFigure(study, figure, { ...place, log }))
    );
    if (mistake !== undefined) log(`\n${figure.name} stays as it is: ${mistake}`);
  }
  if (figures.length > 0) log(`\nFigures: ${figures.map(showPath).join(", ")}`);
  return { comparisons, figures };
}

if (import.meta.main) await runCommand(sweep);
