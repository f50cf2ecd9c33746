/**
 * A sweep on more than one machine: its runs as commands for any scheduler, as jobs of Slurm, and found
 * wherever they were trained.
 * @module
 */
import { join, resolve } from "node:path";
import { isFolder } from "../../lib/data/photos/photo_source.ts";
import { explainFileError, writeFileWhole } from "../../lib/files.ts";
import { codeDigest } from "../../lib/run/code_digest.ts";
import { readRunFolder, trainedSteps } from "../../lib/run/folder.ts";
import { presetValues } from "../../lib/run/presets.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { readRecords, runKey, type RunRecord } from "../../lib/study/run_record.ts";
import { UserError } from "../../lib/user_error.ts";
import { type Log, showPath, unusedFields } from "./command_line.ts";
import { mistakeOf, type OpenedRun, readKeptRun } from "./open_run.ts";

/**
 * The commands that train runs. Each stands for itself, and may be repeated after it was killed. Those of
 * `bases` train an M_0 each: they should be finished before the others begin, which otherwise wait for them.
 */
export async function sweepCommands(waiting: readonly OpenedRun[], directory: string) {
  const bases: string[] = [];
  for (const [{ configuration, folders }] of Map.groupBy(waiting, ({ folders }) => folders.base).values()) {
    if (await trainedSteps(folders, 1) > 0) continue;
    bases.push(trainCommand({ ...configuration, increments: 0 }, directory));
  }
  const later = waiting.filter(({ configuration }) => configuration.increments > 0);
  return { bases, runs: later.map(({ configuration }) => trainCommand(configuration, directory)) };
}

/** Fields that are always named: nothing then depends on the environment, or on the number of classes. */
const NAMED = ["preset", "dataset", "method", "seed", "engine", "code", "baseClasses"];

function trainCommand(configuration: Configuration, directory: string): string {
  const defaults: Partial<Configuration> = presetValues(configuration);
  const unused = unusedFields(configuration);
  const options = (Object.keys(configuration) as (keyof Configuration)[]).filter((name) => {
    const differs = String(configuration[name]) !== String(defaults[name]);
    return !unused.includes(name) && (differs || NAMED.includes(name));
  }).map((name) => {
    const value = configuration[name];
    if (typeof value === "boolean") return `--${value ? "" : "no-"}${name}`;
    return `--${name}=${name === "data" && value ? resolve(String(value)) : value}`;
  });
  const train = join(import.meta.dirname!, "train.ts");
  return [Deno.execPath(), "run", "-A", train, ...options, `--directory=${directory}`].map(quoted).join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Submits the commands as array jobs of Slurm, one task a run.
 * @param name of the jobs
 * @param options of `sbatch`
 * @returns the numbers of the jobs, that of M_0 first
 * @throws {UserError} where `sbatch` is missing or refuses
 */
export async function submitToSlurm(
  name: string,
  { bases, runs }: Awaited<ReturnType<typeof sweepCommands>>,
  options: readonly string[],
  directory: string,
): Promise<string[]> {
  const home = join(directory, "slurm");
  const jobs: string[] = [];
  for (const [kind, commands] of [["M_0", bases], ["runs", runs]] as const) {
    if (commands.length === 0) continue;
    const script = join(home, `${name}-${kind}.sh`);
    const tasks = commands.map((command, task) => `${task}) exec ${command} ;;`);
    await writeFileWhole(
      script,
      ["#!/bin/bash", "case $SLURM_ARRAY_TASK_ID in", ...tasks, "esac\n"].join("\n"),
    );
    // A task that is requeued finds the last epoch of its run, and appends to its log. After any end of the
    // M_0, since the runs train one that failed themselves, and say why it cannot be; afterok would leave
    // them in the queue for ever.
    jobs.push(
      await sbatch([
        ...["--parsable", "--requeue", "--open-mode=append", `--job-name=${name}-${kind}`],
        ...[`--array=0-${commands.length - 1}`, `--output=${join(home, `${name}-${kind}-%A_%a.txt`)}`],
        ...[...jobs.map((job) => `--dependency=afterany:${job}`), ...options, script],
      ]),
    );
  }
  return jobs;
}

async function sbatch(args: readonly string[]): Promise<string> {
  const refuse = (found: string) =>
    new UserError(
      `Expected \`sbatch\` to take the job but found ${found.trim()}. Options of sbatch follow \`--slurm --\`; ` +
        "`--list` prints the commands for other schedulers.",
    );
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("sbatch", { args: [...args] }).output();
  } catch (error) {
    throw error instanceof Deno.errors.NotFound ? refuse("no such program") : error;
  }
  if (!output.success) throw refuse(new TextDecoder().decode(output.stderr));
  return new TextDecoder().decode(output.stdout).trim().split(";")[0];
}

/**
 * Finds the finished runs of some configurations below some folders: as folders of runs, and in results of
 * studies. Needs neither images nor an engine.
 * @param say told what is damaged
 * @returns those of today's code last
 */
export async function findRecords(
  configurations: readonly Configuration[],
  folders: readonly string[],
  say: Log,
): Promise<RunRecord[]> {
  const asked = new Map(configurations.map((configuration) => [runKey(configuration), configuration]));
  const records: RunRecord[] = [];
  const add = ({ configuration: kept, engine, code, metrics }: RunRecord) => {
    const configuration = asked.get(runKey(kept));
    if (configuration === undefined || metrics.length <= configuration.increments) return;
    if (!["auto", engine].includes(configuration.engine)) return;
    records.push({ configuration: { ...configuration, engine, code: "current" }, engine, code, metrics });
  };
  for (const path of (await Promise.all(folders.map((folder) => findKept(folder)))).flat()) {
    const mistake = await mistakeOf(async () => {
      // Results do not say on which version of someone's own images they were made.
      const isNamed = (record: RunRecord) => record.configuration.dataset !== "folder";
      if (path.endsWith(".results.json")) return (await readRecords(path)).filter(isNamed).forEach(add);
      const { configuration } = await readRunFolder(path);
      if (asked.has(runKey(configuration))) add(await readKeptRun(path));
    });
    if (mistake !== undefined) say(`Passed over ${showPath(path)}: ${mistake}`);
  }
  return records.sort((a, b) => Number(isCurrent(a)) - Number(isCurrent(b)));
}

/** Whether today's code trained a run. */
export function isCurrent({ engine, code }: RunRecord): boolean {
  return code === codeDigest(engine);
}

/**
 * Folders of runs and files of results, at most three levels below a folder, such as `data/runs/DATASET/RUN`.
 */
export async function findKept(folder: string, levels = 3): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isFile && name === "configuration.json") return [folder];
      if (isFile && name.endsWith(".results.json")) found.push(path);
      if (!isFile && levels > 0 && isFolder(path)) found.push(...await findKept(path, levels - 1));
    }
  } catch (error) {
    throw explainFileError(error, folder, "look for runs");
  }
  return found.sort();
}
