/**
 * `deno task runs` and `deno task compare`: lists the runs that are kept, compares them, and removes some.
 * @module
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isFolder } from "../../lib/data/photos/photo_source.ts";
import { accuracyCurve, attentionRetentionCurve } from "../../lib/figures/curves.ts";
import { saveFigure } from "../../lib/figures/save.ts";
import { FileLock, namesIn, readFileIfThere } from "../../lib/files.ts";
import { checkCheckpoint } from "../../lib/model/checkpoint.ts";
import { codeDigest } from "../../lib/run/code_digest.ts";
import { validate } from "../../lib/run/configuration.ts";
import { dataDirectory, stepFolder, trainedSteps } from "../../lib/run/folder.ts";
import { baseIdentity, methodIdentity } from "../../lib/run/identity.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { percent } from "../../lib/statistics.ts";
import { accuracyCurveNumbers, attentionRetentionCurveNumbers } from "../../lib/study/record_figures.ts";
import { bySetting, describeSetting, runKey, varyingFields } from "../../lib/study/run_record.ts";
import { textTable } from "../../lib/table.ts";
import { methodNames } from "../../lib/training/method.ts";
import { UserError } from "../../lib/user_error.ts";
import { findKept } from "./cluster.ts";
import {
  type Command,
  DIRECTORY,
  fromHere,
  type Log,
  parseCommandLine,
  runCommand,
  showPath,
} from "./command_line.ts";
import { type KeptRun, printRuns, readKeptRun, withSummary } from "./open_run.ts";

const STATES = ["ready", "training", "unfinished", "outdated", "damaged"] as const;

const COMMAND: Command = {
  name: "runs",
  usage: "[RUN …] [--FIELD VALUE …] [--state STATE] [--older DAYS] [--compare [--out DIRECTORY]]\n" +
    "                [--remove [--dry-run]] [--json]",
  about:
    `Lists the runs that are kept: the accuracy after the last step, the size, when a file was last written, and in
which fields a run differs from others of its method. Name folders of runs, or filter them. The states:
  ready       its models are used again
  training    a process trains it
  unfinished  \`deno task train\` resumes it
  outdated    code that affects the results has changed: only \`--code\` and commands that name its folder use it
  damaged     \`deno task train\` refuses it
M_0 has a folder of its own, which the runs of its seed share. Exit code: 0, or 1 where the command is wrong.

With --compare, or as \`deno task compare\`, it prints a table of runs with one increment at least, and draws the
curves of accuracy and of attention, with the mean over seeds and its 95 % confidence interval (Student's t).
The table has one row for each setting, and there is one table for each kind of images and steps. Curves have
one color for each method. Where a method has several settings, each setting has curves in a folder of its own.

  deno task runs --method lwm --seed 1
  deno task runs --state outdated --remove --dry-run
  deno task compare data/runs/iemoji-100/*`,
  options: {
    "state STATE": STATES.join(", "),
    "older DAYS": "only what was not written for so many days",
    compare: "compares the runs",
    "out DIRECTORY": "where the curves go, as .svg, .png and .json [data/comparison/DATASET]",
    remove: "removes what is listed, except an M_0 that other runs need, and what is being trained;\n" +
      "needs a filter",
    "dry-run": "with --remove: says what it would remove, and removes nothing",
    json: "print {runs, removed}, or with --compare {runs}, as JSON, and nothing else; draw nothing",
    ...DIRECTORY,
  },
  takesFields: true,
};

/** What is listed of a run. */
interface ListedRun {
  folder: string;
  /** M_0 where it has no increment. */
  method: string;
  seed?: number;
  dataset?: string;
  /** Steps that are trained and measured, of how many. */
  trained: number;
  steps: number;
  /** After the last of them. */
  accuracy?: number;
  bytes: number;
  /** When it was last written, ISO 8601. */
  written: string;
  state: typeof STATES[number];
  /** The process that trains it. */
  trainedBy?: string;
  problem?: string;
}

interface FoundRun {
  listed: ListedRun;
  /** Absent where it is damaged. */
  run?: KeptRun;
}

