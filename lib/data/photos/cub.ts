/**
 * CUB-200-2011 (Wah et al., 2011): photos of 200 kinds of birds with bounding boxes. Three index files have a
 * line for each photo, in the same order:
 *
 *     images.txt               1 001.Black_footed_Albatross/Black_Footed_Albatross_0046_18.jpg
 *     image_class_labels.txt   1 1
 *     bounding_boxes.txt       1 60.0 27.0 325.0 304.0   (left, top, width, height)
 *     images/…
 *
 * The paper uses 100 of the classes and 80 % of each for training. Here these are the first 100 in the
 * official order, unless others are chosen, split by the seed: the official split, about half and half, is
 * not used. The bounding boxes become masks.
 * @module
 */
import { join } from "node:path";
import { withFileErrors } from "../../files.ts";
import { UserError } from "../../user_error.ts";
import {
  checkClassNames,
  chooseClasses,
  type ClassChoice,
  innerFolder,
  linesOf,
  type PhotoFile,
  photoFiles,
  type PhotoSource,
} from "./photo_source.ts";

const PAPER_CLASSES = 100;
const FETCH_AGAIN = "unpack the archive again, or fetch it with `deno task data cub-200-2011`";

/**
 * The index files: a line of each, whose groups are the number of the image and what the file says about it.
 */
const INDEX = {
  images: {
    file: "images.txt",
    line: /^(\d+) (\d{1,4})\.([^/\\\s]+)\/[^/\\\s]+$/,
    example: "001.Albatross/Albatross_1.jpg",
  },
  labels: { file: "image_class_labels.txt", line: /^(\d+) (\d{1,4})$/, example: "1" },
  boxes: {
    file: "bounding_boxes.txt",
    line: /^(\d+) (\d+(?:\.\d+)?) (\d+(?:\.\d+)?) (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)$/,
    example: "60.0 27.0 325.0 304.0",
  },
} as const;

/** The texts of the three index files. */
export type CubIndexFiles = Record<keyof typeof INDEX, string>;

/** Lists the photos of CUB-200-2011 in `CUB_200_2011`, or in the folder that holds it. */
export function cubSource(path: string, choice: ClassChoice): PhotoSource {
  const root = innerFolder(path, "CUB_200_2011");
  const read = (name: keyof typeof INDEX) => {
    const path = join(root, INDEX[name].file);
    return withFileErrors(path, "read CUB-200-2011", () => Deno.readTextFileSync(path));
  };
  const index = parseCubIndex({ images: read("images"), labels: read("labels"), boxes: read("boxes") }, root);
  const byLabel = new Map(index.map(({ label, className }) => [label, className]));
  const all = [...byLabel].sort(([a], [b]) => a - b).map(([, className]) => className);
  const classNames = choice.classes === undefined
    ? all.slice(0, PAPER_CLASSES)
    : chooseClasses(all, choice, root);
  const classIds = new Map(classNames.map((className, classId) => [className, classId]));
  const photos = index.filter(({ className }) => classIds.has(className)).map((photo): PhotoFile => ({
    name: `images/${photo.path}`,
    classId: classIds.get(photo.className)!,
    box: photo.box,
  }));
  return photoFiles("cub-200-2011", root, classNames, photos);
}

/**
 * Joins the index files. An error names file and line.
 * @returns of each photo its path, its class's name and official number, from 1, and the box around the bird
 */
export function parseCubIndex(texts: CubIndexFiles, root: string) {
  const lines = {
    images: linesOf(texts.images),
    labels: linesOf(texts.labels),
    boxes: linesOf(texts.boxes),
  };
  const count = Math.max(...Object.values(lines).map(({ length }) => length));

  const folders = new Map<number, string>(); // a class has one number and one folder
  const seen = new Set<string>();
  const index = Array.from({ length: count }, (_, i) => {
    const image = /^\d+/.exec(lines.images[i] ?? "")?.[0] ?? `${i + 1}`;
    const parse = (name: keyof typeof INDEX, fits: (values: string[]) => boolean): string[] => {
      const { file, line, example } = INDEX[name];
      const [, found, ...values] = line.exec(lines[name][i] ?? "") ?? [];
      if (found === image && fits(values)) return values;
      throw new UserError(
        `Expected image ${image} as in the other index files, such as "${image} ${example}", in line ` +
          `${i + 1} of "${join(root, file)}" but found "${
            (lines[name][i] ?? "").slice(0, 80)
          }"; ${FETCH_AGAIN}.`,
      );
    };
    const path = (lines.images[i] ?? "").slice(image.length + 1);
    const [number, className] = parse("images", () => !seen.has(`${image} `) && !seen.has(path));
    seen.add(`${image} `).add(path);
    const label = Number(number);
    parse(
      "labels",
      ([found]) => Number(found) === label && label > 0 && (folders.get(label) ?? className) === className,
    );
    folders.set(label, className);
    const sides = parse("boxes", ([, , width, height]) => Number(width) > 0 && Number(height) > 0);
    const [left, top, width, height] = sides.map(Number);
    return { path, className, label, box: { left, top, width, height } };
  });
  checkClassNames([...folders.values()], join(root, INDEX.images.file));
  return index;
}
