/**
 * How well attention to the first classes is kept, step by step.
 * @module
 */
import { mean } from "../statistics.ts";
import { legend } from "./kit/chart.ts";
import { beside, BODY_WIDTH, composeFigure, type Figure, stacked, unicodeText } from "./kit/svg.ts";
import {
  type CurvePanel,
  curvePanels,
  describeSeeds,
  expectComplete,
  type Measure,
  methodLegend,
  type MethodRuns,
  methodsOf,
} from "./runs.ts";
import type { MethodName } from "../training/method.ts";

/**
 * The cosine between the maps of M_0 and M_t against t, for each method. Where every run has them, the drops in
 * pointing-game accuracy and in attention inside the object, and the share of maps that are all zero, follow in panels of
 * their own.
 *
 * @throws {UserError} if there is no run, or a run has not one number for each step
 */
export function attentionRetentionCurve(curve: MethodRuns): Figure {
  const { dataset, preset, runs } = curve;
  const labels: [Measure, string][] = [
    ["attentionCosine", "cosine to the map of M₀"],
    ["pointingGameDrop", "pointing game, drop since M₀"],
    ["energyDrop", "inside the object, drop since M₀"],
    ["darkMaps", "all-zero maps"],
  ];
  const measures = labels.filter(([measure], i) =>
    i === 0 || runs.every((run) => run[measure] !== undefined)
  );
  expectComplete(curve, measures.map(([measure]) => measure));

  const steps = curve.classesSeen.map((_, step) => step);
  const width = (BODY_WIDTH - 10 * (measures.length - 1)) / measures.length;
  const panels = measures.map(([measure, label], i): CurvePanel => ({
    measure,
    label,
    x: steps,
    xLabel: "model",
    xTickFormat: (step) => unicodeText(`M_{${step}}`),
    yDomain: i === 0 ? [0, 1] : [-0.02, 0.1],
    percent: i > 0,
    width,
    height: measures.length === 1 ? 380 : 300,
  }));
  const drops = panels.length > 1 ? curvePanels(runs, panels.slice(1)) : [];
  const atEnd = (method: MethodName) =>
    mean(
      runs.filter((run) => run.method === method).map(({ attentionCosine }) => attentionCosine.at(-1) ?? 0),
    );
  const methods = methodsOf(runs);
  return composeFigure({
    title: "How far attention to the first classes moves away from M_{0}'s",
    subtitle: `${dataset}, preset ${preset}, ${
      describeSeeds(runs)
    }; test images of the classes of the first step`,
    body: stacked([
      legend(methodLegend(methods, (method) => `${method}: cosine ${atEnd(method).toFixed(2)} at the end`)),
      beside([...curvePanels(runs, panels.slice(0, 1)), ...drops], 10),
    ], 6),
    notes: [
      "Maps for the true class. Thin lines are seeds, bold lines their mean, " +
      "bands the 95 % confidence interval of the mean (Student's t).",
    ],
    description: `Curves of the cosine between the attention maps of M_0 and M_t. At the end: ${
      methods.map((method) => `${method} ${atEnd(method).toFixed(2)}`).join(", ")
    }.`,
  });
}