export async function runs(args: readonly string[], log: Log = console.log): Promise<void> {
  const line = parseCommandLine(args, COMMAND);
  if (line.help) return log(line.help);
  const { fields, own: { directory, state, older, out }, switches, positionals } = line;
  if (state !== undefined && !STATES.some((name) => name === state)) {
    throw new UserError(
      `Expected --state to be ${STATES.join(", ")} but found ${state}. Choose one of them.`,
    );
  }
  if (older !== undefined && !(Number(older) >= 0)) {
    throw new UserError(`Expected --older to be a number of days but found ${older}. Give one such as 30.`);
  }
  const removes = switches.has("remove");
  const filters = [...positionals, ...Object.values(fields), state, older].map((value) => `${value ?? ""}`);
  // An empty list chooses nearly every run, "any" code all of them.
  if (removes && filters.every((value) => value === "" || value === "any")) {
    throw new UserError(
      "Expected --remove with a filter but found none. Name runs, or add one such as --state outdated.",
    );
  }
  if (removes && switches.has("compare")) {
    throw new UserError("Expected --compare or --remove but found both. Leave one out.");
  }

  const home = directory === undefined ? dataDirectory() : fromHere(directory);
  if (directory !== undefined && !isFolder(home)) {
    throw new UserError(`Expected --directory to be a folder but found none at ${home}. Check the path.`);
  }
  const { method: _, ...checked } = fields; // the method may no longer be defined
  for (const [name, value] of Object.entries(checked)) validate(name as keyof Configuration, value);
  const named = [...new Set(positionals.map(fromHere))];
  const unknown = named.find((path) => !existsSync(join(path, "configuration.json")));
  if (unknown !== undefined) {
    throw new UserError(
      `Expected the folder of a run but found none at ${showPath(unknown)}. See \`deno task runs\`.`,
    );
  }
  const all = named.length === 0 ? await keptRuns(home) : await Promise.all(named.map(readRun));
  const chosen = all.filter(({ listed, run }) =>
    (state ?? listed.state) === listed.state &&
    Date.now() - Date.parse(listed.written) >= Number(older ?? 0) * DAY && hasFields(run, fields)
  );
  const json = switches.has("json");
  if (switches.has("compare")) return await compare(chosen, out, json, log);
  // Those beside them may need their M_0.
  const places = new Set(named.map((path) => dirname(path)));
  const beside = removes ? (await Promise.all([...places].map(runsBelow))).flat() : [];
  const shown = removes ? removable(chosen, [...all, ...beside]) : chosen;
  const isRemoved = removes && !switches.has("dry-run");
  for (const { listed: { folder } } of isRemoved ? shown : []) {
    await Deno.remove(folder, { recursive: true });
  }

  const listed = shown.map(({ listed }) => ({ ...listed, folder: showPath(listed.folder) }));
  if (json) return log(JSON.stringify({ runs: listed, removed: isRemoved }, null, 1));
  for (const text of linesOf(shown)) log(text);
  const size = megabytes(listed.reduce((sum, { bytes }) => sum + bytes, 0));
  const what = isRemoved ? ", removed" : removes ? " would be removed" : "";
  log(`${listed.length} run${listed.length === 1 ? "" : "s"}, ${size}${what}`);
  const stay = chosen.length - shown.length;
  if (stay > 0) log(`${stay} ${stay === 1 ? "stays" : "stay"}: needed by another run, or being trained.`);
}

const DAY = 24 * 3600 * 1000;

/** All runs in a folder of data sets and runs. */
export function keptRuns(directory: string): Promise<FoundRun[]> {
  return runsBelow(join(directory, "runs"));
}

async function runsBelow(folder: string): Promise<FoundRun[]> {
  return await Promise.all((isFolder(folder) ? await findKept(folder, 2) : []).map(readRun));
}

async function readRun(folder: string): Promise<FoundRun> {
  const { bytes, modified } = sizeOf(folder);
  const common = { folder, bytes, written: new Date(modified).toISOString() };
  try {
    const run = await readKeptRun(folder);
    const { configuration: { increments, method, seed, dataset }, metrics, engine, code, folders } = run;
    const steps = increments + 1;
    // Metrics may be there whose model is not.
    const trained = Math.min(metrics.length, await trainedSteps(folders, steps));
    const trainedBy = await trainerOf(folder);
    for (let step = 0; step < steps; step++) {
      for (const name of ["model.safetensors", "progress.safetensors"]) {
        const path = join(stepFolder(folders, step), name);
        const content = await readFileIfThere(path);
        if (content === null) continue;
        await checkCheckpoint(content, path);
        break; // of a finished step nobody reads the progress
      }
    }
    const finished = trained < steps ? "unfinished" : "ready";
    const state = trainedBy ? "training" : code === codeDigest(engine) ? finished : "outdated";
    const name = increments === 0 ? "M_0" : method;
    const accuracy = metrics[trained - 1]?.accuracy;
    return {
      run,
      listed: { ...common, method: name, seed, dataset, trained, steps, accuracy, state, trainedBy },
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message: problem } = error;
    return { listed: { ...common, method: "", trained: 0, steps: 0, state: "damaged", problem } };
  }
}

