import type { LabeledScores } from "./accuracy.ts";

/**
 * How high each step's classes score in images of each step: the mean over the images of the highest score among the
 * step's classes. The step with the highest number in a row gets most of the answers for that row's images.
 *
 * @param scores of all images
 * @param classesOfSteps how many classes each step brought, in order
 * @returns (S, S); rows are the steps of the images' classes, columns those of the classes that are scored; NaN in the
 * row of a step without images
 */
export function stepScores(
  { classes, logits, labels }: LabeledScores,
  classesOfSteps: readonly number[],
): number[][] {
  const ends = classesOfSteps.map((_, step) =>
    classesOfSteps.slice(0, step + 1).reduce((sum, n) => sum + n, 0)
  );
  const starts = [0, ...ends];
  return classesOfSteps.map((_, step) => {
    const images = [...labels.keys()].filter((i) => labels[i] >= starts[step] && labels[i] < ends[step]);
    return classesOfSteps.map((_, other) => {
      const highest = images.map((i) =>
        Math.max(...logits.subarray(i * classes + starts[other], i * classes + ends[other]))
      );
      return highest.reduce((sum, value) => sum + value, 0) / images.length;
    });
  });
}
