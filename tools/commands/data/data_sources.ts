/**
 * The sources of the data sets, and how they are put into `data/NAME`.
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../../../lib/user_error.ts";
import { download, type DownloadOptions, type RemoteFile } from "./download.ts";
import { explainFileError } from "../../../lib/files.ts";
import { findPhotos, type PhotoDatasetName } from "../../../lib/data/photos/photos.ts";
import { isFolder } from "../../../lib/data/photos/photo_source.ts";
import SOURCES from "./sources.json" with { type: "json" };
import { unpack } from "./unpack.ts";

/** A data set that is downloaded, or put there by hand. */
export interface DataSource {
  /** Also the name of its folder below `data/`. */
  readonly name: PhotoDatasetName;
  readonly terms: string;
  readonly homepage: string;
  /** What to download; absent where that requires an agreement or an account. */
  readonly remote?: RemoteFile;
  /** How to get it where it is not downloaded. */
  readonly byHand?: string;
  /** An archive within the archive, which holds the images. */
  readonly inner?: string;
  /**
   * How much it has; images that are not counted may be any number. Of Caltech-101 these are the classes that
   * are used, of ImageNet those that are drawn where there are more.
   */
  readonly complete: { readonly classes: number; readonly images?: number };
}

/** Sizes and digests are those that the publishers give. */
export const DATA_SOURCES = SOURCES as readonly DataSource[];

export interface FetchOptions extends Omit<DownloadOptions, "onProgress"> {
  directory: string;
  /** An archive, or a folder with the data set, that is there already. */
  from?: string;
  /** Called with what is being done and how far it is. */
  onProgress?: (activity: string, done: number, total: number) => void;
}

/**
 * Puts a data set into `DIRECTORY/NAME`: downloads and unpacks it, or unpacks an archive, or links to a
 * folder. A data set that exists already is only checked, and must be the one that `from` names. A downloaded
 * archive is removed afterwards.
 * @returns the folder of the data set
 * @throws {UserError} if it must be downloaded by hand, the data set is another or incomplete, or another one
 * exists already
 */
export async function fetchDataset(source: DataSource, options: FetchOptions): Promise<string> {
  const { directory, from, onProgress } = options;
  const target = join(directory, source.name);
  if (isFolder(target)) {
    if (from !== undefined) refuseAnother(from, target);
    checkComplete(source.name, target, source.complete);
  } else if (from !== undefined && isFolder(from)) {
    checkComplete(source.name, from, source.complete);
    await Deno.mkdir(directory, { recursive: true });
    await Deno.symlink(resolve(from), target, { type: "dir" }).catch((error) => {
      throw explainFileError(error, target, "link to the data set");
    });
  } else if (from !== undefined) {
    await unpackDataset(source, from, target, onProgress);
  } else if (source.remote) {
    const archive = join(directory, basename(new URL(source.remote.url).pathname));
    await download(source.remote, archive, {
      ...options,
      onProgress: (done, total) => onProgress?.("downloading", done, total),
    });
    await unpackDataset(source, archive, target, onProgress);
    Deno.removeSync(archive);
  } else {
    throw new UserError(
      `Expected the data set ${source.name} in "${target}" but found none, and it cannot be fetched without an ` +
        `agreement (${source.terms}); ${source.byHand}, then unpack them there, or pass folder or archive with --from.`,
    );
  }
  return target;
}

/**
 * Counts what a data set has. Training accepts a partial data set; a download must be complete.
 * @param path the folder of the data set
 * @throws {UserError} if it is not there, malformed, or has another number of classes or images
 */
export function checkComplete(name: PhotoDatasetName, path: string, expected: DataSource["complete"]): void {
  // By default training uses half of the birds.
  const classes = name === "cub-200-2011" ? "all" : undefined;
  const { classNames, photos } = findPhotos(name, { path, seed: 0, classes });
  const images = expected.images && photos.length;
  if (classNames.length === expected.classes && images === expected.images) return;
  const say = (classes: number, images?: number) => `${classes} classes${images ? `, ${images} images` : ""}`;
  throw new UserError(
    `Expected all of ${name} in "${path}", ${say(expected.classes, expected.images)}, but found ` +
      `${say(classNames.length, images)}; complete it, or fetch it again.`,
  );
}

/** Refuses a data set that exists already and is not the one that the user names. */
function refuseAnother(from: string, target: string): void {
  const there = Deno.realPathSync(target);
  if (isFolder(from) && there === Deno.realPathSync(from)) return;
  throw new UserError(
    `Expected "${target}" to be free for "${from}" but found a data set there already, in "${there}"; remove it first, or ` +
      `leave out --from.`,
  );
}

async function unpackDataset(
  source: DataSource,
  archive: string,
  target: string,
  onProgress?: FetchOptions["onProgress"],
): Promise<void> {
  const partial = `${target}.partial`;
  const onBytes = (done: number, total: number) => onProgress?.("unpacking", done, total);
  try {
    if (isFolder(partial)) Deno.removeSync(partial, { recursive: true });
    await unpack(archive, partial, onBytes);
    const folder = source.inner && join(partial, dirname(source.inner));
    if (folder && isFolder(folder)) {
      await unpack(join(partial, source.inner!), partial, onBytes);
      Deno.removeSync(folder, { recursive: true });
    }
    checkComplete(source.name, partial, source.complete);
    Deno.renameSync(partial, target);
  } catch (error) {
    throw explainFileError(error, target, "put the data set");
  } finally {
    if (isFolder(partial)) Deno.removeSync(partial, { recursive: true });
  }
}
