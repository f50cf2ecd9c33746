/**
 * CIFAR-100 (Krizhevsky, 2009), the binary version: `train.bin`, `test.bin` and `fine_label_names.txt`.
 *
 * A record of a `.bin` file has 3,074 bytes: the coarse label (0 … 19), the fine label (0 … 99), and a 32×32
 * image as three planes: red, green, blue. The classes are the fine labels.
 * @module
 */
import { join } from "node:path";
import sharp from "sharp";
import { UserError } from "../../user_error.ts";
import { withFileErrors } from "../../files.ts";
import {
  chooseClasses,
  type ClassChoice,
  innerFolder,
  linesOf,
  listFolder,
  type Photo,
  type PhotoSource,
  readAt,
  stampOf,
} from "./photo_source.ts";

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 2 + 3 * PLANE;
const FINE_CLASSES = 100;
const PURPOSE = "read CIFAR-100";
const FETCH_AGAIN = "unpack the archive again, or fetch it with `deno task data cifar-100`";

/**
 * Lists the images of CIFAR-100 in `cifar-100-binary`, or in the folder that holds it, and reads their
 * labels.
 */
export function cifarSource(path: string, choice: ClassChoice): PhotoSource {
  const root = innerFolder(path, "cifar-100-binary");
  refusePythonVersion(root);

  const namesPath = join(root, "fine_label_names.txt");
  const names = withFileErrors(namesPath, PURPOSE, () => Deno.readTextFileSync(namesPath));
  const all = parseLabelNames(names, namesPath);
  const classNames = chooseClasses(all, choice, root);
  const classIdOf = new Map(classNames.map((name, classId) => [all.indexOf(name), classId]));

  const photos: (Photo & { record: number })[] = [];
  for (const split of ["train", "test"] as const) {
    const file = `${split}.bin`;
    const path = join(root, file);
    const stamp = stampOf(path);
    const labels = parseLabels(withFileErrors(path, PURPOSE, () => Deno.readFileSync(path)), path);
    for (const [record, label] of labels.entries()) {
      const classId = classIdOf.get(label);
      if (classId === undefined) continue;
      photos.push({ name: `${file}/${String(record).padStart(5, "0")}`, classId, split, stamp, record });
    }
  }
  photos.sort((a, b) => a.classId - b.classId); // stable: within a class the order of the files is kept

  return {
    name: "cifar-100",
    classNames,
    photos,
    async decode(photo, size) {
      const { split, record } = photos[photo];
      const image = readRecord(join(root, `${split}.bin`), record);
      if (size === SIDE) return { pixels: image };
      const scaled = sharp(image, { raw: { width: SIDE, height: SIDE, channels: 3 } }).resize(size, size);
      return { pixels: await scaled.raw().toBuffer() };
    },
  };
}

/** The Python version holds the same images as pickled objects: `train`, `test` and `meta`. */
function refusePythonVersion(root: string): void {
  const { folders, files } = listFolder(root);
  if (files.includes("train.bin")) return;
  if (!folders.includes("cifar-100-python") && !files.includes("meta")) return;
  throw new UserError(
    `Expected the binary version of CIFAR-100 (train.bin, test.bin, fine_label_names.txt) in "${root}" but found the Python ` +
      `version; fetch the binary version with \`deno task data cifar-100\`, or take cifar-100-binary.tar.gz from the same page.`,
  );
}

/** Reads `fine_label_names.txt`, one name a line. @throws {UserError} unless there are 100 names */
export function parseLabelNames(text: string, path: string): string[] {
  const names = linesOf(text);
  if (names.length !== FINE_CLASSES || names.some((name) => !/^[\w -]+$/.test(name))) {
    throw new UserError(
      `Expected ${FINE_CLASSES} class names, one a line, in "${path}" but found ${names.length} lines` +
        `${names.length === FINE_CLASSES ? ", some of them no names" : ""}; ${FETCH_AGAIN}.`,
    );
  }
  return names;
}

/** The fine label of each record. The classes must be equally large, as in the official files. */
export function parseLabels(file: Uint8Array, path: string): number[] {
  const refuse = (expected: string, found: string) =>
    new UserError(`Expected ${expected} in "${path}" but found ${found}; ${FETCH_AGAIN}.`);
  if (file.length === 0 || file.length % RECORD > 0) {
    throw refuse(`records of ${RECORD} bytes (two labels and a 32×32 image)`, `${file.length} bytes`);
  }
  const counts = new Array<number>(FINE_CLASSES).fill(0);
  const labels = Array.from({ length: file.length / RECORD }, (_, record) => {
    const label = file[record * RECORD + 1];
    if (label >= FINE_CLASSES) {
      throw refuse(`a fine label below ${FINE_CLASSES} in record ${record}`, `${label}`);
    }
    counts[label]++;
    return label;
  });
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (least === most) return labels;
  throw refuse(`equally many images of each of the ${FINE_CLASSES} classes`, `${least} to ${most}`);
}

/** @returns (32, 32, 3) bytes */
function readRecord(path: string, record: number): Uint8Array {
  const planes = new Uint8Array(3 * PLANE);
  withFileErrors(path, PURPOSE, () => {
    if (readAt(path, record * RECORD + 2, planes)) return;
    throw new UserError(`Expected record ${record} in "${path}" but found its end; ${FETCH_AGAIN}.`);
  });
  return planes.map((_, i) => planes[i % 3 * PLANE + Math.floor(i / 3)]);
}
