/**
 * ILSVRC-2012 (Russakovsky et al., 2015), of which iILSVRC-small uses 100 classes: `train/n01440764/*.JPEG`,
 * and `val/n01440764/*.JPEG`, or `val/*.JPEG` with `LOC_val_solution.csv` beside it. Kaggle's archive, which
 * has these below `ILSVRC/Data/CLS-LOC`, can be used as it is, and so can Tiny-ImageNet:
 * `train/n01443537/images/*.JPEG` and `val/images/*.JPEG` with `val/val_annotations.txt`. The validation
 * images serve as the test.
 *
 * The paper does not say which 100 classes; they are drawn by the seed, unless a list of WordNet ids is
 * given.
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { withFileErrors } from "../../files.ts";
import { randomStream } from "../../random.ts";
import { UserError } from "../../user_error.ts";
import { photosOfClasses, splitFolderSource } from "./folder.ts";
import {
  chooseClasses,
  type ClassChoice,
  innerFolder,
  isFolder,
  isImageName,
  linesOf,
  listFolder,
  type PhotoFile,
  photoFiles,
  type PhotoSource,
} from "./photo_source.ts";

const PAPER_CLASSES = 100;
const SOLUTION = "LOC_val_solution.csv";
const ANNOTATIONS = "val/val_annotations.txt";

/** Lists the photos of iILSVRC-small in the folder with `train` and `val`, or in that of Kaggle's archive. */
export function imagenetSource(path: string, choice: ClassChoice): PhotoSource {
  const root = innerFolder(path, "ILSVRC/Data/CLS-LOC"); // of Kaggle's archive
  const all = listFolder(join(root, "train")).folders;
  const stranger = all.find((name) => !/^n\d{8}$/.test(name));
  if (all.length === 0 || stranger !== undefined) {
    throw new UserError(
      `Expected folders named by WordNet ids, such as n01440764, in "${join(root, "train")}" but found ` +
        `${
          stranger === undefined ? "none" : `"${stranger}"`
        }; unpack the archive of each class into its own folder.`,
    );
  }
  const drawn = randomStream(choice.seed, "classes").permutation(all.length).slice(0, PAPER_CLASSES);
  const classes = choice.classes ?? drawn.map((i) => all[i]);
  const classNames = chooseClasses(all, { classes }, join(root, "train"));

  if (isTinyImagenet(root)) return tinyImagenetSource("imagenet-small", root, { ...choice, classes });
  const val = join(root, "val");
  const { folders } = listFolder(val);
  if (folders.length > 0) {
    return splitFolderSource("imagenet-small", root, "val", { ...choice, classes });
  }
  const solutionPath = join(path, SOLUTION);
  if (!existsSync(solutionPath)) {
    throw new UserError(
      `Expected a folder for each class in "${val}", or the labels of its images in "${solutionPath}", but found ` +
        `neither; sort the images into folders named by WordNet ids, or put Kaggle's ${SOLUTION} there.`,
    );
  }
  const solution = withFileErrors(solutionPath, "read the labels", () => Deno.readTextFileSync(solutionPath));
  const labels = parseSolution(solution, solutionPath);
  return listedSource("imagenet-small", root, "val", classNames, solutionPath, labels);
}

/** Whether a folder is Tiny-ImageNet in its own layout. */
export function isTinyImagenet(path: string): boolean {
  return isFolder(join(path, "val/images")) && existsSync(join(path, ANNOTATIONS));
}

/** Lists the photos of Tiny-ImageNet. `test/images` has no labels and is not used. */
export function tinyImagenetSource(name: string, path: string, choice: ClassChoice): PhotoSource {
  const list = join(path, ANNOTATIONS);
  const labels = labelsIn(linesOf(Deno.readTextFileSync(list)), 1, list, {
    line: /^([^\t]+)\.JPEG\t(n\d{8})\t/,
    example: '"val_0.JPEG" and "n03444034"',
  });
  const classNames = chooseClasses(listFolder(join(path, "train")).folders, choice, join(path, "train"));
  return listedSource(name, path, "val/images", classNames, list, labels);
}

/** Training images in a folder for each class; test images in one folder, with a list of their classes. */
function listedSource(
  name: string,
  root: string,
  testFolder: string,
  classNames: string[],
  listPath: string,
  labels: Map<string, string>,
): PhotoSource {
  const images = listFolder(join(root, testFolder)).files.filter(isImageName);
  const names = new Set(images.map(withoutEnding));
  const unlabelled = images.find((image) => !labels.has(withoutEnding(image)));
  const missing = [...labels.keys()].find((image) => !names.has(image));
  if (unlabelled !== undefined || missing !== undefined) {
    throw new UserError(
      `Expected the same images in "${join(root, testFolder)}" and "${listPath}" but found ` +
        (unlabelled !== undefined ? `"${unlabelled}" only in the folder` : `"${missing}" only in the list`) +
        `; unpack the archive again, or fetch the list again.`,
    );
  }
  const classIds = new Map(classNames.map((className, classId) => [className, classId]));
  const train = photosOfClasses(root, "train/", classNames, "train");
  const test = images.flatMap((file): PhotoFile[] => {
    const classId = classIds.get(labels.get(withoutEnding(file))!);
    return classId === undefined ? [] : [{ name: `${testFolder}/${file}`, classId, split: "test" }];
  });
  return photoFiles(name, root, classNames, [...train, ...test]);
}

/**
 * Kaggle's WordNet ids of the validation images: a line `ImageId,PredictionString`, then lines such as
 * `ILSVRC2012_val_00048981,n03995372 85 1 499 272`: the image, the class, boxes.
 */
export function parseSolution(text: string, path: string): Map<string, string> {
  const [header, ...lines] = linesOf(text);
  if (header !== "ImageId,PredictionString" || lines.length === 0) {
    throw new UserError(
      `Expected the line "ImageId,PredictionString" and one line for each image in "${path}" but found ` +
        `"${header.slice(0, 80)}" and ${lines.length} lines; fetch the file again.`,
    );
  }
  return labelsIn(lines, 2, path, {
    line: /^([^,/\\\s]+),(n\d{8})(?: \d+ \d+ \d+ \d+(?: n\d{8}(?= ))?)*$/,
    example: '"ILSVRC2012_val_00048981,n03995372 85 1 499 272"',
  });
}

/** The class of each image in a list. @param first the number of the first line */
function labelsIn(
  lines: readonly string[],
  first: number,
  path: string,
  { line, example }: { line: RegExp; example: string },
): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [i, text] of lines.entries()) {
    const [, image, id] = line.exec(text) ?? [];
    if (image === undefined || labels.has(image)) {
      throw new UserError(
        `Expected a new image and its class, such as ${example}, in line ${first + i} of "${path}" ` +
          `but found "${text.slice(0, 80)}"; fetch the list again.`,
      );
    }
    labels.set(image, id);
  }
  return labels;
}

function withoutEnding(file: string): string {
  return file.replace(/\.[^.]*$/, "");
}
