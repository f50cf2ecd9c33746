/**
 * Any folder of images in the layout of torchvision's ImageFolder: `ROOT/CLASS/*.jpg`, or `ROOT/train/CLASS/*.jpg` and
 * `ROOT/test/CLASS/*.jpg`. In place of `test` there may be `val`, `valid` or `validation`; beside `test` these are not used.
 * A class folder may hold its images in a folder `images`.
 * @module
 */

import { basename, join, resolve } from "node:path";
import { UserError } from "../../user_error.ts";
import {
  checkClassNames,
  chooseClasses,
  type ClassChoice,
  isFolder,
  listFolder,
  listImages,
  type PhotoFile,
  photoFiles,
  type PhotoSource,
} from "./photo_source.ts";

/** Names of the folder with the test images, the first that is there. */
const TEST_FOLDERS = ["test", "val", "valid", "validation"];

/**
 * Lists the photos of a folder.
 * @param path the folder that holds the class folders, or `train` and `test` with the class folders in them
 * @throws {UserError} if there are no classes, a class is empty, or `train` and `test` have different classes
 */
export function folderSource(path: string, choice: ClassChoice): PhotoSource {
  const name = basename(resolve(path));
  const test = TEST_FOLDERS.find((folder) => isFolder(join(path, folder)));
  if (!isFolder(join(path, "train")) || test === undefined) return classFolderSource(name, path, choice);
  return splitFolderSource(name, path, { train: "train", test }, choice);
}

/** `PATH/CLASS/*.jpg`, without a split. @param leaveOut folders that are no classes */
function classFolderSource(
  name: string,
  path: string,
  choice: ClassChoice,
  leaveOut: readonly string[] = [],
): PhotoSource {
  const all = listFolder(path).folders.filter((folder) => !leaveOut.includes(folder));
  requireClasses(all, path);
  checkClassNames(all, path);
  const classNames = chooseClasses(all, choice, path);
  const photos = classNames.flatMap((className, classId) =>
    listImages(join(path, className)).map((file): PhotoFile => ({ name: `${className}/${file}`, classId }))
  );
  return photoFiles(name, path, classNames, photos);
}

/** `PATH/TRAIN/CLASS/*.jpg` and `PATH/TEST/CLASS/*.jpg`. */
export function splitFolderSource(
  name: string,
  path: string,
  folders: Readonly<Record<"train" | "test", string>>,
  choice: ClassChoice,
): PhotoSource {
  const trainPath = join(path, folders.train);
  const testPath = join(path, folders.test);
  const all = listFolder(trainPath).folders;
  requireClasses(all, trainPath);
  checkClassNames(all, trainPath);
  const classNames = chooseClasses(all, choice, trainPath);

  const tested = new Set(listFolder(testPath).folders);
  const untested = classNames.find((className) => !tested.has(className));
  const untrained = choice.classes === undefined ? [...tested].find((c) => !all.includes(c)) : undefined;
  if (untested !== undefined || untrained !== undefined) {
    const [has, lacks] = untested !== undefined ? [trainPath, testPath] : [testPath, trainPath];
    throw new UserError(
      `Expected the same class folders in "${trainPath}" and "${testPath}" but found "${
        untested ?? untrained
      }" ` +
        `only in "${has}"; add it to "${lacks}", or leave the class out with --classes.`,
    );
  }
  const photos = classNames.flatMap((className, classId) =>
    (["train", "test"] as const).flatMap((split) =>
      listImages(join(path, folders[split], className))
        .map((file): PhotoFile => ({ name: `${folders[split]}/${className}/${file}`, classId, split }))
    )
  );
  return photoFiles(name, path, classNames, photos);
}

/**
 * The folders of Caltech-101 (Fei-Fei, Fergus and Perona, 2004) that are not among its 100 classes here. The paper uses 100 and
 * does not say which. `BACKGROUND_Google` is clutter and no class. `Faces_easy` shows the same 435 photos as `Faces`, cropped to
 * the face, so the test images of one would be training images of the other.
 */
const CALTECH_LEFT_OUT = ["BACKGROUND_Google", "Faces_easy"];

/**
 * Lists the photos of Caltech-101: `101_ObjectCategories/CLASS/image_0001.jpg`, 9,144 photos in 102 folders.
 * @param path `101_ObjectCategories`, or the folder that holds it
 * @throws {UserError} if the folder is not there or a class is empty
 */
export function caltechSource(path: string, choice: ClassChoice): PhotoSource {
  const inner = join(path, "101_ObjectCategories");
  return classFolderSource("caltech-101", isFolder(inner) ? inner : path, choice, CALTECH_LEFT_OUT);
}

function requireClasses(classNames: readonly string[], path: string): void {
  if (classNames.length > 0) return;
  const [file] = listFolder(path).files;
  throw new UserError(
    `Expected one folder of images for each class in "${path}" but found ${
      file === undefined ? "no folder" : `no folder, only files such as "${file}"`
    }; choose the folder that holds the class folders.`,
  );
}
