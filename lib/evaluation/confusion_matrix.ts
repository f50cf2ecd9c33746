import { topColumns } from "./top_columns.ts";
import type { LabeledScores } from "./accuracy.ts";

/**
 * How often images of one class are taken for another.
 *
 * @param scores of all images
 * @returns (C, C) counts: rows are the true classes, columns the predicted ones, both in the order of
 * learning
 */
export function confusionMatrix({ classes, logits, labels }: LabeledScores): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, image) => {
    const [predicted] = topColumns(logits.subarray(image * classes, (image + 1) * classes), 1);
    counts[label][predicted]++;
  });
  return counts;
}
