import { accuracy, type LabeledScores } from "./accuracy.ts";

/**
 * Accuracy of the images of each step's classes where only the classes of that step compete, as if one were told the
 * step. Where it is much higher than the accuracy among all classes, the network still knows the step's classes, but
 * the scores of different steps are not comparable.
 *
 * @param scores of all images
 * @param classesOfSteps how many classes each step brought, in order
 * @param k as in {@linkcode accuracy}
 * @returns one number between 0 and 1 for each step
 * @throws {UserError} where a step has no images
 */
export function accuracyWithinSteps(
  scores: LabeledScores,
  classesOfSteps: readonly number[],
  k = 1,
): number[] {
  let end = 0;
  return classesOfSteps.map((count) => {
    const first = end;
    end += count;
    return accuracy(ofColumns(scores, first, end), k);
  });
}

/** The images of these columns' classes, and their scores of these columns alone. */
function ofColumns({ classes, logits, labels }: LabeledScores, first: number, end: number): LabeledScores {
  const images = [...labels.keys()].filter((image) => labels[image] >= first && labels[image] < end);
  const kept = new Float32Array(images.length * (end - first));
  images.forEach((image, i) => {
    kept.set(logits.subarray(image * classes + first, image * classes + end), i * (end - first));
  });
  return {
    classes: end - first,
    logits: kept,
    labels: Int32Array.from(images, (image) => labels[image] - first),
  };
}
