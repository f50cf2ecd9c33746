/**
 * The folders of runs, data sets and figures, and the small files in a run's folder. No engine is started
 * here.
 *
 * `configuration.json` in a run's folder has a digest of the images, so a run is never resumed or evaluated
 * on different images. The place of the data set and its dates do not count.
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { loadIEmoji } from "../data/iemoji/drawings.ts";
import type { Dataset } from "../data/image_set.ts";
import { loadPhotos } from "../data/photos/photos.ts";
import type { Engine } from "../engine/mod.ts";
import { type JsonKind, namesIn, readJsonIfThere, writeFileWhole, writeSealedJson } from "../files.ts";
import { throwIfStopped } from "../stop_signals.ts";
import { delimitedText } from "../table.ts";
import type { EpochLog } from "../training/train_step.ts";
import { methodNames } from "../training/method.ts";
import { UserError } from "../user_error.ts";
import { type StepMetrics, stepMetricsSchema } from "../evaluation/step_metrics.ts";
import { codeDigest } from "./code_digest.ts";
import { folderNames } from "./identity.ts";
import { type Configuration, configurationSchema } from "./schema.ts";

/** The project's `data/` folder: what is downloaded, rendered or trained. */
export function dataDirectory(): string {
  return resolve(import.meta.dirname!, "../../data");
}

/**
 * The data set of a configuration, rendered or decoded first where that has not happened yet.
 * @param directory the folder that data sets and caches are kept in
 * @param options what to tell the progress, and the classes of photos before any is decoded, which may throw;
 * `decode` as in {@linkcode loadPhotos}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { configure, openDataset } from "lwm";
 *
 * const dataset = await openDataset(configure());
 * assert.equal(dataset.classNames.length, 100);
 * ```
 */
export function openDataset(
  configuration: Configuration,
  directory: string = dataDirectory(),
  { onImages, onClasses, decode }: {
    onImages?: (done: number, total: number) => void;
    onClasses?: (classNames: readonly string[]) => void;
    decode?: boolean;
  } = {},
): Promise<Dataset> {
  const onProgress = (done: number, total: number) => {
    throwIfStopped();
    onImages?.(done, total);
  };
  const { dataset, data, classes, skipBroken, imageSize, seed, evaluateOn } = configuration;
  const holdOut = evaluateOn === "validation";
  const imagesPerClass = configuration.imagesPerClass || undefined;
  if (dataset === "iemoji-100") {
    return loadIEmoji({
      directory: join(directory, "iemoji-100"),
      size: imageSize,
      holdOut,
      imagesPerClass,
      seed,
      onProgress,
    });
  }
  return loadPhotos({
    name: dataset,
    path: data || join(directory, dataset),
    cacheDirectory: join(directory, "cache"),
    imageSize,
    seed,
    classes: classes.length > 0 ? classes : undefined,
    skipBroken,
    imagesPerClass,
    holdOut,
    decode,
    onClasses,
    onProgress,
  });
}

const FILE = "configuration.json";
const channels = z.tuple([z.number(), z.number(), z.number()]).readonly();
/** What is known of a run's images. */
const ofImages = {
  /** Their digest. */
  images: z.string().optional(),
  /** What the models need of the data set, so that they can be used where the images are not. */
  trainedOn: z.object({ name: z.string(), classNames: z.array(z.string()), mean: channels, std: channels })
    .optional(),
};
type OfImages = { [Field in keyof typeof ofImages]?: z.infer<typeof ofImages[Field]> };

const KEPT: JsonKind<Configuration & OfImages> = {
  // A method of the user's own may not be defined here; whoever needs it says so.
  schema: configurationSchema.extend({ method: z.string(), ...ofImages }),
  holds: "the complete configuration of a run",
  remedy: "Delete it, and train the run again: the steps that are trained stay.",
  sealed: true,
};

/** The folders of a run's models. */
export interface RunFolders {
  /** Of M_0, shared by the methods. */
  readonly base: string;
  /** Of the later models. */
  readonly method: string;
}

