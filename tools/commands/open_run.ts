/**
 * What the commands share that work on a run: opening it, and its state after each step as the rows of a
 * table.
 * @module
 */
import { forgetting } from "../../lib/evaluation/accuracy.ts";
import type { PhotoDataset } from "../../lib/data/photos/photos.ts";
import type { StepMetrics } from "../../lib/evaluation/step_metrics.ts";
import { codeOf, readMetrics, readRunFolder, type RunFolders } from "../../lib/run/folder.ts";
import { validate } from "../../lib/run/configuration.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import type { PlannedRun } from "../../lib/run/train_runs.ts";
import { gainsAtEqualSettings } from "../../lib/study/comparisons.ts";
import { MEASURES, type RunRecord } from "../../lib/study/run_record.ts";
import { comparisonsTable, settingsTable } from "../../lib/study/tables.ts";
import { counted, type TableRow, textTable } from "../../lib/table.ts";
import type { Engine } from "../../lib/engine/mod.ts";
import { mean, percent } from "../../lib/statistics.ts";
import { withProgress } from "../../lib/progress.ts";
import { type FolderPlace, Run, type RunPlace } from "../../lib/run/run.ts";
import { UserError } from "../../lib/user_error.ts";
import { type Command, type CommandLine, fromHere, type Log, showPath } from "./command_line.ts";

/** An option of commands that use the models of a run. */
export const ENGINE = { "engine NAME": "what computes [the engine that trained the run]" } as const;

/**
 * Opens the run whose folder is the first argument of a command.
 * @throws {UserError} where there is none, or several
 */
export function openNamedRun(
  { own: { data, engine }, positionals }: CommandLine,
  { name }: Command,
  log: Log,
  { modelsOnly }: Pick<FolderPlace, "modelsOnly"> = {},
): Promise<Run> {
  if (positionals.length !== 1) {
    throw new UserError(
      `Expected the folder of one run but found ${positionals.join(" ") || "none"}. ` +
        `Call \`deno task ${name}\` once for each run; see \`deno task ${name} --help\`.`,
    );
  }
  if (engine !== undefined) validate("engine", engine, "--engine");
  const place = { data: data && fromHere(data), engine: engine as Configuration["engine"] | undefined };
  return openRun(fromHere(positionals[0]), { ...place, modelsOnly }, log);
}

/** A run as it is kept in its folder, with what was measured so far. */
export interface KeptRun extends RunRecord<StepMetrics> {
  readonly folder: string;
  readonly folders: RunFolders;
  /** Digest of its images. */
  readonly images?: string;
}

/**
 * Reads a run without its images or an engine.
 * @param steps of which the metrics are read; default all
 * @throws {UserError} where the folder is none of a run, or damaged
 */
export async function readKeptRun(folder: string, steps?: number): Promise<KeptRun> {
  const { configuration, folders, images } = await readRunFolder(folder);
  const engine = configuration.engine as Engine["name"]; // a kept configuration has it by name
  const metrics = await readMetrics(folders, steps ?? configuration.increments + 1);
  return { folder, folders, images, configuration, engine, code: codeOf(folders), metrics };
}

/** The folder of a run, as the user would write it. */
export function folderOf({ steps, folders }: Run): string {
  return showPath(steps.length > 1 ? folders.method : folders.base);
}

/**
 * Opens a run with a bar while its images are decoded, and lists photos that were left out.
 * @param from a configuration, or the folder of a run
 * @param options of `Run.open()`, or of `Run.fromFolder()` where the run is named by its folder
 */
export async function openRun(
  from: Configuration | string,
  place: RunPlace & FolderPlace,
  log: Log,
): Promise<Run> {
  const run = await withProgress((show) => {
    const onImages = (done: number, total: number) => show("preparing images", done, total);
    if (typeof from === "string") return Run.fromFolder(from, { ...place, log, onImages });
    return Run.open(from, { ...place, log, onImages });
  });
  const { skipped = [] } = run.dataset as Partial<PhotoDataset>;
  if (skipped.length > 0) {
    log(`Left out ${counted(skipped.length, "photo")} that cannot be decoded:`);
    for (const reason of skipped) log(`  ${reason}`);
  }
  return run;
}

/** A run that may have to be trained, and what was measured of the steps that are. */
export interface OpenedRun extends PlannedRun {
  metrics: StepMetrics[];
}

/** A record with all measures, as `--json` prints it. */
export function withSummary<Run extends RunRecord>(run: Run) {
  const summary = Object.entries(MEASURES).map(([name, { of }]) => [name, of(run)]);
  return { ...run, summary: Object.fromEntries(summary) };
}

/** Why some work cannot be done, by the message of its `UserError`; nothing where it is done. */
export async function mistakeOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}

/** Prints what was measured of runs, and how LwM compares with LwF-MC. */
export function printRuns(records: readonly RunRecord[], log: Log): void {
  for (const line of textTable(settingsTable(records))) log(line);
  printTable("\nLwM beside LwF-MC at equal settings\n", comparisonsTable(gainsAtEqualSettings(records)), log);
}

export function printTable(heading: string, rows: readonly TableRow[], log: Log): void {
  if (rows.length === 0) return;
  log(heading);
  for (const line of textTable(rows)) log(line);
}

const HEADINGS = ["step", "classes", "top-1", "top-5", "mean of classes", "average", "forgetting", "cosine"];
const WIDTHS = HEADINGS.map((text, column) => column < 2 ? text.length : Math.max(text.length, 7)); // 100.0 %
const inLine = (texts: readonly string[]) => texts.map((text, i) => text.padStart(WIDTHS[i])).join("  ");

export const stepHeading = () => inLine(HEADINGS);

/**
 * The state after a step, below {@linkcode stepHeading}.
 * @param metrics of the step and all before it
 */
export const stepRow = (metrics: readonly StepMetrics[]) => inLine(stepValues(metrics));

/** The same of all steps, to be set as a table. */
export function stepTable(metrics: readonly StepMetrics[]): TableRow[] {
  const rows = metrics.map((_, step) => stepValues(metrics.slice(0, step + 1)));
  return rows.map((values) =>
    Object.fromEntries(HEADINGS.map((heading, column) => [heading, values[column]]))
  );
}

/**
 * The step's number, classes seen, top-1 and top-5 accuracy, the mean over classes of the top-1 accuracy, the
 * average incremental accuracy so far, forgetting, and the cosine of the attention to M_0's.
 */
function stepValues(metrics: readonly StepMetrics[]): string[] {
  const { classesSeen, accuracy, accuracyTop5, meanClassAccuracy, attention } = metrics[metrics.length - 1];
  return [
    String(metrics.length - 1),
    String(classesSeen),
    percent(accuracy),
    percent(accuracyTop5),
    percent(meanClassAccuracy),
    percent(mean(metrics.map((step) => step.accuracy))),
    percent(forgetting(metrics.map(({ accuracyOfSteps }) => accuracyOfSteps))),
    attention.cosine.toFixed(2),
  ];
}
