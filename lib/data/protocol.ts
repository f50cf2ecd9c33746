/**
 * Class-incremental learning without memory: the classes come in steps, and the training images of a step can
 * be read only until the next step begins.
 * @module
 */
import { randomStream } from "../random.ts";
import { requirePositive, UserError } from "../user_error.ts";
import type { Dataset, ImageSet, OpenOptions } from "./image_set.ts";

/** How many classes are learned when. */
export interface ClassCounts {
  /** Classes in the data set. */
  classCount: number;
  /** Classes learned in step 0, which makes M_0. */
  baseClasses: number;
  /** Classes learned in each later step. */
  increment: number;
  /** Number of steps, step 0 included. */
  steps: number;
  /** Ids of classes to be learned before all others, in this order; none by default. */
  first?: readonly number[];
}

/** Which classes are learned when. */
export interface ClassSteps {
  /**
   * (classCount) the ids of all classes in the order of learning; those after the last step are never
   * learned.
   */
  readonly classOrder: readonly number[];
  /** The ids that are learned in each step. */
  readonly steps: readonly (readonly number[])[];
}

/**
 * Divides the classes into steps, in an order drawn from the seed. The order does not depend on the numbers
 * of classes and steps.
 * @throws {UserError} if a number is not a positive integer, there are not enough classes, or `first` names a
 * class twice or an unknown one
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { classIncrementalSteps } from "lwm";
 *
 * const counts = { classCount: 100, baseClasses: 20, increment: 40, steps: 3 };
 * const { steps } = classIncrementalSteps({ ...counts, seed: 1 });
 * assert.deepEqual(steps.map((classes) => classes.length), [20, 40, 40]);
 * ```
 */
export function classIncrementalSteps(
  { classCount, baseClasses, increment, steps, first = [], seed }: ClassCounts & { seed: number },
): ClassSteps {
  const numbers = { classCount, baseClasses, increment, steps };
  for (const [name, value] of Object.entries(numbers)) requirePositive(name, value);
  const needed = baseClasses + (steps - 1) * increment;
  if (needed > classCount) {
    const found = baseClasses > classCount ? `${baseClasses} base classes` : `${needed} in ${steps} steps`;
    throw new UserError(
      `Expected at most ${classCount} classes, which is what the data set has, but found ${found}; ` +
        `choose fewer base classes, smaller increments or fewer steps.`,
    );
  }
  const shuffled = randomStream(seed, "class order").permutation(classCount);
  if (new Set(first).size !== first.length || !first.every((id) => shuffled.includes(id))) {
    throw new UserError(
      `Expected the classes to be learned first to be different ids from 0 to ${classCount - 1} but found ` +
        `${first.join(", ")}; correct the list.`,
    );
  }
  const classOrder = [...first, ...shuffled.filter((id) => !first.includes(id))];
  return {
    classOrder,
    steps: Array.from({ length: steps }, (_, t) => {
      const start = t === 0 ? 0 : baseClasses + (t - 1) * increment;
      return classOrder.slice(start, baseClasses + t * increment);
    }),
  };
}

/**
 * The order in which iCaRL learned the classes of CIFAR-100, and many papers after it: numbers of the
 * alphabetical list.
 *
 * Rebuffi et al., CVPR 2017; their code shuffles with seed 1993.
 */
// deno-fmt-ignore
export const ICARL_ORDER: readonly number[] = [
  68, 56, 78, 8, 23, 84, 90, 65, 74, 76, 40, 89, 3, 92, 55, 9, 26, 80, 43, 38, 58, 70, 77, 1, 85,
  19, 17, 50, 28, 53, 13, 81, 45, 82, 6, 59, 83, 16, 15, 44, 91, 41, 72, 60, 79, 52, 20, 10, 31, 54,
  37, 95, 14, 71, 96, 98, 97, 2, 64, 66, 42, 22, 35, 86, 24, 34, 87, 21, 99, 0, 88, 27, 18, 94, 11,
  12, 47, 25, 30, 46, 62, 69, 36, 61, 7, 63, 75, 5, 32, 4, 51, 48, 73, 93, 39, 67, 29, 49, 57, 33,
];

/**
 * Finds the ids of classes.
 * @param names of classes, or numbers of the alphabetical list, or `icarl` alone for {@linkcode ICARL_ORDER}
 * @param field what lists them, for messages
 * @throws {UserError} if there is no such class, or iCaRL's order is asked of other than 100 classes
 */
