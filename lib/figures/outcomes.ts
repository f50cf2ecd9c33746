/**
 * What a setting of L_AD does: accuracy and attention retention against γ, its weight, or beside each other
 * for its forms.
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
  stacked,
  wrap,
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

export interface LossVariants extends DatasetOrigin {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** From left to right: a few words each, the one without L_AD and the paper's among them. */
  readonly variants: readonly { readonly name: string; readonly kind: "none" | "paper" | "other" }[];
  /** Each variant with the same seeds. */
  readonly runs: readonly (Outcome & { readonly variant: string })[];
}

const NOTE =
  "Small dots are seeds, joined by thin lines; large dots their mean, with its 95 % confidence interval (Student's t).";
const COLORS = { none: methodNamed("LwF-MC").color, paper: methodNamed("LwM").color, other: PALETTE.orange };
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
    color: run.gamma === 0 ? COLORS.none : COLORS.paper,
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

/** Accuracy and attention retention of each variant, every seed and the mean. */
export function lossVariants({ title, dataset, preset, variants, runs }: LossVariants): Figure {
  const kinds = new Map(variants.map(({ name, kind }) => [name, kind]));
  const names = variants.map(({ name }) => name);
  const size = { width: BODY_WIDTH, height: 220 };
  const room = (size.width - 70) / names.length;
  const axis: Plot.ScaleOptions = {
    type: "point",
    domain: names,
    tickFormat: (name: string) => wrap(name, room, 11).join("\n"),
    label: null,
    padding: 0.5,
  };
  const points = runs.toSorted((a, b) => names.indexOf(a.variant) - names.indexOf(b.variant))
    .map((run) => ({ ...run, x: run.variant, color: COLORS[kinds.get(run.variant) ?? "other"] }));
  return composeFigure({
    title,
    subtitle: `${dataset}, preset ${preset}, ${countSeeds(runs)}`,
    body: stacked(outcomePanels(points, axis, size), 12),
    notes: [NOTE],
    description: "Average incremental accuracy and cosine of attention maps. " +
      names.map((name) => {
        const ofName = runs.filter(({ variant }) => variant === name);
        if (ofName.length === 0) return `${name}: no run.`;
        const averages = MEASURES.map(({ measure }) => mean(ofName.map((run) => run[measure])).toFixed(3));
        return `${name}: ${averages.join(", ")}.`;
      }).join(" "),
  });
}

/**
 * Points of the same seed are joined, so that a difference within each seed is seen even where seeds differ
 * more.
 */
function outcomePanels(
  points: readonly (Outcome & { x: number | string; color: string })[],
  axis: Plot.ScaleOptions,
  size: { width: number; height: number },
): Piece[] {
  return MEASURES.map(({ measure, label, tickFormat }) => {
    const place = { x: "x", y: measure };
    const dots = { ...place, fill: "color", stroke: "white" };
    const ends = { x: "x", y1: measure, y2: measure };
    const { type } = axis;
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
          type === "point" ? [] : points,
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
