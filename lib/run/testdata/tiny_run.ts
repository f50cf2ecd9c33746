/**
 * The smallest run that has everything: for tests.
 * @module
 */
import { join } from "node:path";
import { withFolder } from "../../testdata/folder.ts";
import { prepareIEmoji } from "../../data/iemoji/drawings.ts";
import { configure } from "../configuration.ts";
import type { StepMetrics } from "../../evaluation/step_metrics.ts";
import type { Configuration } from "../schema.ts";
import { linesFrom } from "../train_runs.ts";

/** Three steps of a second on the wasm engine, as in the file of a sweep. */
export const TINY_FIELDS: Partial<Configuration> = {
  preset: "smoke",
  engine: "wasm",
  imageSize: 16,
  widths: [4, 8, 8],
  baseClasses: 3,
  increment: 2,
  increments: 2,
  baseEpochs: 2,
  epochs: 2,
};

/** The same, complete. */
export function tinyConfiguration(fields: Partial<Configuration> = {}): Configuration {
  return configure({ ...TINY_FIELDS, ...fields });
}

/** The same as on the command line. */
export function tinyArgs(fields: Record<string, unknown>): string[] {
  return Object.entries({ ...TINY_FIELDS, ...fields }).flatMap(([name, value]) => [`--${name}`, `${value}`]);
}

/**
 * Two steps of an epoch each, on three classes of photos.
 * @param data their folder
 */
export function tinyPhotoConfiguration(data: string, fields: Partial<Configuration> = {}): Configuration {
  return tinyConfiguration({
    data,
    firstClasses: [],
    baseClasses: 2,
    increment: 1,
    increments: 1,
    baseEpochs: 1,
    epochs: 1,
    ...fields,
  });
}

/** The checkout's drawings of iEmoji-100, rendered by the first test that needs them. */
export const DRAWINGS: string = join(import.meta.dirname!, "../../../data/iemoji-100");

/**
 * A folder of its own for data and runs, removed afterwards; the drawings of iEmoji-100 are the checkout's.
 */
export async function withDataDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  await withFolder(async (directory) => {
    await prepareIEmoji({ directory: DRAWINGS });
    await Deno.symlink(DRAWINGS, join(directory, "iemoji-100"));
    await work(directory);
  });
}

/**
 * What might have been measured after a step of a run that learns two classes in each. All images that are
 * not recognized are taken for the second class.
 */
export function someMetrics(step: number, accuracy = 0.5, cosine = step === 0 ? 1 : 0.9): StepMetrics {
  const classNames = [["a", "b"], ["c", "d"], ["e", "f"]].slice(0, step + 1);
  const classesSeen = classNames.flat().length;
  const confusion = Array.from({ length: classesSeen }, () => new Array<number>(classesSeen).fill(0));
  confusion[0].splice(0, 2, Math.round(1000 * accuracy), 1000 - Math.round(1000 * accuracy));
  return {
    step,
    classesSeen,
    classNames,
    accuracy,
    accuracyTop5: 1,
    accuracyOfSteps: new Array<number>(step + 1).fill(accuracy),
    meanClassAccuracy: accuracy,
    confusion,
    attention: { images: 60, cosine },
  };
}

/** Trains in a process of its own, which says every iteration. */
export function startWorker(configuration: Configuration, directory: string): {
  process: Deno.ChildProcess;
  news: AsyncGenerator<string>;
  end: () => Promise<Deno.CommandStatus>;
} {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", new URL("../worker.ts", import.meta.url).pathname],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = process.stdin.getWriter();
  const task = JSON.stringify({ configuration, directory, through: configuration.increments });
  void input.write(new TextEncoder().encode(task + "\n"));
  const news = linesFrom(process.stdout);
  /** Waits for the end. */
  const end = async () => {
    for await (const _ of news);
    await input.close().catch(() => {});
    return await process.status;
  };
  return { process, news, end };
}
