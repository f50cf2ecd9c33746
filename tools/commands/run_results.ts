/**
 * What a run has achieved, as numbers for tables and curves.
 * @module
 */
import { averageIncrementalAccuracy, forgetting } from "../../lib/evaluation/mod.ts";
import type { StepMetrics } from "../../lib/run/evaluate_step.ts";
import { percent } from "../../lib/statistics.ts";

/** One number a step, M_0 first, and what they come to. Shares are between 0 and 1. */
export interface RunResults {
  /** Number of classes. */
  classesSeen: number[];
  /** Over all classes seen. */
  accuracy: number[];
  /** Mean over the classes of each class's accuracy. */
  meanClassAccuracy: number[];
  /** Cosine between the maps of M_0 and M_t. */
  attentionCosine: number[];
  /** Average incremental accuracy: the mean over the steps. */
  averageAccuracy: number;
  /** After the last step. */
  lastAccuracy: number;
  /** After the last step. */
  forgetting: number;
  /** After the last step: how much of the attention is retained. */
  lastAttentionCosine: number;
}

/**
 * What the measurements come to.
 *
 * @param metrics of one step or more, M_0 first
 */
export function runResults(metrics: readonly StepMetrics[]): RunResults {
  const accuracy = metrics.map((step) => step.accuracy);
  const attentionCosine = metrics.map(({ attention }) => attention.cosine);
  return {
    classesSeen: metrics.map(({ classesSeen }) => classesSeen),
    accuracy,
    meanClassAccuracy: metrics.map((step) => step.meanClassAccuracy),
    attentionCosine,
    averageAccuracy: averageIncrementalAccuracy(accuracy),
    lastAccuracy: accuracy.at(-1)!,
    forgetting: forgetting(metrics.map(({ accuracyOfSteps }) => accuracyOfSteps)),
    lastAttentionCosine: attentionCosine.at(-1)!,
  };
}

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
  const results = runResults(metrics);
  const row = [
    String(metrics.length - 1),
    String(results.classesSeen.at(-1)),
    percent(results.lastAccuracy),
    percent(results.meanClassAccuracy.at(-1)!),
    percent(results.averageAccuracy),
    percent(results.forgetting),
    results.lastAttentionCosine.toFixed(2),
  ];
  return row.map((text, column) => text.padStart(HEADINGS[column].length)).join("  ");
}
