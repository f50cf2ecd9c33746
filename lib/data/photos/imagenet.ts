/**
 * ILSVRC-2012 (Russakovsky et al., 2015), of which iILSVRC-small uses 100 classes: `train/n01440764/*.JPEG`,
 * and `val/n01440764/*.JPEG`, or `val/*.JPEG` with `LOC_val_solution.csv` beside it. Kaggle's archive, which
 * has these below `ILSVRC/Data/CLS-LOC`, can be used as it is. The validation images serve as the test.
 *
 * The paper does not say which 100 classes; they are drawn by the seed, unless a list of WordNet ids is
 * given.
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { randomStream } from "../../random.ts";
import { UserError } from "../../user_error.ts";
import { photosOfClasses, splitFolderSource } from "./folder.ts";
import {
  chooseClasses,
  type ClassChoice,
  innerFolder,
  isImageName,
  listFolder,
  type PhotoFile,
  photoFiles,
  type PhotoList,
  type PhotoSource,
  readList,
  requireSame,
} from "./photo_source.ts";

const PAPER_CLASSES = 100;
const SOLUTION = "LOC_val_solution.csv";

/** The image, the class, boxes. */
const KAGGLE: PhotoList = {
  header: "ImageId,PredictionString",
  line: /^([^,/\\\s]+),(n\d{8})(?: \d+ \d+ \d+ \d+(?: n\d{8}(?= ))?)*$/,
  example: "ILSVRC2012_val_00048981,n03995372 85 1 499 272",
  remedy: "fetch the file again",
};
/** Lists the photos of iILSVRC-small in the folder with `train` and `val`, or in that of Kaggle's archive. */
export function imagenetSource(path: string, choice: ClassChoice): PhotoSource {
  const root = innerFolder(path, "ILSVRC/Data/CLS-LOC"); // of Kaggle's archive
  const all = listFolder(join(root, "train")).folders;
  const stranger = all.find((name) => !/^n\d{8}$/.test(name));
  if (all.length === 0 || stranger !== undefined) {
    const found = stranger === undefined ? "none" : `"${stranger}"`;
    throw new UserError(
      `Expected folders named by WordNet ids, such as n01440764, in "${join(root, "train")}" but found ` +
        `${found}; unpack the archive of each class into its own folder.`,
    );
  }
  const drawn = randomStream(choice.seed, "classes").permutation(all.length).slice(0, PAPER_CLASSES);
  const classes = choice.classes ?? drawn.map((i) => all[i]);
  const classNames = chooseClasses(all, { classes }, join(root, "train"));

  const val = join(root, "val");
  const { folders, files } = listFolder(val);
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
  const labels = readList(solutionPath, KAGGLE);
  const images = files.filter(isImageName);
  requireSame(
    "images",
    { where: val, names: images.map(withoutEnding) },
    { where: solutionPath, names: labels.keys() },
    "unpack the archive again, or fetch the list again",
  );
  const test = images.map((file): PhotoFile => {
    const classId = classNames.indexOf(labels.get(withoutEnding(file))![0]);
    return { name: `val/${file}`, classId, split: "test" };
  });
  const photos = [...photosOfClasses(root, "train/", classNames, "train"), ...test];
  return photoFiles("imagenet-small", root, classNames, photos.filter(({ classId }) => classId >= 0));
}

function withoutEnding(file: string): string {
  return file.replace(/\.[^.]*$/, "");
}
