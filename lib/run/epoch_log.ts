/**
 * The losses of a run, epoch by epoch, in the forms that spreadsheets, pandas and others read.
 * @module
 */
import { join } from "node:path";
import { writeFilesWhole } from "../files.ts";
import type { EpochLog } from "../training/mod.ts";

/**
 * Writes `log.csv` and `log.jsonl` into a run's folder: one line an epoch, M_0's first, with the step, the epoch, the learning
 * rate, the loss L and each of its terms before weighting. In the CSV a term that a step does not have is empty.
 * @param logs (steps) of each step so far
 */
export async function writeEpochLog(folder: string, logs: readonly (readonly EpochLog[])[]): Promise<void> {
  const rows = logs.flatMap((log, step) =>
    log.map(({ epoch, learningRate, ...losses }): Record<string, number> => {
      return { step, epoch, learningRate, ...losses };
    })
  );
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ""))];
  await writeFilesWhole([
    [join(folder, "log.csv"), lines.map((line) => `${line.join(",")}\n`).join("")],
    [join(folder, "log.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join("")],
  ], "write the log of the epochs");
}
