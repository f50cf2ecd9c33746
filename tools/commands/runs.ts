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
import { checkCheckpoint } from "../../lib/model/mod.ts";
import { codeDigest } from "../../lib/run/code_digest.ts";
import { validate } from "../../lib/run/configuration.ts";
import { dataDirectory, stepFolder, trainedSteps } from "../../lib/run/folder.ts";
import { baseIdentity, describeSetting, methodIdentity, varyingFields } from "../../lib/run/identity.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { percent } from "../../lib/statistics.ts";
import { accuracyCurveNumbers, attentionRetentionCurveNumbers } from "../../lib/study/record_figures.ts";
import { bySetting, runKey } from "../../lib/study/run_record.ts";
import { counted, textTable } from "../../lib/table.ts";
import { UserError } from "../../lib/user_error.ts";
import { findKept } from "./cluster.ts";
import {
  aboutOf,
  type Command,
  defineCommand,
  DIRECTORY,
  fromHere,
  type Log,
  runCommand,
  showPath,
} from "./command_line.ts";
import { type KeptRun, printRuns, readKeptRun, withSummary } from "./open_run.ts";

const STATES = ["ready", "training", "unfinished", "outdated", "damaged"] as const;

const COMMAND: Command = {
  name: "runs",
  usage: "[RUN …] [--FIELD VALUE …] [--state STATE] [--compare [--out DIRECTORY]]\n" +
    "                [--remove [--dry-run]] [--json]",
  about: aboutOf("runs"),
  options: {
    "state STATE": STATES.join(", "),
    compare: "compares the runs",
    "out DIRECTORY": "where the curves go, as .svg, .png and .json [data/comparison/DATASET]",
    remove: "removes what is listed, except an M_0 that other runs need, and what is being trained;\n" +
      "needs a filter",
    "dry-run": "with --remove: says what it would remove, and removes nothing",
    json: "print {runs, removed}, or with --compare {runs}, as JSON, and nothing else",
    ...DIRECTORY,
  },
  takesFields: true,
};

/** A run in its folder. */
interface FoundRun {
  folder: string;
  state: typeof STATES[number];
  bytes: number;
  /** When it was last written, in milliseconds. */
  written: number;
  /** How many steps are trained and measured. */
  trained: number;
  /** The process that trains it. */
  trainedBy?: string;
  /** What is damaged. */
  problem?: string;
  /** Absent where its configuration or its metrics are damaged. */
  run?: KeptRun;
}

export const runs = defineCommand(COMMAND, async (line, say, result) => {
  const { fields, own: { directory, state, out }, switches, positionals } = line;
  if (state !== undefined && !STATES.some((name) => name === state)) {
    throw new UserError(
      `Expected --state to be ${STATES.join(", ")} but found ${state}. Choose one of them.`,
    );
  }
  const removes = switches.has("remove");
  if (removes && switches.has("compare")) {
    throw new UserError("Expected --compare or --remove but found both. Leave one out.");
  }
  const filters = [...positionals, ...Object.values(fields), state].map((value) => `${value ?? ""}`);
  // An empty list chooses nearly every run.
  if (removes && filters.every((value) => value === "")) {
    throw new UserError(
      "Expected --remove with a filter but found none. Name runs, or add one such as --state outdated.",
    );
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

  const folders = named.length > 0 ? named : await foldersBelow(join(home, "runs"));
  const all = await readRuns(folders, state === "damaged");
  const chosen = all.filter(({ state: is, run }) => (state ?? is) === is && hasFields(run, fields));
  if (chosen.length === 0 && fields.method !== undefined) validate("method", fields.method);
  if (switches.has("compare")) return await compare(chosen, out, say, result);
  const shown = removes ? await removable(chosen) : chosen;
  const isRemoved = removes && !switches.has("dry-run");
  for (const { folder } of isRemoved ? shown : []) await Deno.remove(folder, { recursive: true });

  for (const text of linesOf(shown)) say(text);
  const size = megabytes(shown.reduce((sum, { bytes }) => sum + bytes, 0));
  const what = isRemoved ? ", removed" : removes ? " would be removed" : "";
  say(`${counted(shown.length, "run")}, ${size}${what}`);
  const stay = chosen.length - shown.length;
  if (stay > 0) say(`${stay} ${stay === 1 ? "stays" : "stay"}: needed by another run, or being trained.`);
  const listed = shown.map(({ run, folder, written, ...rest }) => ({
    ...{ folder: showPath(folder), ...rest, written: new Date(written).toISOString() },
    ...run && { configuration: run.configuration, accuracy: accuracyOf({ run, trained: rest.trained }) },
  }));
  result({ runs: listed, removed: isRemoved });
});

async function foldersBelow(folder: string): Promise<string[]> {
  return isFolder(folder) ? await findKept(folder, 2) : [];
}

/** One after the other: all models of many runs at once would need more memory than there is. */
function readRuns(folders: readonly string[], everyModel = false): Promise<FoundRun[]> {
  return Array.fromAsync(folders, (folder) => readRun(folder, everyModel));
}

/** @param everyModel whether models are read again that were not written since they were measured */
async function readRun(folder: string, everyModel: boolean): Promise<FoundRun> {
  const common = { folder, ...sizeOf(folder) };
  let [run, trained]: [KeptRun | undefined, number] = [undefined, 0];
  try {
    run = await readKeptRun(folder, 0); // all that is known where the metrics are damaged
    run = await readKeptRun(folder);
    const { configuration: { increments }, metrics, engine, code, folders } = run;
    const steps = increments + 1;
    // Metrics may be there whose model is not.
    trained = Math.min(metrics.length, await trainedSteps(folders, steps));
    for (let step = 0; step < steps; step++) {
      const pathOf = (name: string) => join(stepFolder(folders, step), name);
      const [measured, model] = ["metrics.json", "model.safetensors"].map((name) => writtenAt(pathOf(name)));
      if (model <= measured && !everyModel) continue;
      for (const name of ["model.safetensors", "progress.safetensors"]) {
        const path = pathOf(name);
        const content = await readFileIfThere(path);
        if (content === null) continue;
        await checkCheckpoint(content, path);
        break; // of a finished step nobody reads the progress
      }
    }
    const trainedBy = await trainerOf(folder);
    const finished = trained < steps ? "unfinished" : "ready";
    const state = trainedBy ? "training" : code === codeDigest(engine) ? finished : "outdated";
    return { ...common, state, trained, trainedBy, run };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...common, state: "damaged", trained, run, problem: error.message };
  }
}

