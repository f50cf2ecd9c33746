/**
 * The paper's result: accuracy over all classes seen so far, after each step.
 * @module
 */
import { mean, percent } from "../statistics.ts";
import { legend } from "./kit/chart.ts";
import { INK } from "./kit/colors.ts";
import { beside, BODY_WIDTH, composeFigure, type Figure, stacked } from "./kit/svg.ts";
import {
  type CurvePanel,
  curvePanels,
  describeSeeds,
  expectComplete,
  methodLegend,
  type MethodRuns,
  methodsOf,
  type Reference,
  referenceLegend,
} from "./runs.ts";
import type { MethodName } from "../training/method.ts";

/** What {@linkcode accuracyCurve} draws: the form of `accuracy-curve.json`, and where known an upper bound. */
export interface AccuracyCurve extends MethodRuns {
  /** Accuracy of one model trained on all classes together: over images, and as the mean over classes. */
  readonly upperBound?: { readonly accuracy: number; readonly meanClassAccuracy?: number };
  /** What others have published for the same steps, over images. */
  readonly references?: readonly Reference[];
}

/**
 * Accuracy against the number of classes; every seed thin, the mean bold, with a confidence band. A second panel
 * shows the mean over classes where every run has it.
 *
 * @throws {UserError} if there is no run, or a run has not one number for each step
 */
export function accuracyCurve(curve: AccuracyCurve): Figure {
  const { dataset, preset, classesSeen, topK, runs, upperBound, references = [] } = curve;
  const byClass = runs.every((run) => run.meanClassAccuracy !== undefined);
  expectComplete(curve, byClass ? ["accuracy", "meanClassAccuracy"] : ["accuracy"]);
  const average = (method: MethodName) =>
    percent(runs.filter((run) => run.method === method).map(({ accuracy }) => mean(accuracy)));

  const panel = {
    x: classesSeen,
    xLabel: "classes seen so far",
    yDomain: [0, 0] as const,
    percent: true,
    width: byClass ? (BODY_WIDTH - 12) / 2 : BODY_WIDTH,
    height: byClass ? 330 : 380,
  };
  const panels: CurvePanel[] = [{
    ...panel,
    measure: "accuracy",
    label: (topK === undefined ? "" : `top-${topK} `) +
      (byClass ? "accuracy over images" : "accuracy over all classes seen"),
    level: upperBound?.accuracy,
    references,
  }];
  if (byClass) {
    panels.push({
      ...panel,
      measure: "meanClassAccuracy",
      label: "accuracy, mean over classes",
      level: upperBound?.meanClassAccuracy,
    });
  }
  const methods = methodsOf(runs);
  const entries = methodLegend(methods, (method) => `${method}: ${average(method)}`);
  if (upperBound !== undefined) {
    entries.push({
      label: `all classes together: ${percent(upperBound.accuracy)}`,
      color: INK,
      dash: "5,4",
    });
  }
  return composeFigure({
    title: "Accuracy over all classes seen so far, without any image of earlier classes",
    subtitle: `${dataset}, preset ${preset}, ${describeSeeds(runs)}`,
    body: stacked([
      legend(entries),
      ...(references.length > 0 ? [legend(referenceLegend(references))] : []),
      beside(curvePanels(runs, panels), 12),
    ], 6),
    notes: [
      "The legend gives the average incremental accuracy: the mean over the steps. " +
      "Thin lines are seeds, bold lines their mean, bands and ± the 95 % confidence interval of the mean (Student's t)." +
      (references.length > 0
        ? " Gray lines are results that others have published, with other settings."
        : ""),
    ],
    description: `Curves of accuracy against the number of classes seen. Average incremental accuracy: ${
      methods.map((method) => `${method} ${average(method)}`).join(", ")
    }.`,
  });
}
