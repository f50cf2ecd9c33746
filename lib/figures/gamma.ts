/**
 * What γ, the weight of L_AD, does.
 * @module
 */
import { seedPanel } from "./kit/chart.ts";
import { METHOD_COLORS } from "./kit/colors.ts";
import { beside, BODY_WIDTH, composeFigure, type Figure } from "./kit/svg.ts";
import { countSeeds, type Setting } from "./runs.ts";

/** One run with one γ. γ = 0 is LwF-MC. */
export interface GammaRun {
  /** The weight of L_AD. */
  readonly gamma: number;
  /** What the run was started from. */
  readonly seed: number;
  /** Mean over the steps of the accuracy over all classes seen, between 0 and 1. */
  readonly averageIncrementalAccuracy: number;
  /** Mean cosine between the maps of M_0 and of the last model. */
  readonly attentionCosine: number;
}

/** What {@linkcode gamma} draws. */
export interface GammaRuns extends Setting {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
  /** Name of the preset, for the subtitle. */
  readonly preset: string;
  /** Each γ with the same seeds. */
  readonly runs: readonly GammaRun[];
}

/** Accuracy and attention retention against γ, every seed and the mean. */
export function gamma({ dataset, preset, runs }: GammaRuns): Figure {
  const gammas = [...new Set(runs.map((run) => run.gamma))].sort((a, b) => a - b);
  const panel = {
    x: { label: "γ", numbers: gammas },
    color: (x: number | string) => x === 0 ? METHOD_COLORS["LwF-MC"] : METHOD_COLORS.LwM,
    width: (BODY_WIDTH - 12) / 2,
    height: 300,
  };
  const points = (measure: "averageIncrementalAccuracy" | "attentionCosine") =>
    runs.map((run) => ({ x: run.gamma, seed: run.seed, y: run[measure] })).sort((a, b) => a.x - b.x);
  return composeFigure({
    title: "Accuracy and attention retention against γ, the weight of L_{AD}",
    subtitle: `${dataset}, preset ${preset}, ${countSeeds(runs)}; ` +
      "γ = 0 is LwF-MC with the settings of LwM",
    body: beside([
      seedPanel(points("averageIncrementalAccuracy"), {
        ...panel,
        label: "average incremental accuracy",
        percent: true,
      }),
      seedPanel(points("attentionCosine"), {
        ...panel,
        label: "cosine to the map of M₀, last model",
        percent: false,
      }),
    ], 12),
    notes: [
      "Small dots are seeds, joined by thin lines; large dots their mean, with its 95 % confidence interval (Student's t).",
    ],
    description: `Average incremental accuracy and cosine of attention maps for γ = ${gammas.join(", ")}.`,
  });
}
