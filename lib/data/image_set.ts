/**
 * The types of a data set. Training, evaluation and figures know only these.
 * @module
 */
import { randomStream } from "../random.ts";

/** `train` to learn from, `validation` to tune on, `test` for the reported numbers. */
export type Split = "train" | "validation" | "test";

/**
 * Square RGB images with labels. Each image may have several augmented *views*; a view depends only
 * on the seed, the image and the view's number, so a teacher's answers to a view can be computed once.
 */
export interface ImageSet {
  /** For messages, such as `iemoji-100 train, step 2`. */
  readonly name: string;
  /** Number of images. */
  readonly count: number;
  /** Height and width in pixels. */
  readonly size: number;
  /** Number of augmented views of each image; 1 where images are not augmented. */
  readonly views: number;
  /** (count) class id of each image: its position in `Dataset.classNames`. */
  readonly labels: Int32Array;
  /** Writes one view, (size, size, 3) bytes, into `target`. */
  read(image: number, view: number, target: Uint8Array): void;
  /** Writes the object's mask in that view, (size, size) bytes from 0 to 255; absent where none is known. */
  readMask?(image: number, view: number, target: Uint8Array): void;
}

/** A square picture, to be shown. */
export interface Picture {
  /** Height and width in pixels. */
  readonly size: number;
  /** (size, size, 3) bytes, not normalized. */
  readonly rgb: Uint8Array;
}

/** Options for opening a part of a data set. */
export interface OpenOptions {
  /** Everything random in the views comes from this. */
  seed: number;
  /**
   * Augmented views of each training image. Validation and test images have one view, the same in every run.
   */
  views: number;
}

/** A data set of images with named classes. */
export interface Dataset {
  /** For messages and folders, such as `iemoji-100`. */
  readonly name: string;
  /** All classes; a class id is a position in this list. */
  readonly classNames: readonly string[];
  /** Height and width of the images in pixels. */
  readonly imageSize: number;
  /** Tells these images from all others; the same wherever they lie and whenever they were copied. */
  readonly digest: string;
  /** Mean of each channel over the training images, between 0 and 1. */
  readonly mean: readonly [number, number, number];
  /** Standard deviation of each channel over the training images. */
  readonly std: readonly [number, number, number];
  /** The images of these classes in this split. */
  open(split: Split, classIds: readonly number[], options: OpenOptions): ImageSet;
}

/** The same images, at most `imagesPerClass` of each class, which the seed draws. */
export function someOfEachClass(set: ImageSet, imagesPerClass: number, seed: number): ImageSet {
  const images = drawOfEachClass(set.labels, imagesPerClass, seed);
  if (images.length === set.count) return set;
  return {
    ...set,
    count: images.length,
    labels: Int32Array.from(images, (image) => set.labels[image]),
    read: (image, view, target) => set.read(images[image], view, target),
    ...(set.readMask && { readMask: (image, view, target) => set.readMask!(images[image], view, target) }),
  };
}

/** Positions of at most so many members of each class, in order. */
export function drawOfEachClass(classes: Iterable<number>, imagesPerClass: number, seed: number): number[] {
  const members = [...classes].map((classId, position) => ({ classId, position }));
  return [...Map.groupBy(members, ({ classId }) => classId).values()].flatMap((group) =>
    randomStream(seed, "images per class", group[0].classId).permutation(group.length)
      .slice(0, imagesPerClass).map((i) => group[i].position)
  ).sort((a, b) => a - b);
}
