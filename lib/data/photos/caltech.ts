/**
 * Caltech-101 (Fei-Fei, Fergus and Perona, 2004): `101_ObjectCategories/CLASS/image_0001.jpg`, 9,144 photos in
 * 102 folders.
 *
 * The paper uses 100 classes and does not say which. We leave out `BACKGROUND_Google`, which is clutter and no class,
 * and `Faces_easy`: it shows the same 435 photos as `Faces`, cropped to the face, so that the two would be one
 * class with its test images in the training set of the other.
 * @module
 */

import { join } from "node:path";
import { classFolderSource } from "./folder.ts";
import { type ClassChoice, isFolder, type PhotoSource } from "./photo_source.ts";

/** The folders of the official archive that are not among our 100 classes. */
export const CALTECH_LEFT_OUT: readonly string[] = ["BACKGROUND_Google", "Faces_easy"];

/**
 * Lists the photos of Caltech-101.
 *
 * @param path `101_ObjectCategories`, or the folder that holds it
 * @throws {UserError} if the folder is not there or a class is empty
 */
export function caltechSource(path: string, choice: ClassChoice): PhotoSource {
  const inner = join(path, "101_ObjectCategories");
  return classFolderSource("caltech-101", isFolder(inner) ? inner : path, choice, CALTECH_LEFT_OUT);
}