/**
 * The folders of a run: `RUNS/DATASET/seed1-LwM-CONFIGURATION-ENGINE-CODE`.
 * @param configuration `code` selects the code that may have trained the run
 * @param images digest of the images
 * @param log told where only other code has trained a run of the same configuration
 * @throws {UserError} if `code` is a digest of which there is no run
 */
export async function runFolders(
  configuration: Configuration,
  engine: Engine["name"],
  directory: string,
  images?: string,
  log?: (line: string) => void,
): Promise<RunFolders> {
  const names = folderNames(configuration, engine, images);
  const home = join(directory, "runs", configuration.dataset);
  const current = codeDigest(engine);
  const code = configuration.code === "current" ? current : configuration.code;
  const kept = await codesOf(home, configuration.increments > 0 ? names.method : names.base);
  const found = kept.join(", ");
  if (code !== current && !kept.includes(code)) {
    throw new UserError(
      `Expected a run that the code ${code} has trained in ${home} but found ${
        found ? `those of ${found}` : "none"
      }. The current code is ${current}: leave \`code\` out to train with it.`,
    );
  }
  if (kept.length > 0 && !kept.includes(code)) {
    log?.(
      `The code that decides the numbers has changed (now ${code}): this run is trained anew. Code ${found} has ` +
        `trained it before; to use that knowingly, say --code ${kept[0]} or LWM_CODE=${kept[0]}.`,
    );
  }
  return { base: join(home, `${names.base}-${code}`), method: join(home, `${names.method}-${code}`) };
}

/** The digest of the code in the name of a run's folder. */
export function codeOf({ base }: RunFolders): string {
  return base.slice(-6);
}

/** Digests of the code that has trained steps of a run. */
async function codesOf(home: string, name: string): Promise<string[]> {
  const folders = (await namesIn(home)).filter((folder) => folder.slice(0, -6) === `${name}-`);
  const steps = await Promise.all(folders.map((folder) => stepsIn(join(home, folder))));
  return folders.filter((_, i) => steps[i] > 0).map((folder) => folder.slice(-6));
}

export function stepFolder({ base, method }: RunFolders, step: number): string {
  return join(step === 0 ? base : method, `step-${step}`);
}

/**
 * Writes the configuration into a run's folder. A run can be continued, so the largest number of increments
 * is kept.
 * @param dataset its images
 */
export async function keepConfiguration(
  folder: string,
  configuration: Configuration,
  dataset?: Omit<Dataset, "open" | "imageSize">,
): Promise<void> {
  const path = join(folder, FILE);
  const kept = await readJsonIfThere(path, KEPT);
  const { data, increments } = configuration;
  const complete = {
    ...configuration,
    data: data && resolve(data),
    increments: Math.max(increments, kept?.increments ?? 0),
    images: dataset?.digest,
    trainedOn: dataset && ofImages.trainedOn.parse(dataset),
  };
  if (JSON.stringify(complete) !== JSON.stringify(kept)) await writeSealedJson(path, complete);
}

/**
 * Reads the configuration of the run in a folder.
 * @param folder such as `data/runs/iemoji-100/seed1-LwM-…`; the folder of M_0 is a run without increments
 * @returns the configuration with the engine by name, the folder of data sets and runs, and what is known of
 * the run's images
 * @throws {UserError} if it is not the folder of a run
 */
