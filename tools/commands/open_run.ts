/**
 * What the commands that work on runs share.
 * @module
 */
import type { PhotoDataset } from "../../lib/data/photos/photos.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { withProgress } from "../../lib/progress.ts";
import { Run, type RunPlace } from "../../lib/run/run.ts";
import type { Dataset } from "../../lib/data/image_set.ts";
import { fromHere, type Log } from "./command_line.ts";

/**
 * Opens a run with a bar while its images are decoded, and lists photos that were left out.
 *
 * @param from a configuration, or the folder of a run
 * @param own the command's options
 */
export async function openRun(
  from: Configuration | string,
  { directory }: { directory?: string },
  log: Log,
): Promise<Run> {
  const run = await withImageProgress((onImages) => {
    const place: RunPlace = { log, onImages };
    if (typeof from === "string") return Run.fromFolder(from, place);
    return Run.open(from, { ...place, directory: directory && fromHere(directory) });
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