/** The process that trains a step in a folder. */
async function trainerOf(folder: string): Promise<string | undefined> {
  for (const name of await namesIn(folder)) {
    if (!name.endsWith(".lock")) continue;
    const path = join(folder, name);
    using lock = await FileLock.take(path);
    if (lock !== null) continue;
    // It is noted after the first iteration.
    const note = await Deno.readTextFile(path).then(JSON.parse).catch(() => null);
    return note?.trainedBy ?? "another process";
  }
}

/** The size of all files below a folder, and when the last of them was written, in milliseconds. */
function sizeOf(folder: string): { bytes: number; modified: number } {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" })
    // One may be written just now.
    .flatMap((name) => statSync(join(folder, name), { throwIfNoEntry: false }) ?? [])
    .filter((file) => file.isFile());
  return {
    bytes: found.reduce((sum, { size }) => sum + size, 0),
    modified: Math.max(0, ...found.map(({ mtimeMs }) => mtimeMs)),
  };
}

/** Whether a run has these values, among the fields that its numbers depend on. */
function hasFields(run: KeptRun | undefined, fields: Partial<Configuration>): boolean {
  const wanted = Object.entries(fields);
  if (run === undefined) return wanted.length === 0;
  const { configuration, engine, code } = run;
  const { preset, increments, method } = configuration;
  const isKnown = increments > 0 && methodNames().includes(method);
  const identity = isKnown
    ? methodIdentity(configuration)
    : { ...baseIdentity(configuration), ...increments > 0 && { method } };
  const known: Record<string, unknown> = { ...identity, engine, preset, increments, code };
  if (fields.code === "any" || fields.code === "current" && code === codeDigest(engine)) {
    known.code = fields.code;
  }
  return wanted.every(([name, value]) => name in known && String(known[name]) === String(value));
}

/** Leaves out each M_0 that a run needs which stays, and what a process trains now, or waits to train. */
export function removable(chosen: readonly FoundRun[], all: readonly FoundRun[]): FoundRun[] {
  const training = all.filter(({ listed }) => listed.state === "training").map(({ listed }) => listed.folder);
  const free = chosen.filter(({ listed, run }) =>
    !training.includes(listed.folder) && !training.includes(run?.folders.base ?? "")
  );
  const going = new Set(free.map(({ listed }) => listed.folder));
  const needed = new Set(
    all.flatMap(({ run, listed: { folder } }) =>
      run === undefined || run.configuration.increments === 0 || going.has(folder) ? [] : run.folders.base
    ),
  );
  return free.filter(({ listed }) => !needed.has(listed.folder));
}

/** Each run in a line of a table, and below it its folder and what tells it apart. */
function linesOf(found: readonly FoundRun[]): string[] {
  if (found.length === 0) return [];
  const [heading, ...rows] = textTable(found.map(rowOf));
  const ofOneDataset = Map.groupBy(found, ({ run }) => run && placeOf(run));
  return [
    heading,
    ...found.flatMap(({ listed, run }, i) => {
      const others = ofOneDataset.get(run && placeOf(run))!.flatMap(({ run }) => run?.configuration ?? []);
      const isKnown = (method: string) => methodNames().includes(method);
      const fields = varyingFields(others.filter(({ method }) => isKnown(method)));
      const setting = run && run.configuration.increments > 0 && isKnown(run.configuration.method)
        ? describeSetting(run.configuration, fields).split(", ").slice(1).join(", ")
        : "";
      const details = [setting, listed.trainedBy && `trained by ${listed.trainedBy}`, listed.problem];
      return [rows[i], ...[showPath(listed.folder), ...details].flatMap((text) => text ? [`  ${text}`] : [])];
    }),
  ];
}

