/**
 * What the commands share that work on a run: opening it, and its state after each step as the rows of a table.
 * @module
 */
import { averageIncrementalAccuracy, forgetting } from "../../lib/evaluation/accuracy.ts";
import type { PhotoDataset } from "../../lib/data/photos/photos.ts";
import type { StepMetrics } from "../../lib/run/evaluate_step.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { percent } from "../../lib/statistics.ts";
import { withProgress } from "../../lib/progress.ts";
import { type FolderPlace, Run } from "../../lib/run/run.ts";
import type { Dataset } from "../../lib/data/image_set.ts";
import { fromHere, type Log } from "./command_line.ts";

/**
 * Opens a run with a bar while its images are decoded, and lists photos that were left out.
 * @param from a configuration, or the folder of a run
 * @param options the folder of data sets and runs; of a run that is named by its folder, where its images lie now, and what
 * evaluates it
 */
export async function openRun(
  from: Configuration | string,
  { directory, data, engine }: { directory?: string } & Pick<FolderPlace, "data" | "engine">,
  log: Log,
): Promise<Run> {
  const run = await withImageProgress((onImages) => {
    if (typeof from === "string") return Run.fromFolder(from, { log, onImages, data, engine });
    return Run.open(from, { log, onImages, directory: directory && fromHere(directory) });
  });
  listSkipped(run.dataset, log);
  return run;
}

/** Shows a bar where images have to be rendered or decoded first. */
export function withImageProgress<T>(
  work: (onImages: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  return withProgress((show) => work((done, total) => show("preparing images", done, total)));
}

/** Names the photos that could not be decoded and were left out. */
export function listSkipped(dataset: Dataset, log: Log): void {
  const { skipped = [] } = dataset as Partial<PhotoDataset>;
  if (skipped.length === 0) return;
  log(`Left out ${skipped.length} photo${skipped.length === 1 ? "" : "s"} that cannot be decoded:`);
  for (const { reason } of skipped) log(`  ${reason}`);
}

const HEADINGS = ["step", "classes", "top-1", "top-5", "mean of classes", "average", "forgetting", "cosine"];
const WIDTHS = HEADINGS.map((text) => Math.max(text.length, "100.0 %".length));

/** The heading over {@linkcode stepRow}. */
export function stepHeading(): string {
  return HEADINGS.map((text, column) => text.padStart(WIDTHS[column])).join("  ");
}

/**
 * The state after a step: its number, classes seen, top-1 and top-5 accuracy, the mean over classes of the top-1 accuracy, the
 * average incremental accuracy so far, forgetting, and the cosine of the attention to M_0's.
 * @param metrics of the step and all before it
 */
export function stepRow(metrics: readonly StepMetrics[]): string {
  const { classesSeen, accuracy, accuracyTop5, meanClassAccuracy, attention } = metrics[metrics.length - 1];
  const row = [
    String(metrics.length - 1),
    String(classesSeen),
    percent(accuracy),
    percent(accuracyTop5),
    percent(meanClassAccuracy),
    percent(averageIncrementalAccuracy(metrics.map((step) => step.accuracy))),
    percent(forgetting(metrics.map(({ accuracyOfSteps }) => accuracyOfSteps))),
    attention.cosine.toFixed(2),
  ];
  return row.map((text, column) => text.padStart(WIDTHS[column])).join("  ");
}
