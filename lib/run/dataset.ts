import { join, resolve } from "node:path";
import { type Dataset, loadIEmoji, loadPhotos } from "../data/mod.ts";
import type { Configuration } from "./schema.ts";

/** The project's `data/` folder: what is downloaded, rendered or trained. */
export function dataDirectory(): string {
  return resolve(import.meta.dirname!, "../../data");
}

/**
 * The data set of a configuration, rendered or decoded first where that has not happened yet.
 * @param directory the folder that data sets and caches are kept in
 */
export function openDataset(
  { dataset, data, classes, skipBroken, imageSize, seed, evaluateOn }: Configuration,
  directory: string,
  onProgress?: (done: number, total: number) => void,
): Promise<Dataset> {
  const holdOut = evaluateOn === "validation";
  if (dataset === "iemoji-100") {
    return loadIEmoji({ directory: join(directory, "iemoji-100"), size: imageSize, holdOut, onProgress });
  }
  return loadPhotos({
    name: dataset,
    path: data || join(directory, dataset),
    cacheDirectory: join(directory, "cache"),
    imageSize,
    seed,
    classes: classes.length > 0 ? classes : undefined,
    skipBroken,
    holdOut,
    onProgress,
  });
}
