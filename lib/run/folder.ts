/**
 * The folders of a run: where they lie, and what they say about themselves, without opening engine or data set.
 * @module
 */
import { basename, join, resolve } from "node:path";
import type { Engine } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { checkConfiguration } from "./configuration.ts";
import type { Configuration } from "./schema.ts";
import type { StepMetrics } from "./evaluate_step.ts";
import { readJsonIfThere, writeJson } from "../files.ts";
import { readStepMetrics } from "./metrics_file.ts";
import { runNames } from "./identity.ts";

/** Where M_0 is kept, and where M_1, M_2 … */
export interface RunFolders {
  /** Of M_0, shared by the methods. */
  readonly base: string;
  /** Of the later models. */
  readonly method: string;
}

/** What a run's folder says. */
export interface RunFolder {
  /** Complete, with the engine that trained the run. */
  configuration: Configuration;
  /** Where its models are. */
  folders: RunFolders;
  /** The folder of data sets and runs that it lies in. */
  directory: string;
}

/**
 * Where a run is kept.
 *
 * @param engine the one in use
 * @param directory the folder of data sets and runs
 */
export async function runFolders(
  configuration: Configuration,
  engine: Engine["name"],
  directory: string,
): Promise<RunFolders> {
  const names = await runNames(configuration, engine);
  const home = join(directory, "runs", configuration.dataset);
  return { base: join(home, names.base), method: join(home, names.method) };
}

/** Where M_t is kept, and what was measured. */
export function stepFolder({ base, method }: RunFolders, step: number): string {
  return join(step === 0 ? base : method, `step-${step}`);
}

/**
 * Writes the configuration into a run's folder, so that the folder alone says what it is. A run can be continued: the largest
 * number of increments is kept.
 *
 * @param configuration with the engine in use
 */
export async function keepConfiguration(folder: string, configuration: Configuration): Promise<void> {
  const path = join(folder, FILE);
  const kept = await readJsonIfThere<Configuration>(path);
  const { data, increments } = configuration;
  const complete = {
    ...configuration,
    data: data && resolve(data),
    increments: Math.max(increments, kept?.increments ?? 0),
  };
  if (JSON.stringify(complete) !== JSON.stringify(kept)) await writeJson(path, complete);
}

/**
 * Finds out what a folder's run is.
 *
 * @param folder as in `data/runs/iemoji-100/seed1-LwM-…`; that of M_0 is a run without increments
 * @throws {UserError} where it is no run, or of another version
 */
export async function readRunFolder(folder: string): Promise<RunFolder> {
  const isFolder = await Deno.stat(folder).then((stat) => stat.isDirectory, () => false);
  const found = isFolder ? await readJsonIfThere(join(folder, FILE)) : null;
  if (found === null) {
    throw new UserError(
      `Expected the folder of a run, such as data/runs/iemoji-100/seed1-LwM-…, but found ${
        isFolder ? `no ${FILE} in ${folder}` : `no folder ${folder}`
      }. Name one that \`deno task train\` has said it trains.`,
    );
  }
  const configuration = checkKept(found, join(folder, FILE));
  const directory = resolve(folder, "../../..");
  // A kept configuration has the engine by name.
  const folders = await runFolders(configuration, configuration.engine as Engine["name"], directory);
  if (!Object.values(folders).map((path) => basename(path)).includes(basename(resolve(folder)))) {
    throw new UserError(
      `Expected ${folder} to have the name that its ${FILE} gives but found that it would be ` +
        `${
          basename(folders.method)
        }: the file was changed, or is of another version of the project. Train the run again.`,
    );
  }
  return { configuration, folders, directory };
}

/**
 * Reads what was measured.
 *
 * @param steps how many, M_0 included
 * @returns what was measured after each step, up to the first that is not there yet
 * @throws {UserError} where a file is damaged or of another version
 */
export async function readMetrics(folders: RunFolders, steps: number): Promise<StepMetrics[]> {
  const all: StepMetrics[] = [];
  for (let step = 0; step < steps; step++) {
    const path = join(stepFolder(folders, step), "metrics.json");
    const metrics = await readStepMetrics(path);
    if (metrics === null) break;
    all.push(metrics);
  }
  return all;
}

const FILE = "configuration.json";

function checkKept(value: unknown, path: string): Configuration {
  try {
    return checkConfiguration(value);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `Expected ${path} to be a complete configuration but found one of another version. ${error.message}`,
    );
  }
}
