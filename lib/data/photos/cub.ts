/**
 * CUB-200-2011 (Wah et al., 2011): photos of 200 kinds of birds with bounding boxes.
 *
 *     images.txt               1 001.Black_footed_Albatross/Black_Footed_Albatross_0046_18.jpg
 *     image_class_labels.txt   1 1
 *     train_test_split.txt     1 0                       (1: training)
 *     bounding_boxes.txt       1 60.0 27.0 325.0 304.0   (left, top, width, height)
 *     images/…
 *
 * The paper uses 100 of the classes and 80 % of each for training. We take the first 100 in the official order, unless
 * others are chosen, and split by the seed; the official split, about half and half, is there for comparisons with
 * other work. The bounding boxes become masks.
 * @module
 */

import { join } from "node:path";
import { UserError } from "../../user_error.ts";
import type { Box } from "./decode.ts";
import { explainFileError } from "../../files.ts";
import {
  checkClassNames,
  chooseClasses,
  type ClassChoice,
  isFolder,
  type PhotoFile,
  photoFiles,
  type PhotoSource,
} from "./photo_source.ts";

const PAPER_CLASSES = 100;
const FETCH_AGAIN = "unpack the archive again, or fetch it with `deno task data cub-200-2011`";

/** The texts of the four index files. */
export interface CubIndexFiles {
  /** `images.txt`. */
  images: string;
  /** `image_class_labels.txt`. */
  labels: string;
  /** `train_test_split.txt`. */
  split: string;
  /** `bounding_boxes.txt`. */
  boxes: string;
}

/** One line of the index. */
export interface CubPhoto {
  /** Below `images/`. */
  path: string;
  /** The folder's name without its number, such as `Black_footed_Albatross`. */
  className: string;
  /** The official class number, from 1. */
  label: number;
  /** The official split. */
  split: "train" | "test";
  /** In pixels of the photo. */
  box: Box;
}

/**
 * Lists the photos of CUB-200-2011.
 *
 * @param path `CUB_200_2011`, or the folder that holds it
 * @throws {UserError} if an index file is missing, malformed, or disagrees with another
 */
export function cubSource(
  path: string,
  choice: ClassChoice & { officialSplit?: boolean },
): PhotoSource {
  const inner = join(path, "CUB_200_2011");
  const root = isFolder(inner) ? inner : path;
  const read = (file: string) => {
    try {
      return Deno.readTextFileSync(join(root, file));
    } catch (error) {
      throw explainFileError(error, join(root, file), "read CUB-200-2011");
    }
  };
  const index = parseCubIndex({
    images: read(files.images),
    labels: read(files.labels),
    split: read(files.split),
    boxes: read(files.boxes),
  }, root);

  const byLabel = new Map(index.map(({ label, className }) => [label, className]));
  const all = [...byLabel].sort(([a], [b]) => a - b).map(([, className]) => className);
  const classNames = choice.classes === undefined
    ? all.slice(0, PAPER_CLASSES)
    : chooseClasses(all, choice, root);
  const classIds = new Map(classNames.map((className, classId) => [className, classId]));
  const photos = index.filter(({ className }) => classIds.has(className)).map((photo): PhotoFile => ({
    name: `images/${photo.path}`,
    classId: classIds.get(photo.className)!,
    split: choice.officialSplit ? photo.split : undefined,
    box: photo.box,
  }));
  return photoFiles("cub-200-2011", root, classNames, photos);
}

const files: Record<keyof CubIndexFiles, string> = {
  images: "images.txt",
  labels: "image_class_labels.txt",
  split: "train_test_split.txt",
  boxes: "bounding_boxes.txt",
};

/**
 * Joins the four index files.
 *
 * @param texts the contents of the four files
 * @param root for messages
 * @throws {UserError} if a line is malformed or the files disagree: names file and line
 */
