/**
 * What γ, the weight of L_AD, does.
 * @module
 */
import { composeFigure, type Figure } from "./kit/svg.ts";
import { countSeeds, type Outcome, OUTCOME_NOTE, outcomePanels, type Setting } from "./runs.ts";
import { methodNamed } from "../training/method.ts";

/** One run with one γ. γ = 0 is LwF-MC. */
export interface GammaRun extends Outcome {
  /** The weight of L_AD. */
  readonly gamma: number;
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
  return composeFigure({
    title: "Accuracy and attention retention against γ, the weight of L_{AD}",
    subtitle: `${dataset}, preset ${preset}, ${countSeeds(runs)}; ` +
      "γ = 0 is LwF-MC with the settings of LwM",
    body: outcomePanels(runs.toSorted((a, b) => a.gamma - b.gamma), (run) => run.gamma, {
      x: { label: "γ", numbers: gammas },
      color: (x) => x === 0 ? methodNamed("LwF-MC").color : methodNamed("LwM").color,
    }),
    notes: [OUTCOME_NOTE],
    description: `Average incremental accuracy and cosine of attention maps for γ = ${gammas.join(", ")}.`,
  });
}
