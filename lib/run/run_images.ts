/**
 * Which images a run is trained on: kept as `data.json` beside its models, so that it is never gone on with, measured or
 * shown with others. Neither the place of the data set counts nor any date: the same images may lie elsewhere.
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import type { Dataset, Split } from "../data/mod.ts";
import { UserError } from "../user_error.ts";
import type { Configuration } from "./schema.ts";
import { readJsonIfThere, writeJson } from "../files.ts";
import type { RunFolders } from "./folder.ts";

/** A class, and how many images it has in each part; of iEmoji-100, which is the same everywhere, the names alone. */
export interface ClassImages {
  /** Of the class. */
  readonly name: string;
  /** By part. */
  readonly images?: Partial<Record<Split, number>>;
}

const FILE = "data.json";

const schema = z.object({
  classes: z.array(z.object({
    name: z.string(),
    images: z.partialRecord(z.enum(["train", "validation", "test"]), z.int()).optional(),
  })),
});

/**
 * The classes of a data set in their order, and their numbers of images. Reads no image.
 *
 * @param configuration that the data set was opened with
 */
export function classImages(
  dataset: Dataset,
  configuration: Pick<Configuration, "dataset" | "evaluateOn" | "seed">,
): ClassImages[] {
  const { classNames } = dataset;
  if (configuration.dataset === "iemoji-100") return classNames.map((name) => ({ name }));
  const splits: Split[] = configuration.evaluateOn === "validation"
    ? ["train", "validation", "test"]
    : ["train", "test"];
  const counts = classNames.map((): Partial<Record<Split, number>> => ({}));
  for (const split of splits) {
    const set = dataset.open(split, [...classNames.keys()], { seed: configuration.seed, views: 1 });
    for (const label of set.labels) counts[label][split] = (counts[label][split] ?? 0) + 1;
  }
  return classNames.map((name, id) => ({ name, images: counts[id] }));
}

/**
 * What a folder's models were trained on.
 *
 * @param folder of a run or of M_0
 * @returns null where that is not known, or nothing is trained there yet
 * @throws {UserError} where the file is damaged
 */
export async function readImages(folder: string): Promise<ClassImages[] | null> {
  const path = join(folder, FILE);
  const found = await readJsonIfThere(path);
  if (found === null || !await hasSteps(folder)) return null;
  const parsed = schema.safeParse(found);
  if (parsed.success) return parsed.data.classes;
  throw new UserError(
    `Expected ${path} to list the classes that the run is trained on but found something else. ` +
      "Delete it, and it will be made again.",
  );
}

/** Keeps in a folder what its models are trained on. */
export function writeImages(folder: string, classes: readonly ClassImages[]): Promise<void> {
  return writeJson(join(folder, FILE), { classes });
}

/**
 * Makes sure that a run's models were trained on these images, where that is known.
 *
 * @param name of the data set, for messages
 * @throws {UserError} where they were trained on others
 */
export async function refuseOtherImages(
  { base, method }: RunFolders,
  classes: readonly ClassImages[],
  name: string,
): Promise<void> {
  const other: { folder: string; difference: string }[] = [];
  for (const folder of [base, method]) {
    const kept = await readImages(folder);
    const difference = kept === null ? null : differenceOf(kept, classes);
    if (difference !== null) other.push({ folder, difference });
  }
  if (other.length === 0) return;
  const folders = other.map(({ folder }) => folder).join(" and ");
  throw new UserError(
    `Expected the images of ${name} that ${folders} ${
      other.length > 1 ? "were" : "was"
    } trained on but found ` +
      `${
        other[0].difference
      }. Put the data set back as it was, or say with \`data\` where it lies; to train on ` +
      `these images instead, delete ${folders}.`,
  );
}

/** Whether any step is trained in a folder, or begun. */
async function hasSteps(folder: string): Promise<boolean> {
  for await (const { name } of Deno.readDir(folder)) if (name.startsWith("step-")) return true;
  return false;
}

/** What is found in place of what is kept, in words; null where it is the same. */
function differenceOf(kept: readonly ClassImages[], found: readonly ClassImages[]): string | null {
  const namesOf = (classes: readonly ClassImages[]) => new Set(classes.map(({ name }) => name));
  const [before, now] = [namesOf(kept), namesOf(found)];
  const lost = kept.find(({ name }) => !now.has(name));
  if (lost !== undefined) return `no class "${lost.name}"`;
  const added = found.find(({ name }) => !before.has(name));
  if (added !== undefined) return `a new class "${added.name}"`;
  for (const [id, { name, images = {} }] of kept.entries()) {
    if (found[id].name !== name) return `the classes in another order`;
    for (const [split, count] of Object.entries(images)) {
      const other = found[id].images?.[split as Split] ?? 0;
      if (other !== count) return `${other} ${split} images of "${name}" where there were ${count}`;
    }
  }
  return null;
}
