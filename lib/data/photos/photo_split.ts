/**
 * Which photo is for training, which for validation and which for the test.
 * @module
 */
import { randomStream } from "../../random.ts";
import { UserError } from "../../user_error.ts";
import type { Split } from "../image_set.ts";
import type { Photo } from "./photo_source.ts";

/**
 * The share of a class's photos for the test where the data set has no split of its own; the paper's 80 / 20.
 */
const TEST_SHARE = 0.2;
/** The share of a class's training photos for validation, if it is held out. */
const VALIDATION_SHARE = 0.2;

/**
 * Splits each class separately. The split of a class depends only on the seed, the class's name and its
 * number of photos.
 * @param photos all photos, those of a class in a fixed order
 * @param holdOut take a validation part out of the training photos
 */
export function splitPhotos(
  photos: readonly Pick<Photo, "classId" | "split">[],
  classNames: readonly string[],
  { seed, holdOut }: { seed: number; holdOut: boolean },
): Split[] {
  const splits = new Array<Split>(photos.length);
  const ofClass: number[][] = classNames.map(() => []);
  photos.forEach((photo, i) => ofClass[photo.classId].push(i));

  for (const [classId, className] of classNames.entries()) {
    const members = ofClass[classId];
    const given = members.some((i) => photos[i].split !== undefined);
    let train: number[];
    if (given) {
      train = members.filter((i) => photos[i].split === "train");
      for (const i of members) splits[i] = photos[i].split!;
      requirePhotos(className, "test", members.length - train.length, 1);
    } else {
      const purpose = holdOut ? "training, validation and test" : "training and test";
      requirePhotos(className, purpose, members.length, holdOut ? 3 : 2);
      train = takeShare(members, TEST_SHARE, "test", className);
    }
    requirePhotos(className, "training", train.length, holdOut ? 2 : 1);
    if (holdOut) train = takeShare(train, VALIDATION_SHARE, "validation", className);
    for (const i of train) splits[i] = "train";
  }
  return splits;

  /** Gives a share of the photos, at least one, to a split and returns the others. */
  function takeShare(members: number[], share: number, split: Split, className: string): number[] {
    const taken = Math.max(1, Math.round(members.length * share));
    const order = randomStream(seed, split, className).permutation(members.length);
    for (const i of order.slice(0, taken)) splits[members[i]] = split;
    return order.slice(taken).map((i) => members[i]);
  }
}

/** @throws {UserError} where a class has fewer photos than are needed */
export function requirePhotos(className: string, purpose: string, found: number, expected: number): void {
  if (found >= expected) return;
  throw new UserError(
    `Expected at least ${expected} usable ${expected === 1 ? "image" : "images"} for ${purpose} ` +
      `in class "${className}" but found ${found}; add images, or leave the class out with --classes.`,
  );
}