export async function readRunFolder(
  folder: string,
): Promise<{ configuration: Configuration; folders: RunFolders; directory: string } & OfImages> {
  const isFolder = await Deno.stat(folder).then((stat) => stat.isDirectory, () => false);
  const kept = isFolder ? await readJsonIfThere(join(folder, FILE), KEPT) : null;
  if (kept === null) {
    throw new UserError(
      "Expected the folder of a run, such as data/runs/iemoji-100/seed1-LwM-…, but found " +
        `${
          isFolder ? `no ${FILE} in ${folder}` : `no folder ${folder}`
        }. Name one that \`deno task train\` has said it trains.`,
    );
  }
  const directory = resolve(folder, "../../..");
  const { images, trainedOn, ...configuration } = kept;
  const isKnown = methodNames().includes(configuration.method);
  const named = isKnown ? configuration : { ...configuration, method: "C" }; // M_0 is the same
  // A kept configuration has the engine by name.
  const names = folderNames(named, configuration.engine as Engine["name"], images);
  const path = resolve(folder);
  const [home, code] = [dirname(path), /-[0-9a-f]{6}$/.exec(path)?.[0] ?? "-CODE"]; // such as -0a1b2c
  const method = isKnown ? join(home, names.method + code) : path;
  const folders = { base: join(home, names.base + code), method };
  if (!Object.values(folders).includes(path)) {
    throw new UserError(
      `Expected ${folder} to be named ${basename(folders.method)}, as its ${FILE} and its code say. ` +
        "Rename it, or train the run again.",
    );
  }
  return { configuration, folders, directory, images, trainedOn };
}

const METRICS: JsonKind<StepMetrics> = {
  schema: stepMetricsSchema,
  holds: "the metrics of a step",
  remedy: "Delete it, then train or evaluate the run again.",
  sealed: true,
};

/** The metrics of a step; null where it is not measured. @throws {UserError} where the file is damaged */
export function readStepMetrics(folders: RunFolders, step: number): Promise<StepMetrics | null> {
  return readJsonIfThere(join(stepFolder(folders, step), "metrics.json"), METRICS);
}

/** The metrics of a run's first `steps` steps, M_0 included, up to the first that is missing. */
export async function readMetrics(folders: RunFolders, steps: number): Promise<StepMetrics[]> {
  const all: StepMetrics[] = [];
  while (all.length < steps) {
    const metrics = await readStepMetrics(folders, all.length);
    if (metrics === null) break;
    all.push(metrics);
  }
  return all;
}

/**
 * Writes `log.csv` into a run's folder: one line an epoch, M_0's first, with the step, the epoch, the
 * learning rate, the loss L and each of its terms before weighting. Terms that a step lacks are empty.
 * @param logs (steps) of each step so far
 */
export async function writeEpochLog(folder: string, logs: readonly (readonly EpochLog[])[]): Promise<void> {
  const rows = logs.flatMap((log, step) =>
    log.map(({ epoch, learningRate, ...losses }) => ({ step, epoch, learningRate, ...losses }))
  );
  await writeFileWhole(join(folder, "log.csv"), delimitedText(rows, ","));
}

/**
 * How many of the first steps of a run are trained and measured, M_0 included.
 * @param steps how many at most
 */
export async function trainedSteps(folders: RunFolders, steps: number): Promise<number> {
  for (let step = 0; step < steps; step++) {
    const names = await namesIn(stepFolder(folders, step));
    if (!names.includes("model.safetensors") || !names.includes("metrics.json")) return step;
  }
  return steps;
}

/** Refuses a data set for a run that was trained on other images. */
export async function refuseOtherImages(
  { base, method }: RunFolders,
  { name, digest }: Pick<Dataset, "name" | "digest">,
): Promise<void> {
  if (digest === "") return; // of images that are not decoded yet
  const other: string[] = [];
  for (const folder of [base, method]) {
    // Where nothing is trained yet, any images will do.
    const kept = await stepsIn(folder) > 0 ? await readJsonIfThere(join(folder, FILE), KEPT) : null;
    if (kept?.images !== undefined && kept.images !== digest) other.push(folder);
  }
  if (other.length === 0) return;
  const folders = other.join(" and ");
  throw new UserError(
    `Expected the images of ${name} that the models in ${folders} were trained on but found others: images were added, ` +
      "removed or replaced. Put the data set back as it was, or say with `data` where it lies; to train on these images " +
      `instead, delete ${folders}.`,
  );
}

/** Counts the steps in a folder that are trained or begun. */
async function stepsIn(folder: string): Promise<number> {
  return (await namesIn(folder)).filter((name) => name.startsWith("step-")).length;
}