export function classIdsOf(names: readonly string[], classNames: readonly string[], field: string): number[] {
  const alphabetical = classNames.map((name, id) => ({ name, id })).sort((a, b) => a.name < b.name ? -1 : 1);
  if (names.length === 1 && names[0] === "icarl" && classNames.length === ICARL_ORDER.length) {
    return ICARL_ORDER.map((number) => alphabetical[number].id);
  }
  return names.map((name) => {
    const id = classNames.indexOf(name);
    if (id >= 0) return id;
    const numbered = /^\d+$/.test(name) ? alphabetical[Number(name)] : undefined;
    if (numbered) return numbered.id;
    throw new UserError(
      `Expected ${field} to name classes of the data set but found "${name}"; its classes are ` +
        `${classNames.slice(0, 5).join(", ")}${classNames.length > 5 ? ", …" : ""} (${classNames.length}).`,
    );
  });
}

/**
 * The head's columns are in the order of learning, so that it grows at its end.
 * @param classOrder the ids of all classes in the order of learning
 * @returns (classes) the column in the head of each class id
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { headPositions } from "lwm";
 *
 * assert.deepEqual([...headPositions([2, 0, 1])], [1, 2, 0]); // class 2 was learned first
 * ```
 */
export function headPositions(classOrder: readonly number[]): Int32Array {
  const positions = new Int32Array(classOrder.length);
  for (const [column, classId] of classOrder.entries()) positions[classId] = column;
  return positions;
}

/**
 * Hands out the training images of one step after the other. When a step is opened, the sets of all earlier
 * steps are closed for good: whoever still holds one can read nothing from it, and they cannot be opened
 * again.
 */
export class IncrementalStream {
  readonly #openStep: (classIds: readonly number[]) => ImageSet;
  readonly #steps: readonly (readonly number[])[];
  #current: { step: number; set: ImageSet; close: () => void } | undefined;

  /**
   * Opens nothing yet.
   * @param dataset where the images are; do not pass it to code that may see only one step
   * @param steps class ids of each step
   * @param options for every step's training images
   */
  constructor(dataset: Dataset, steps: readonly (readonly number[])[], options: OpenOptions) {
    this.#openStep = (classIds) => rememberViews(dataset.open("train", classIds, options));
    this.#steps = steps;
  }

  /**
   * Opens the training images of a step and closes those of earlier steps. A run that is resumed starts with
   * the step that it had reached.
   * @param step 0 for the base classes, then 1, 2, …
   * @returns the images; labels are class ids
   * @throws {UserError} if a later step has been opened before, or there is no such step
   */
  open(step: number): ImageSet {
    if (this.#steps[step] === undefined) {
      throw new UserError(
        `Expected a step from 0 to ${this.#steps.length - 1} but found ${step}; choose one of these.`,
      );
    }
    if (this.#current && step < this.#current.step) throw pastStep(step);
    if (this.#current?.step !== step) {
      this.#current?.close();
      this.#current = { step, ...closable(this.#openStep(this.#steps[step]), step) };
    }
    return this.#current.set;
  }
}

/** A set that can be closed; after that no image can be read through it. */
function closable(images: ImageSet, step: number): { set: ImageSet; close: () => void } {
  let open: ImageSet | undefined = images;
  const source = () => {
    if (!open) throw pastStep(step);
    return open;
  };
  const set: ImageSet = {
    ...images,
    name: `${images.name}, step ${step}`,
    get labels() {
      return source().labels;
    },
    read: (image, view, target) => source().read(image, view, target),
    readMask: images.readMask && ((image, view, target) => source().readMask!(image, view, target)),
  };
  return { set, close: () => open = undefined };
}

function pastStep(step: number): UserError {
  return new UserError(
    `Expected only images of the current step to be read but found a read of step ${step} after a later ` +
      `one had begun; images of earlier steps are not kept: start a new run to learn step ${step} again.`,
  );
}

/** Sets whose views take more bytes than this are read anew each time. */
const LARGEST = 128 * 2 ** 20;

/**
 * The same images, each view computed once and kept in memory, unless they take more than `largest` bytes.
 */
export function rememberViews(set: ImageSet, largest: number = LARGEST): ImageSet {
  const bytes = 3 * set.size * set.size;
  if (set.count * set.views * bytes > largest) return set;
  const kept: Uint8Array[] = new Array(set.count * set.views);
  return {
    ...set,
    read(image, view, target) {
      const at = image * set.views + view;
      if (kept[at] === undefined) {
        set.read(image, view, target);
        kept[at] = target.slice(0, bytes);
      } else target.set(kept[at]);
    },
  };
}