/** When a file was written, in milliseconds; not a number where there is none. */
function writtenAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? NaN;
}

/** The process that trains a step in a folder. */
async function trainerOf(folder: string): Promise<string | undefined> {
  for (const name of await namesIn(folder)) {
    if (!name.endsWith(".lock")) continue;
    const path = join(folder, name);
    using lock = await FileLock.take(path);
    if (lock !== null) continue;
    return await Deno.readTextFile(path).then(JSON.parse).catch(() => "another process");
  }
}

/** The size of all files below a folder, and when the last of them was written. */
function sizeOf(folder: string): { bytes: number; written: number } {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" })
    // One may be written just now.
    .flatMap((name) => statSync(join(folder, name), { throwIfNoEntry: false }) ?? [])
    .filter((file) => file.isFile());
  return {
    bytes: found.reduce((sum, { size }) => sum + size, 0),
    written: Math.max(0, ...found.map(({ mtime }) => mtime.getTime())),
  };
}

/** Whether a run has these values, among the fields that its numbers depend on. */
function hasFields(run: KeptRun | undefined, fields: Partial<Configuration>): boolean {
  const wanted = Object.entries(fields);
  if (run === undefined) return wanted.length === 0;
  const { configuration, engine, code } = run;
  const { preset, increments } = configuration;
  const identity = increments > 0 ? methodIdentity(configuration) : baseIdentity(configuration);
  const known: Record<string, unknown> = { ...identity, engine, preset, increments, code };
  if (fields.code === "current" && code === codeDigest(engine)) known.code = fields.code;
  return wanted.every(([name, value]) => name in known && String(known[name]) === String(value));
}

/** Leaves out each M_0 that a run needs which stays, and what a process trains now, or waits to train. */
async function removable(chosen: readonly FoundRun[]): Promise<FoundRun[]> {
  const places = new Set(chosen.map(({ folder }) => dirname(folder)));
  const all = await readRuns((await Promise.all([...places].map(foldersBelow))).flat());
  const training = all.filter(({ state }) => state === "training").map(({ folder }) => folder);
  const free = chosen.filter(({ folder, run }) =>
    !training.includes(folder) && !training.includes(run?.folders.base ?? "")
  );
  const going = new Set(free.map(({ folder }) => folder));
  const staying = all.filter(({ folder, run }) => run && run.folders.base !== folder && !going.has(folder));
  const needed = new Set(staying.map(({ run }) => run!.folders.base));
  return free.filter(({ folder }) => !needed.has(folder));
}

/** Each run in a line of a table, and below it its folder and what tells it apart. */
function linesOf(found: readonly FoundRun[]): string[] {
  if (found.length === 0) return [];
  const [heading, ...rows] = textTable(found.map(rowOf));
  const ofOneDataset = Map.groupBy(found.flatMap(({ run }) => run ?? []), placeOf);
  const lines = found.flatMap(({ folder, run, trainedBy, problem }, i) => {
    const fields = run &&
      varyingFields(ofOneDataset.get(placeOf(run))!.map(({ configuration }) => configuration));
    const setting = run && describeSetting(run.configuration, fields!.sort()).split(", ").slice(1).join(", ");
    const lines = setting?.match(/\S.{0,76}(,|$)/g) ?? []; // that fit into 80 columns
    const details = [showPath(folder), ...lines, trainedBy && `trained by ${trainedBy}`, problem];
    return [rows[i], ...details.flatMap((text) => text ? [`  ${text}`] : [])];
  });
  return [heading, ...lines];
}

