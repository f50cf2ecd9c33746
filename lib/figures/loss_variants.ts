/**
 * Forms of L_AD in training: what each does to accuracy and attention, beside ours and beside none.
 * @module
 */
import { mean } from "../statistics.ts";
import { methodNamed } from "../training/method.ts";
import { PALETTE } from "./kit/colors.ts";
import { composeFigure, type Figure } from "./kit/svg.ts";
import { countSeeds, type Outcome, OUTCOME_NOTE, outcomePanels, type Setting } from "./runs.ts";

/** One run with one form of L_AD. */
export interface VariantRun extends Outcome {
  /** One of the figure's variants. */
  readonly variant: string;
}

/** What {@linkcode lossVariants} draws. */
export interface LossVariants extends Setting {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
  /** From left to right: a few words each, the one without L_AD and the paper's among them. */
  readonly variants: readonly { readonly name: string; readonly kind: "none" | "paper" | "other" }[];
  /** Each variant with the same seeds. */
  readonly runs: readonly VariantRun[];
}

const COLORS = { none: methodNamed("LwF-MC").color, paper: methodNamed("LwM").color, other: PALETTE.orange };

/** Accuracy and attention retention of each variant, every seed and the mean. */
export function lossVariants({ title, dataset, preset, variants, runs }: LossVariants): Figure {
  const colors = new Map(variants.map(({ name, kind }) => [name, COLORS[kind]]));
  const names = variants.map(({ name }) => name);
  const ordered = runs.toSorted((a, b) => names.indexOf(a.variant) - names.indexOf(b.variant));
  return composeFigure({
    title,
    subtitle: `${dataset}, preset ${preset}, ${countSeeds(runs)}`,
    body: outcomePanels(ordered, ({ variant }) => variant, {
      x: { names },
      color: (x) => colors.get(String(x)) ?? COLORS.other,
      above: true,
    }),
    notes: [OUTCOME_NOTE],
    description: "Average incremental accuracy and cosine of attention maps. " +
      names.map((name) => {
        const ofName = ordered.filter(({ variant }) => variant === name);
        if (ofName.length === 0) return `${name}: no run.`;
        const average = (measure: "averageIncrementalAccuracy" | "attentionCosine") =>
          mean(ofName.map((run) => run[measure])).toFixed(3);
        return `${name}: ${average("averageIncrementalAccuracy")}, ${average("attentionCosine")}.`;
      }).join(" "),
  });
}
