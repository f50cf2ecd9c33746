/**
 * `deno task sweep`: a study, from its runs to its tables and figures.
 * @module
 */
import { dirname, join } from "node:path";
import { namesIn } from "../../lib/files.ts";
import { codeDigest } from "../../lib/run/code_digest.ts";
import { codeOf, dataDirectory, readMetrics, trainedSteps } from "../../lib/run/folder.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { claimsTable, judgeClaims } from "../../lib/study/claims.ts";
import { gainByForgettingTable } from "../../lib/study/figure_numbers.ts";
import {
  firstModelKey,
  MEASURES,
  readRecords,
  runKey,
  type RunRecord,
  shareFirstModel,
  writeRecords,
} from "../../lib/study/run_record.ts";
import { readStudies, readStudyPlan, recordsOf, resultsPath, type StudyPlan } from "../../lib/study/study.ts";
import { UserError } from "../../lib/user_error.ts";
import { collectRecords, submitToSlurm, sweepCommands } from "./cluster.ts";
import {
  type Command,
  DIRECTORY,
  fromHere,
  type Log,
  parseCommandLine,
  runCommand,
  showPath,
} from "./command_line.ts";
import { printRuns, printTable } from "./run.ts";
import { type FigurePlace, saveStudyFigures } from "./study_figures.ts";
import { mistakeOf, planSweep, type SweepRun, trainSweep } from "./sweep_plan.ts";