function rowOf({ listed, run }: FoundRun) {
  const { method, seed, dataset, trained, steps, accuracy, bytes, written, state } = listed;
  const days = (Date.now() - Date.parse(written)) / DAY;
  const images = dataset === "folder" ? basename(run!.configuration.data) : dataset ?? "";
  return {
    method,
    seed: seed ?? "",
    images: images.length > 14 ? `${images.slice(0, 13)}…` : images,
    steps: `${trained} of ${steps}`,
    accuracy: accuracy === undefined ? "" : percent(accuracy),
    size: megabytes(bytes),
    age: days < 1 ? `${Math.floor(24 * days)} h` : `${Math.floor(days)} d`,
    state,
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The images of a run, as a name of a folder. Two folders of images may have one name. */
function placeOf({ configuration: { dataset, data }, images = "" }: KeptRun): string {
  return dataset === "folder" ? `folder-${basename(data)}-${images.slice(0, 6)}` : dataset;
}

/** Prints a table of the runs of each kind, and draws their curves. */
async function compare(found: readonly FoundRun[], out: string | undefined, json: boolean, log: Log) {
  const say = json ? () => {} : log;
  const kinds = [...Map.groupBy(comparable(found, say), kindOf)].map(([kind, runs]) =>
    [kind, cutToSameSteps(runs, say)] as const
  );
  if (json) return log(JSON.stringify({ runs: kinds.flatMap(([, runs]) => runs.map(withSummary)) }, null, 1));
  for (const [kind, runs] of kinds) {
    const place = fromHere(out ?? join(dataDirectory(), "comparison", placeOf(runs[0])));
    const folder = kinds.length > 1 ? join(place, asName(kind)) : place;
    if (kinds.length > 1) log(`\n${kind}\n`);
    printRuns(runs, log);
    await draw(runs, folder);
    log(`\nCurves: accuracy-curve and attention-retention-curve in ${showPath(folder)}`);
  }
}

/** The runs that have an increment, those of the current code first, each once. */
function comparable(found: readonly FoundRun[], say: Log): KeptRun[] {
  const runs = new Map<string, KeptRun>();
  const others: string[] = [];
  const ordered = found.toSorted((a, b) =>
    Number(a.listed.state === "outdated") - Number(b.listed.state === "outdated")
  );
  for (const { run, listed: { folder, problem } } of ordered) {
    const pass = (why: string) => others.push(`${showPath(folder)}: ${why}`);
    if (run === undefined) pass(problem!);
    // M_0 by itself is shared by the methods and tells nothing about them.
    else if (run.configuration.increments === 0) continue;
    else if (run.metrics.length < 2) pass("no increment is measured yet.");
    else {
      const key = `${kindOf(run)} ${runKey(run.configuration)}`;
      const twin = runs.get(key);
      if (twin === undefined) runs.set(key, run);
      else pass(`the same run as ${showPath(twin.folder)}. A copy is not another seed.`);
    }
  }
  if (runs.size === 0) {
    throw new UserError(
      `Expected runs with one increment at least but found ${
        found.length === 0 ? "none" : "only M_0 and others"
      }. ` +
        ["Train them with `deno task train`.", ...others].join("\n  "),
    );
  }
  for (const why of others) say(`Passed over ${why}`);
  return [...runs.values()];
}

const KIND = [
  "preset",
  "engine",
  "baseClasses",
  "increment",
  "evaluateOn",
  "imagesPerClass",
  "classes",
] as const;

/** What runs have in common that can be compared, in words. */
function kindOf(run: KeptRun): string {
  const fields = KIND.map((field) => `${field} ${run.configuration[field]}`);
  return [placeOf(run), ...fields.filter((text) => !/ 0?$/.test(text))].join(", ");
}

/** Runs of one kind have the same images, wherever they lay. */
function cutToSameSteps(runs: readonly KeptRun[], say: Log): KeptRun[] {
  const steps = Math.min(...runs.map(({ metrics }) => metrics.length));
  const shortest = runs.find(({ metrics }) => metrics.length === steps)!;
  const longest = Math.max(...runs.map(({ configuration }) => configuration.increments + 1));
  if (steps < longest) {
    say(`Only ${steps} of ${longest} steps are compared: ${showPath(shortest.folder)} has no more.\n`);
  }
  const { data } = runs[0].configuration;
  return runs.map((run) => ({
    ...run,
    configuration: { ...run.configuration, data },
    metrics: run.metrics.slice(0, steps),
  }));
}

/** Draws all runs together where each method has one setting, otherwise each setting by itself. */
async function draw(runs: readonly KeptRun[], directory: string): Promise<void> {
  const settings = bySetting(runs);
  const methods = new Set(settings.map(([{ configuration }]) => configuration.method));
  const fields = varyingFields(runs.map(({ configuration }) => configuration));
  const parts = methods.size === settings.length
    ? [[runs, directory] as const]
    : settings.map((setting) =>
      [setting, join(directory, asName(describeSetting(setting[0].configuration, fields)))] as const
    );
  for (const [part, directory] of parts) {
    await saveFigure("accuracy-curve", accuracyCurve, accuracyCurveNumbers(part), { directory });
    const retention = attentionRetentionCurveNumbers(part);
    await saveFigure("attention-retention-curve", attentionRetentionCurve, retention, { directory });
  }
}

function asName(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}.]+/gu, "-");
}

if (import.meta.main) await runCommand(runs);
