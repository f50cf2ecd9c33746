/**
 * What a run has achieved, as numbers for tables and curves.
 * @module
 */
import { averageIncrementalAccuracy, forgetting } from "../lib/evaluation/mod.ts";
import type { StepMetrics } from "../lib/experiment/evaluate_step.ts";
import { textTable } from "./text_table.ts";

/** One number a step, M_0 first, and what they come to. Shares are between 0 and 1. */
export interface RunResults {
  classesSeen: number[];
  accuracy: number[];
  meanClassAccuracy: number[];
  /** Cosine between the maps of M_0 and M_t. */
  attentionCosine: number[];
  /** Absent for images without masks, as is the next. */
  pointingGameDrop?: number[];
  energyDrop?: number[];
  averageAccuracy: number;
  lastAccuracy: number;
  forgetting: number;
  lastAttentionCosine: number;
}

/** @param metrics of one step or more, M_0 first */
export function runResults(metrics: readonly StepMetrics[]): RunResults {
  const accuracy = metrics.map((step) => step.accuracy);
  const attentionCosine = metrics.map(({ attention }) => attention.cosine);
  const results: RunResults = {
    classesSeen: metrics.map(({ classesSeen }) => classesSeen),
    accuracy,
    meanClassAccuracy: metrics.map((step) => step.meanClassAccuracy),
    attentionCosine,
    averageAccuracy: averageIncrementalAccuracy(accuracy),
    lastAccuracy: accuracy.at(-1)!,
    forgetting: forgetting(metrics.map(({ accuracyOfSteps }) => accuracyOfSteps)),
    lastAttentionCosine: attentionCosine.at(-1)!,
  };
  const pointing = metrics.flatMap(({ attention }) => attention.pointingGame?.drop ?? []);
  const energy = metrics.flatMap(({ attention }) => attention.energyInside?.drop ?? []);
  if (pointing.length === metrics.length) results.pointingGameDrop = pointing;
  if (energy.length === metrics.length) results.energyDrop = energy;
  return results;
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
  return textTable(HEADINGS.map(() => "right"), [HEADINGS, row])[1];
}

/** @param share between 0 and 1 */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