const COMMAND: Command = {
  name: "sweep",
  usage:
    "FILE [--again] [--out DIRECTORY] [--directory DIRECTORY] [--list | --slurm [-- OPTION …] | --collect [FOLDER …]]",
  about:
    `Trains the runs of a study, one process each, as many at a time as there are cores, then prints its tables and
draws its figures. It can be stopped at any moment: the same command passes over what is finished and goes on
from the last finished epoch of the rest, also on another machine: finished runs are known from the results
beside FILE, NAME.results.json. A run that fails stops none of the others; it is reported at the end, and the
exit code is 1; it is 130 after Ctrl-C. M_0 is trained once for all runs that share it.

  deno task sweep studies/iemoji-100-arms.json

On a cluster its own scheduler spreads the runs, and --collect makes the results of them. What is finished is
passed over there, too, so the same command submits what is still missing.

  deno task sweep studies/iemoji-100-arms.json --slurm -- --partition=main --time=1:00:00
  deno task sweep studies/iemoji-100-arms.json --list | parallel
  deno task sweep studies/iemoji-100-arms.json --collect data

FILE is JSON: fields of the configuration (see \`deno task train --help\`) that all runs share, grids of values
of which every combination is a run, and single runs; then what is claimed, and which figures are drawn. Only
"grid" or "runs" has to be there.

  {
    "base": { "dataset": "iemoji-100" },
    "grid": { "method": ["LwM"], "gamma": [0.1, 0.3], "seed": [1, 2, 3] },
    "runs": [{ "method": "LwF-MC", "seed": 1 }],
    "claims": [{
      "claim": "A larger γ retains more attention.", "measure": "attentionCosine",
      "first": { "method": "LwM", "gamma": 0.3 }, "second": { "method": "LwM", "gamma": 0.1 }
    }],
    "figures": [{ "name": "gamma", "kind": "gamma" }]
  }

A claim compares two settings within each seed. Its measure is one of
${Object.keys(MEASURES).join(", ")}.`,
  options: {
    again:
      "trains anew what only the results know, and replaces them when all of it is trained on this machine",
    "out DIRECTORY": "where results and figures go [results beside FILE, figures in figures/]",
    ...DIRECTORY,
    list: "prints a command for each missing run, those of M_0 first, and trains nothing",
    slurm:
      "submits the missing runs to Slurm: an array job with a task for each M_0 that is missing, then one\n" +
      "with a task for each run; an OPTION is one of sbatch",
    collect: "makes the results of the finished runs below the FOLDERs [DIRECTORY], and trains nothing",
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
  const place = {
    directory: own.directory === undefined ? undefined : fromHere(own.directory),
    out: own.out === undefined ? undefined : fromHere(own.out),
    again: switches.has("again"),
    log,
  };
  if (ways[0] === "collect") await collect(fromHere(file), others.map(fromHere), place);
  else if (ways.length === 0) await runStudy(fromHere(file), place);
  else await spread(fromHere(file), ways[0] === "slurm" ? others : undefined, place);
}

/** What {@linkcode runStudy} needs; `out` is where results go, too. */
export interface StudyOptions extends FigurePlace {
  /** Whether runs are trained that only the results know. */
  readonly again?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Trains what is missing of a study, writes its results whenever a run is finished (or, anew, when all are),
 * and shows them.
 * @param file of the study
 * @throws {UserError} where a run fails, after the others have finished, or where the training was stopped
 */
export async function runStudy(file: string, options: StudyOptions): Promise<void> {
  const opened = await openStudy(file, options);
  const { plan, path, directory, signal, again, log } = opened;
  const { known, runs } = await planMissing(opened, log);
  // A folder's images may be others than those of its results.
  const renewed = plan.configurations.filter(({ dataset }) => again || dataset === "folder").map(runKey);
  // Another process may have added results meanwhile.
  const keptNow = async () =>
    (await readRecords(path)).filter(({ configuration }) => !renewed.includes(runKey(configuration)));
  // Old and new runs are never mixed.
  const isComplete = () => !again || runs.every(({ state }) => state === "finished");
  let written = recordsOf(plan, await keptNow()).length;
  const writeResults = async () => {
    refuseSeveralFirstModels([...known, ...await firstModels(runs)]);
    const records = [...known, ...await finishedRecords(runs)];
    // Where nothing is added, the files stay as they are, whatever else they hold.
    if (records.length === written || !isComplete()) return records;
    written = records.length;
    await writeRecords(path, mergeRecords(plan, await keptNow(), records));
    return records;
  };
  const failure = await trainSweep(runs, { directory, signal, onChange: writeResults })
    .then(() => refuseFailedRuns(runs)).catch((error: Error) => error);
  const mistake = await mistakeOf(async () => {
    const records = await writeResults();
    if (isComplete()) await show({ ...opened, kept: await keptNow() }, records);
    else log("\nThe results stay as they are until all runs are trained: repeat it with --again.");
  });
  // Whatever ended the training is the error.
  if (failure && mistake !== undefined && mistake !== failure.message) log(`\n${mistake}`);
  if (failure) throw failure;
  if (mistake !== undefined) throw new UserError(mistake);
}

/**
 * Prints the commands that train what is missing of a study, or submits them.
 * @param options of `sbatch`; the commands are printed where they are undefined
 */
async function spread(file: string, options: string[] | undefined, place: StudyOptions): Promise<void> {
  const { log } = place;
  const opened = await openStudy(file, place);
  const { runs } = await planMissing(opened, console.error);
  const commands = await sweepCommands(runs, opened.directory);
  if (options === undefined) { for (const line of [...commands.bases, ...commands.runs]) log(line); }
  else {
    const jobs = await submitToSlurm(opened.plan.name, commands, options, opened.directory);
    log(
      jobs.length === 0
        ? "Nothing to submit."
        : `Submitted ${jobs.map((job) => `job ${job}`).join(", then ")}.`,
    );
    const places = Object.entries({ directory: place.directory, out: place.out })
      .map(([option, path]) => path === undefined ? "" : ` --${option} ${showPath(path)}`);
    log(`Once they are finished: deno task sweep ${showPath(file)} --collect${places.join("")}`);
  }
  refuseFailedRuns(runs);
}

/** Makes the results of a study from what is found below some folders. */
async function collect(file: string, folders: readonly string[], place: StudyOptions): Promise<void> {
  const opened = await openStudy(file, place);
  const { plan, kept, path, directory } = opened;
  const found = await collectRecords(plan, folders.length > 0 ? folders : [directory], place.log);
  const records = recordsOf(plan, found);
  const all = mergeRecords(plan, kept, records);
  const engines = [...new Set(recordsOf(plan, all).map(({ engine }) => engine))];
  if (engines.length > 1) {
    throw new UserError(
      `Expected the runs of ${plan.name} on one engine but found ${
        engines.join(" and ")
      }, which round differently. ` +
        'Name one in the study, as "base": { "engine": "wasm" }, or collect with --out DIRECTORY.',
    );
  }
  refuseSeveralFirstModels(recordsOf(plan, all));
  place.log(`${records.length} of ${count(plan.configurations.length, "run")} found.`);
  if (records.length > 0) await writeRecords(path, all);
  await show(opened, records);
}

type OpenedStudy = Awaited<ReturnType<typeof openStudy>>;

/** A study, the records of its results, and the path of these. */
async function openStudy(file: string, options: StudyOptions) {
  const { directory = dataDirectory() } = options;
  const plan = await readStudyPlan(file);
  // Its claims are judged among theirs: a damaged one is refused before anything is trained.
  if (plan.claims.length > 0) await readStudies(dirname(file));
  // Runs of a quick preset never mix with the committed results.
  const [{ preset }] = plan.configurations;
  const usual = preset === "default" ? dirname(file) : join(directory, "studies", preset);
  const path = resultsPath(plan.name, options.out ?? usual);
  return { ...options, file, plan, directory, path, kept: await readRecords(path) };
}

/** What a study lacks, and the records of its other runs. */
async function planMissing(opened: OpenedStudy, log: Log) {
  const { plan, directory, again } = opened;
  const known = again ? [] : await knownRecords(opened);
  const knownKeys = new Set(known.map(({ configuration }) => runKey(configuration)));
  const missing = plan.configurations.filter((configuration) => !knownKeys.has(runKey(configuration)));
  const runs = missing.length === 0 ? [] : await planSweep(onEngineOf(known, missing), { directory, log });
  refuseSeveralFirstModels([...known, ...await firstModels(runs)]);
  log(describePlan(plan, known.length, runs));
  const older = known.filter(({ engine, code }) => code !== codeDigest(engine));
  if (older.length > 0) {
    log(`${older.length} of the known results are of other code than today's; --again trains them anew.`);
  }
  return { known, runs };
}

/**
 * A study's own records, and those of its runs in other studies: on the engine that it names, and with the
 * M_0 of its own.
 */
async function knownRecords({ plan, kept, path }: OpenedStudy): Promise<RunRecord[]> {
  const asked = new Set<string>(plan.configurations.map(({ engine }) => engine));
  const steps = new Map(plan.configurations.map((run) => [runKey(run), run.increments + 1]));
  const known = recordsOf(plan, kept);
  for (const record of await readAllRecords(dirname(path))) {
    const { engine, configuration, metrics } = record;
    const isWhole = metrics.length >= (steps.get(runKey(configuration)) ?? Infinity);
    const isComparable = engine === (known[0] ?? record).engine && (asked.has("auto") || asked.has(engine));
    if (isWhole && isComparable && !withOtherFirstModel([...known, record])) known.unshift(record);
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

/** Runs are compared in pairs that share M_0, so those with another M_0 would be trained in vain. */
function refuseSeveralFirstModels(runs: readonly MeasuredRun[]): void {
  const other = withOtherFirstModel(runs);
  if (other === undefined) return;
  throw new UserError(
    `Expected one M_0 of seed ${other.configuration.seed} in all runs of the study but found two: the code has changed since, or ` +
      "onednn rounded differently on another kind of processor. Go on where the study was begun (or, where that has no " +
      "AVX-512 and this has, with ONEDNN_MAX_CPU_ISA=AVX2), or train all of it on one kind, with --again or with " +
      "--out DIRECTORY; wasm gives the same numbers on all machines.",
  );
}

/** What this machine has measured of the M_0 of the runs. */
async function firstModels(runs: readonly SweepRun[]) {
  const models = [];
  for (const { configuration, folders } of runs) {
    if (await trainedSteps(folders, 1) > 0) {
      models.push({ configuration, metrics: await readMetrics(folders, 1) });
    }
  }
  return models;
}

/** The results of all studies of a folder, which may be absent. */
async function readAllRecords(directory: string): Promise<RunRecord[]> {
  const files = (await namesIn(directory)).filter((name) => name.endsWith(".results.json"));
  return (await Promise.all(files.map((name) => readRecords(join(directory, name))))).flat();
}

/** Missing runs are trained on the engine of the others, since engines round differently. */
function onEngineOf(known: readonly RunRecord[], missing: readonly Configuration[]): Configuration[] {
  const engines = [...new Set(known.map(({ engine }) => engine))];
  if (engines.length !== 1) return [...missing];
  const [engine] = engines;
  const other = missing.find((configuration) => ![engine, "auto"].includes(configuration.engine));
  if (other !== undefined) {
    throw new UserError(
      `Expected to train the missing runs on ${engine}, as the others of the study, but found that ${other.engine} is asked ` +
        "for, which rounds differently. Leave the engine out, or train all runs anew with --again --out DIRECTORY.",
    );
  }
  return missing.map((configuration) => ({ ...configuration, engine }));
}

function describePlan(plan: StudyPlan, known: number, runs: readonly SweepRun[]): string {
  const counted = (state: SweepRun["state"]) => runs.filter((run) => run.state === state).length;
  const parts = [
    ...known > 0 ? [`${known} known from the results`] : [],
    `${counted("finished")} finished before`,
    `${counted("waiting")} to train`,
  ].join(", ");
  const { duplicates } = plan;
  const skipped = duplicates === 0 ? "" : ` ${count(duplicates, "duplicate configuration")} skipped.`;
  return `${count(plan.configurations.length, "run")}: ${parts}.${skipped}`;
}

/** The records of the runs that are finished on this machine. */
async function finishedRecords(runs: readonly SweepRun[]): Promise<RunRecord[]> {
  const finished = runs.filter(({ state }) => state === "finished");
  return await Promise.all(finished.map(async ({ configuration, folders }) => ({
    configuration: { ...configuration, code: "current" },
    engine: configuration.engine as RunRecord["engine"], // planSweep() has chosen it
    code: codeOf(folders),
    metrics: await readMetrics(folders, configuration.increments + 1),
  })));
}

/**
 * Fresh records in place of the kept ones of the same runs, unless they have fewer steps; in the order of the
 * study, then those that it no longer names.
 */
function mergeRecords(
  { configurations }: StudyPlan,
  kept: readonly RunRecord[],
  fresh: readonly RunRecord[],
): RunRecord[] {
  const byKey = new Map(kept.map((record) => [runKey(record.configuration), record]));
  for (const record of fresh) {
    const key = runKey(record.configuration);
    const before = byKey.get(key);
    if (before === undefined || before.metrics.length <= record.metrics.length) byKey.set(key, record);
  }
  const order = new Map(configurations.map((configuration, place) => [runKey(configuration), place]));
  const place = (key: string) => order.get(key) ?? configurations.length;
  return [...byKey].sort(([a], [b]) => place(a) - place(b)).map(([, record]) => record);
}

/** Prints the tables and draws the figures. @param records that are not in the kept results yet */
async function show(
  { plan, kept, path, file, directory, out, log }: OpenedStudy,
  records: readonly RunRecord[],
): Promise<void> {
  const study = { ...plan, records: recordsOf(plan, mergeRecords(plan, kept, records)) };
  if (study.records.length > 0) {
    log("");
    printRuns(study.records, log);
    printTable("", gainByForgettingTable(study.records), log);
    const claims = study.claims.length > 0 ? judgeClaims([study], await readStudies(dirname(file))) : [];
    printTable("\nClaims\n", claimsTable(claims), log);
    await saveStudyFigures(study, { directory, out, log });
  }
  log(`\nResults: ${showPath(path)} and .tsv`);
}

function refuseFailedRuns(runs: readonly SweepRun[]): void {
  const failed = runs.filter(({ state }) => state === "failed");
  if (failed.length === 0) return;
  const lines = failed.map(({ name, failure }) => `  ${name}: ${failure}`);
  throw new UserError(`${failed.length} of ${count(runs.length, "run")} failed:\n${lines.join("\n")}`);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

if (import.meta.main) await runCommand(sweep);
