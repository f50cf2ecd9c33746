/**
 * `deno task runs`: lists the runs that are kept, and removes some.
 * @module
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isFolder } from "../../lib/data/photos/photo_source.ts";
import { FileLock } from "../../lib/files.ts";
import { codeDigest } from "../../lib/run/code_digest.ts";
import { validate } from "../../lib/run/configuration.ts";
import { dataDirectory, trainedSteps } from "../../lib/run/folder.ts";
import { baseIdentity, methodIdentity } from "../../lib/run/identity.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { methodNames } from "../../lib/training/method.ts";
import { percent } from "../../lib/statistics.ts";
import { textTable } from "../../lib/table.ts";
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
import { type KeptRun, readKeptRun } from "./run.ts";

const STATES = ["ready", "unfinished", "outdated", "damaged"] as const;

const COMMAND: Command = {
  name: "runs",
  usage: "[RUN …] [--FIELD VALUE …] [--state STATE] [--older DAYS] [--remove [--dry-run]] [--json]",
  about:
    `Lists the runs that are kept, with the accuracy after their last step, their size, and when they were last written.
A run is ready: it is used again; unfinished: \`deno task train\` goes on with it; outdated: code that decides the
numbers has changed since, and only commands that name its folder, or --code, still use it; or damaged. M_0 has a
folder of its own, which the runs of its seed share. Exit code: 0, or 1 where the command is wrong.

  deno task runs --method lwm --seed 1
  deno task runs --state outdated --remove --dry-run`,
  options: {
    "state STATE": STATES.join(", "),
    "older DAYS": "only what was not written for so many days",
    remove: "removes what is listed, which needs a filter; an M_0 that other runs need stays, and what is\n" +
      "being trained",
    "dry-run": "with --remove: says what it would remove, and removes nothing",
    json: "print one JSON object, {runs, removed}, and nothing else to standard output",
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
  const { fields, own: { directory, state, older }, switches, positionals } = line;
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

  const home = directory === undefined ? dataDirectory() : fromHere(directory);
  if (directory !== undefined && !isFolder(home)) {
    throw new UserError(`Expected --directory to be a folder but found none at ${home}. Check the path.`);
  }
  const { method: _, ...checked } = fields; // the method may no longer be defined
  for (const [name, value] of Object.entries(checked)) validate(name as keyof Configuration, value);
  const all = await keptRuns(home);
  const named = positionals.map(fromHere);
  const unknown = named.find((folder) => !all.some(({ listed }) => listed.folder === folder));
  if (unknown !== undefined) {
    throw new UserError(
      `Expected runs in ${showPath(home)} but found ${showPath(unknown)}. See \`deno task runs\`.`,
    );
  }
  const chosen = all.filter(({ listed, run }) =>
    (named.length === 0 || named.includes(listed.folder)) && (state ?? listed.state) === listed.state &&
    Date.now() - Date.parse(listed.written) >= Number(older ?? 0) * DAY && hasFields(run, fields)
  );
  const shown = removes ? await removable(chosen, all) : chosen;
  const isRemoved = removes && !switches.has("dry-run");
  for (const { listed: { folder } } of isRemoved ? shown : []) {
    await Deno.remove(folder, { recursive: true });
  }

  const listed = shown.map(({ listed }) => ({ ...listed, folder: showPath(listed.folder) }));
  if (switches.has("json")) return log(JSON.stringify({ runs: listed, removed: isRemoved }, null, 1));
  if (listed.length > 0) { for (const text of textTable(listed.map(rowOf))) log(text); }
  const size = megabytes(listed.reduce((sum, { bytes }) => sum + bytes, 0));
  const what = isRemoved ? ", removed" : removes ? " would be removed" : "";
  log(`${listed.length} run${listed.length === 1 ? "" : "s"}, ${size}${what}`);
  const stay = chosen.length - shown.length;
  if (stay > 0) log(`${stay} ${stay === 1 ? "stays" : "stay"}: needed by another run, or being trained.`);
}

const DAY = 24 * 3600 * 1000;

/** All runs in a folder of data sets and runs. */
export async function keptRuns(directory: string): Promise<FoundRun[]> {
  const home = join(directory, "runs");
  return await Promise.all((isFolder(home) ? await findKept(home, 2) : []).map(readRun));
}

async function readRun(folder: string): Promise<FoundRun> {
  const { bytes, modified } = sizeOf(folder);
  const common = { folder, bytes, written: new Date(modified).toISOString() };
  try {
    const run = await readKeptRun(folder);
    const { configuration: { increments, method, seed, dataset }, metrics, engine, code } = run;
    const steps = increments + 1;
    // Metrics may be there whose model is not.
    const trained = Math.min(metrics.length, await trainedSteps(run.folders, steps));
    const state = code !== codeDigest(engine) ? "outdated" : trained < steps ? "unfinished" : "ready";
    const name = increments === 0 ? "M_0" : method;
    const accuracy = metrics[trained - 1]?.accuracy;
    return { run, listed: { ...common, method: name, seed, dataset, trained, steps, accuracy, state } };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message: problem } = error;
    return { listed: { ...common, method: "", trained: 0, steps: 0, state: "damaged", problem } };
  }
}

/** The size of all files below a folder, and when the last of them was written, in milliseconds. */
function sizeOf(folder: string): { bytes: number; modified: number } {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .flatMap((name) => statSync(join(folder, name), { throwIfNoEntry: false }) ?? []) // being written
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
export async function removable(chosen: readonly FoundRun[], all: readonly FoundRun[]): Promise<FoundRun[]> {
  const locked = new Set<FoundRun>();
  for (const found of chosen) {
    for (const folder of [found.listed.folder, found.run?.folders.base ?? ""].filter(isFolder)) {
      for await (const { name } of Deno.readDir(folder)) {
        if (!name.endsWith(".lock")) continue;
        using lock = await FileLock.take(join(folder, name));
        if (lock === null) locked.add(found);
      }
    }
  }
  const free = chosen.filter((found) => !locked.has(found));
  const needed = new Set(all.flatMap((other) => {
    const isBase = other.run?.configuration.increments === 0;
    return isBase || free.includes(other) ? [] : other.run?.folders.base ?? [];
  }));
  return free.filter(({ listed }) => !needed.has(listed.folder));
}

function rowOf(
  { folder, method, seed, dataset, trained, steps, accuracy, bytes, written, state, problem }: ListedRun,
) {
  const days = (Date.now() - Date.parse(written)) / DAY;
  return {
    method,
    seed: seed ?? "",
    "data set": dataset ?? "",
    steps: `${trained} of ${steps}`,
    accuracy: accuracy === undefined ? "" : percent(accuracy),
    size: megabytes(bytes),
    age: days < 1 ? `${Math.floor(24 * days)} h` : `${Math.floor(days)} d`,
    state,
    folder: problem === undefined ? folder : `${folder}: ${problem}`,
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

if (import.meta.main) await runCommand(runs);
