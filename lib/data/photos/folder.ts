/**
 * Any folder of images in the layout of torchvision's ImageFolder: `ROOT/CLASS/*.jpg`, or
 * `ROOT/train/CLASS/*.jpg` and `ROOT/test/CLASS/*.jpg`. In place of `test` there may be `val`, `valid` or
 * `validation`; beside `test` these are not used.
 * @module
 */
import { basename, join, resolve } from "node:path";
import { UserError } from "../../user_error.ts";
import {
  chooseClasses,
  type ClassChoice,
  innerFolder,
  isFolder,
  listFolder,
  listImages,
  type PhotoFile,
  photoFiles,
  type PhotoSource,
  requireSame,
} from "./photo_source.ts";

/** Names of the folder with the test images, the first that is there. */
const TEST_FOLDERS = ["test", "val", "valid", "validation"];

/**
 * Lists the photos of a folder that holds the class folders, or `train` and `test` with the class folders in
 * them.
 */
export function folderSource(path: string, choice: ClassChoice): PhotoSource {
  const name = basename(resolve(path));
  const test = TEST_FOLDERS.find((folder) => isFolder(join(path, folder)));
  if (!isFolder(join(path, "train")) || test === undefined) return classFolderSource(name, path, choice);
  return splitFolderSource(name, path, test, choice);
}

/** `PATH/CLASS/*.jpg`, without a split. @param leaveOut folders that are no classes */
function classFolderSource(
  name: string,
  path: string,
  choice: ClassChoice,
  leaveOut: readonly string[] = [],
): PhotoSource {
  const classNames = chooseClasses(classesIn(path, leaveOut), choice, path);
  return photoFiles(name, path, classNames, photosOfClasses(path, "", classNames));
}

/** `PATH/train/CLASS/*.jpg` and `PATH/TEST/CLASS/*.jpg`. */
export function splitFolderSource(
  name: string,
  path: string,
  test: string,
  choice: ClassChoice,
): PhotoSource {
  const trainPath = join(path, "train");
  const testPath = join(path, test);
  const classNames = chooseClasses(classesIn(trainPath), choice, trainPath);

  const tested = listFolder(testPath).folders
    .filter((folder) => choice.classes === undefined || classNames.includes(folder));
  requireSame(
    "class folders",
    { where: trainPath, names: classNames },
    { where: testPath, names: tested },
    "add it to the other, or leave the class out with --classes",
  );
  return photoFiles(name, path, classNames, [
    ...photosOfClasses(path, "train/", classNames, "train"),
    ...photosOfClasses(path, `${test}/`, classNames, "test"),
  ]);
}

/** The photos in the class folders below ROOT/PREFIX. */
export function photosOfClasses(
  root: string,
  prefix: string,
  classNames: readonly string[],
  split?: PhotoFile["split"],
): PhotoFile[] {
  return classNames.flatMap((className, classId) =>
    listImages(join(root, prefix, className))
      .map((file) => ({ name: `${prefix}${className}/${file}`, classId, split }))
  );
}

/**
 * The folders of Caltech-101 (Fei-Fei, Fergus and Perona, 2004) that are not among its 100 classes here. The
 * paper uses 100 and does not say which. `BACKGROUND_Google` is clutter and no class. `Faces_easy` shows the
 * same 435 photos as `Faces`, cropped to the face, so the test images of one would be training images of the
 * other.
 */
const CALTECH_LEFT_OUT = ["BACKGROUND_Google", "Faces_easy"];

/**
 * Lists the photos of Caltech-101: `101_ObjectCategories/CLASS/image_0001.jpg`, 9,144 photos in 102 folders.
 */
export function caltechSource(path: string, choice: ClassChoice): PhotoSource {
  const root = innerFolder(path, "101_ObjectCategories");
  return classFolderSource("caltech-101", root, choice, CALTECH_LEFT_OUT);
}

/**
 * The class folders in a folder.
 * @throws {UserError} if there are none, or two whose names differ by case alone
 */
function classesIn(path: string, leaveOut: readonly string[] = []): string[] {
  const { folders, files: [file] } = listFolder(path);
  const classNames = folders.filter((folder) => !leaveOut.includes(folder));
  const alike = Map.groupBy(classNames, (name) => name.normalize("NFC").toLowerCase());
  for (const [one, other] of alike.values()) {
    if (other === undefined) continue;
    throw new UserError(
      `Expected class names in "${path}" that differ by more than case but found "${one}" and "${other}"; ` +
        `rename one, or move the images of both into one folder.`,
    );
  }
  if (classNames.length > 0) return classNames;
  const found = file === undefined ? "an empty folder" : `no folder, only files such as "${file}"`;
  throw new UserError(
    `Expected one folder of images for each class in "${path}" but found ${found}; choose the folder that holds the class folders.`,
  );
}
