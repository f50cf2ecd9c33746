/**
 * Which data sets of photos there are.
 * @module
 */

import { UserError } from "../../user_error.ts";
import { caltechSource } from "./caltech.ts";
import { cifarSource } from "./cifar.ts";
import { cubSource } from "./cub.ts";
import { folderSource } from "./folder.ts";
import { imagenetSource } from "./imagenet.ts";
import { type ClassChoice, isFolder, type PhotoSource } from "./photo_source.ts";

/** The names of the data sets that the project knows; `folder` is any folder of images. */
export const PHOTO_DATASETS = [
  "caltech-101",
  "cifar-100",
  "cub-200-2011",
  "imagenet-small",
  "folder",
] as const;

/** One of {@linkcode PHOTO_DATASETS}. */
export type PhotoDatasetName = typeof PHOTO_DATASETS[number];

/** Options for {@linkcode findPhotos}. */
export interface FindOptions extends ClassChoice {
  /** The folder of the data set. */
  path: string;
  /** CUB-200-2011 alone: use its official split. */
  officialSplit?: boolean;
}

/**
 * Lists the photos of a data set without decoding any.
 *
 * @throws {UserError} if the data set is not at `path` or is incomplete
 */
export function findPhotos(name: PhotoDatasetName, options: FindOptions): PhotoSource {
  if (isFolder(options.path)) return sources[name](options.path, options);
  const [what, advice] = name === "folder" ? ["your images", "say where they are with --data PATH."] : [
    `the data set ${name}`,
    `fetch it with \`deno task data ${name}\`, or say where it is with --data PATH.`,
  ];
  throw new UserError(`Expected ${what} in the folder "${options.path}" but found no such folder; ${advice}`);
}

const sources: Record<PhotoDatasetName, (path: string, options: FindOptions) => PhotoSource> = {
  "caltech-101": caltechSource,
  "cifar-100": cifarSource,
  "cub-200-2011": cubSource,
  "imagenet-small": imagenetSource,
  "folder": folderSource,
};
