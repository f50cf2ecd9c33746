/**
 * Whether a data set is all there. Training is content with a part of one; what was fetched must be whole.
 * @module
 */

import { UserError } from "../../user_error.ts";
import { findPhotos, type PhotoDatasetName } from "./photo_datasets.ts";

/** How much a data set has; what is absent is not counted. */
export interface DatasetCounts {
  /** Classes that can be trained on. */
  readonly classes: number;
  /** Images of these classes. */
  readonly images?: number;
  /** Those that the data set itself gives to training. */
  readonly train?: number;
  /** Those that the data set itself gives to the test. */
  readonly test?: number;
}

const words: Record<keyof DatasetCounts, string> = {
  classes: "classes",
  images: "images",
  train: "training images",
  test: "test images",
};

/**
 * Finds a data set and counts what it has.
 *
 * @param path the folder of the data set
 * @throws {UserError} if it is not there, malformed, or has another number of classes or images
 */
export function checkComplete(name: PhotoDatasetName, path: string, expected: DatasetCounts): void {
  // Training takes only half of the birds unless others are chosen.
  const classes = name === "cub-200-2011" ? "all" : undefined;
  const { classNames, photos } = findPhotos(name, { path, seed: 0, classes });
  const found: Required<DatasetCounts> = {
    classes: classNames.length,
    images: photos.length,
    train: photos.filter(({ split }) => split === "train").length,
    test: photos.filter(({ split }) => split === "test").length,
  };
  const counted = Object.keys(expected) as (keyof DatasetCounts)[];
  if (counted.every((key) => found[key] === expected[key])) return;
  const say = (counts: DatasetCounts) => counted.map((key) => `${counts[key]} ${words[key]}`).join(", ");
  throw new UserError(
    `Expected all of ${name} in "${path}", ${say(expected)}, but found ${
      say(found)
    }; complete it, or fetch it again.`,
  );
}
