/**
 * The state of a run after each step, as the rows of a table.
 * @module
 */
import { averageIncrementalAccuracy, forgetting } from "../../lib/evaluation/accuracy.ts";
import type { StepMetrics } from "../../lib/run/evaluate_step.ts";
import { percent } from "../../lib/statistics.ts";

const HEADINGS = ["step", "classes", "accuracy", "mean of classes", "average", "forgetting", "cosine"];

/** The heading over {@linkcode stepRow}. */
export function stepHeading(): string {
  return HEADINGS.join("  ");
}

/**
 * The state after a step: its number, classes seen, accuracy over images and as the mean over classes, average incremental
 * accuracy so far, forgetting, and the cosine of the attention to M_0's.
 *
 * @param metrics of the step and all before it
 */
export function stepRow(metrics: readonly StepMetrics[]): string {
  const { classesSeen, accuracy, meanClassAccuracy, attention } = metrics[metrics.length - 1];
  const row = [
    String(metrics.length - 1),
    String(classesSeen),
    percent(accuracy),
    percent(meanClassAccuracy),
    percent(averageIncrementalAccuracy(metrics.map((step) => step.accuracy))),
    percent(forgetting(metrics.map(({ accuracyOfSteps }) => accuracyOfSteps))),
    attention.cosine.toFixed(2),
  ];
  return row.map((text, column) => text.padStart(HEADINGS[column].length)).join("  ");
}