function rowOf({ run, trained, bytes, written, state }: FoundRun) {
  const { method = "", seed = "", dataset = "", data = "", increments = -1 } = run?.configuration ?? {};
  const days = (Date.now() - written) / (24 * 3600 * 1000);
  const images = dataset === "folder" ? basename(data) : dataset;
  const accuracy = run && accuracyOf({ run, trained });
  return {
    method: increments === 0 ? "M_0" : method,
    seed,
    images: images.length > 14 ? `${images.slice(0, 13)}…` : images,
    steps: run ? `${trained} of ${increments + 1}` : "",
    accuracy: accuracy === undefined ? "" : percent(accuracy),
    size: megabytes(bytes),
    age: days < 1 ? `${Math.floor(24 * days)} h` : `${Math.floor(days)} d`,
    state,
  };
}

/** After the last step that is trained. */
function accuracyOf({ run, trained }: { run: KeptRun; trained: number }): number | undefined {
  return run.metrics[trained - 1]?.accuracy;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The images of a run, as a name of a folder. Two folders of images may have one name. */
function placeOf({ configuration: { dataset, data }, images = "" }: KeptRun): string {
  return dataset === "folder" ? `folder-${basename(data)}-${images.slice(0, 6)}` : dataset;
}

/** Prints a table of the runs of each kind, and draws their curves. */
async function compare(
  found: readonly FoundRun[],
  out: string | undefined,
  say: Log,
  result: (value: unknown) => void,
) {
  // Runs of one kind have the same images, wherever they lay.
  const kinds = [...Map.groupBy(comparable(found, say), kindOf)].map(([kind, runs]) => {
    const { data } = runs[0].configuration;
    return [kind, runs.map((run) => ({ ...run, configuration: { ...run.configuration, data } }))] as const;
  });
  for (const [kind, runs] of kinds) {
    const place = fromHere(out ?? join(dataDirectory(), "comparison", placeOf(runs[0])));
    const directory = kinds.length > 1 ? join(place, kind.replaceAll(/[^\p{L}\p{N}.]+/gu, "-")) : place;
    if (kinds.length > 1) say(`\n${kind}\n`);
    printRuns(runs, say);
    const settings = bySetting(runs);
    if (settings.length > new Set(settings.map(([{ configuration }]) => configuration.method)).size) {
      say("\nNo curves: a method has several settings. Name the runs of one setting each.");
      continue;
    }
    await saveFigure("accuracy-curve", accuracyCurve, accuracyCurveNumbers(runs), { directory });
    const retention = attentionRetentionCurveNumbers(runs);
    await saveFigure("attention-retention-curve", attentionRetentionCurve, retention, { directory });
    say(`\nCurves: accuracy-curve and attention-retention-curve in ${showPath(directory)}`);
  }
  result({ runs: kinds.flatMap(([, runs]) => runs.map(withSummary)) });
}

/** The finished runs that have an increment, those of the current code first, each once. */
function comparable(found: readonly FoundRun[], say: Log): KeptRun[] {
  const runs = new Map<string, KeptRun>();
  const others: string[] = [];
  const ordered = found.toSorted((a, b) => Number(a.state === "outdated") - Number(b.state === "outdated"));
  for (const { run, folder, problem } of ordered) {
    const pass = (why: string) => others.push(`${showPath(folder)}: ${why}`);
    if (run === undefined || problem !== undefined) pass(problem!);
    // M_0 by itself is shared by the methods and tells nothing about them.
    else if (run.configuration.increments === 0) continue;
    else if (run.metrics.length <= run.configuration.increments) pass("it is not finished.");
    else {
      const key = `${kindOf(run)} ${runKey(run.configuration)}`;
      const twin = runs.get(key);
      if (twin === undefined) runs.set(key, run);
      else pass(`the same run as ${showPath(twin.folder)}. A copy is not another seed.`);
    }
  }
  if (runs.size === 0) {
    const what = found.length === 0 ? "none" : "only M_0 and others";
    throw new UserError(
      `Expected finished runs with one increment at least but found ${what}. ` +
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
  "increments",
  "evaluateOn",
  "imagesPerClass",
  "classes",
] as const;

/** What runs have in common that can be compared, in words. */
function kindOf(run: KeptRun): string {
  const fields = KIND.map((field) => `${field} ${run.configuration[field]}`);
  return [placeOf(run), ...fields.filter((text) => !/ 0?$/.test(text))].join(", ");
}

if (import.meta.main) await runCommand(runs);