export function parseCubIndex(texts: CubIndexFiles, root: string): CubPhoto[] {
  const table = (file: keyof CubIndexFiles, pattern: RegExp) =>
    parseTable(texts[file], join(root, files[file]), pattern);
  const paths = table("images", /^(\d+) ((\d{1,4})\.([^/\\\s]+)\/([^/\\\s]+))$/);
  const labels = table("labels", /^(\d+) (\d{1,4})$/);
  const splits = table("split", /^(\d+) ([01])$/);
  const boxes = table("boxes", /^(\d+) (\d+(?:\.\d+)?) (\d+(?:\.\d+)?) (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)$/);
  for (const [file, other] of [["labels", labels], ["split", splits], ["boxes", boxes]] as const) {
    checkSameImages(paths, other, join(root, files.images), join(root, files[file]));
  }

  const folders = new Map<number, string>();
  const seen = new Set<string>();
  const index = [...paths].map(([image, [path, number, className]]): CubPhoto => {
    const label = Number(labels.get(image)![0]);
    const folder = folders.get(label) ?? className;
    if (label < 1 || Number(number) !== label || folder !== className) {
      throw new UserError(
        `Expected image ${image} in "${
          join(root, files.images)
        }" to lie in the folder of its class, number ${label} in ` +
          `"${files.labels}", but found "${path}"; ${FETCH_AGAIN}.`,
      );
    }
    if (seen.has(path)) {
      throw new UserError(
        `Expected each photo once in "${
          join(root, files.images)
        }" but found "${path}" twice; ${FETCH_AGAIN}.`,
      );
    }
    folders.set(label, className);
    seen.add(path);
    const [left, top, width, height] = boxes.get(image)!.map(Number);
    if (!(width > 0 && height > 0)) {
      throw new UserError(
        `Expected a box with an area for image ${image} in "${
          join(root, files.boxes)
        }" but found ${width}×${height}; ` +
          `${FETCH_AGAIN}.`,
      );
    }
    return {
      path,
      className,
      label,
      split: splits.get(image)![0] === "1" ? "train" : "test",
      box: { left, top, width, height },
    };
  });
  checkClassNames([...folders.values()], join(root, files.images));
  return index;
}

/** @returns for each image number, the groups of `pattern` after the first */
function parseTable(text: string, path: string, pattern: RegExp): Map<string, string[]> {
  const table = new Map<string, string[]>();
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  for (const [i, line] of lines.entries()) {
    const match = pattern.exec(line.trimEnd());
    if (!match || match[2] === undefined || table.has(match[1])) {
      throw new UserError(
        `Expected a line such as "${examples[path.split(/[/\\]/).at(-1)!]}" with a new image number in line ${
          i + 1
        } of ` +
          `"${path}" but found "${line.slice(0, 80)}"; ${FETCH_AGAIN}.`,
      );
    }
    table.set(match[1], match.slice(2));
  }
  if (table.size === 0) {
    throw new UserError(`Expected a line for each image in "${path}" but found none; ${FETCH_AGAIN}.`);
  }
  return table;
}

const examples: Record<string, string> = {
  "images.txt": "1 001.Black_footed_Albatross/Black_Footed_Albatross_0046_18.jpg",
  "image_class_labels.txt": "1 1",
  "train_test_split.txt": "1 0",
  "bounding_boxes.txt": "1 60.0 27.0 325.0 304.0",
};

function checkSameImages(
  a: Map<string, unknown>,
  b: Map<string, unknown>,
  pathA: string,
  pathB: string,
): void {
  const onlyInA = [...a.keys()].find((image) => !b.has(image));
  const onlyInB = [...b.keys()].find((image) => !a.has(image));
  if (onlyInA === undefined && onlyInB === undefined) return;
  const [image, has, lacks] = onlyInA !== undefined ? [onlyInA, pathA, pathB] : [onlyInB, pathB, pathA];
  throw new UserError(
    `Expected the same images in "${pathA}" and "${pathB}" but found image ${image} only in "${has}", not in ` +
      `"${lacks}"; ${FETCH_AGAIN}.`,
  );
}
