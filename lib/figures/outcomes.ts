/**
 * What γ, the weight of L_AD, does: accuracy and attention retention against it.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { mean } from "../statistics.ts";
import { methodNamed } from "../training/method.ts";
import { countSeeds } from "./curves.ts";
import { chart, frame, INTERVAL, percentTick } from "./kit/chart.ts";
import {
  beside,
  BODY_WIDTH,
  composeFigure,
  type DatasetOrigin,
  type Figure,
  PALETTE,
  type Piece,
} from "./kit/svg.ts";

export interface Outcome {
  readonly seed: number;
  /** Mean over the steps of the accuracy over all classes seen, between 0 and 1. */
  readonly averageIncrementalAccuracy: number;
  /** Mean cosine between the maps of M_0 and of the last model. */
  readonly attentionCosine: number;
}

export interface GammaRuns extends DatasetOrigin {
  readonly preset: string;
  /** Each γ with the same seeds. γ = 0 is LwF-MC. */
  readonly runs: readonly (Outcome & { readonly gamma: number })[];
}

const NOTE =
  "Small dots are seeds, joined by thin lines; large dots their mean, with its 95 % confidence interval (Student's t).";
const MEASURES = [
  { measure: "averageIncrementalAccuracy", label: "average incremental accuracy", tickFormat: percentTick },
  { measure: "attentionCosine", label: "cosine to the map of M₀, last model", tickFormat: undefined },
] as const;

/** Accuracy and attention retention against γ, every seed and the mean. */
export function gamma({ dataset, preset, runs }: GammaRuns): Figure {
  const gammas = [...new Set(runs.map((run) => run.gamma))].sort((a, b) => a - b);
  const size = { width: (BODY_WIDTH - 12) / 2, height: 300 };
  const axis: Plot.ScaleOptions = {
    // Logarithmic above the smallest number, and linear below it, so that 0 has a place.
    type: "symlog",
    constant: gammas.find((value) => value > 0) ?? 1,
    ticks: gammas,
    tickFormat: String,
    label: "γ",
    inset: 10,
  };
  const points = runs.map((run) => ({
    ...run,
    x: run.gamma,
    color: methodNamed(run.gamma === 0 ? "LwF-MC" : "LwM").color,
  }));
  return composeFigure({
    title: "Accuracy and attention retention against γ, the weight of L_{AD}",
    subtitle: `${dataset}, preset ${preset}, ${countSeeds(runs)}; ` +
      "γ = 0 is LwF-MC with the settings of LwM",
    body: beside(outcomePanels(points, axis, size), 12),
    notes: [NOTE],
    description: `Average incremental accuracy and cosine of attention maps for γ = ${gammas.join(", ")}.`,
  });
}

/**
 * Points of the same seed are joined, so that a difference within each seed is seen even where seeds differ
 * more.
 */
function outcomePanels(
  points: readonly (Outcome & { x: number; color: string })[],
  axis: Plot.ScaleOptions,
  size: { width: number; height: number },
): Piece[] {
  return MEASURES.map(({ measure, label, tickFormat }) => {
    const place = { x: "x", y: measure };
    const dots = { ...place, fill: "color", stroke: "white" };
    const ends = { x: "x", y1: measure, y2: measure };
    return chart({
      ...size,
      x: axis,
      y: { label, ticks: 5, nice: true, inset: 6, tickFormat },
      color: { type: "identity" },
      marks: [
        ...frame(5),
        Plot.line(points, {
          ...place,
          z: "seed",
          stroke: PALETTE.muted,
          strokeWidth: 1,
          strokeOpacity: 0.5,
          className: "seed",
        }),
        Plot.line(
          points,
          Plot.groupX({ y: mean }, { ...place, stroke: PALETTE.ink, strokeWidth: 2, className: "mean" }),
        ),
        Plot.ruleX(
          points,
          Plot.groupX(INTERVAL, {
            ...ends,
            stroke: "color",
            strokeWidth: 2.5,
            className: "interval",
          }),
        ),
        Plot.dot(points, { ...dots, r: 3, strokeWidth: 0.8, className: "seed" }),
        Plot.dot(points, Plot.groupX({ y: mean }, { ...dots, r: 5.5, strokeWidth: 1.2, className: "mean" })),
      ],
    });
  });
}
