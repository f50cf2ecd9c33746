/**
 * The paper's remark that the L1 distance between maps works better than the L2 distance.
 * @module
 */
import { mean } from "../statistics.ts";
import { PALETTE } from "./kit/colors.ts";
import { composeFigure, type Figure } from "./kit/svg.ts";
import { countSeeds, type Outcome, OUTCOME_NOTE, outcomePanels, type Setting } from "./runs.ts";
import { methodNamed } from "../training/method.ts";

/** One run of LwM with one of the two distances. */
export interface DistanceRun extends Outcome {
  /** The norm of the difference of the two maps; `none` is LwF-MC, which has no L_AD. */
  readonly distance: "none" | "L1" | "L2";
  /** The weight of L_AD; 0 where there is none. */
  readonly gamma: number;
}

/** What {@linkcode l1L2} draws. */
export interface DistanceRuns extends Setting {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
  /** Name of the preset, for the subtitle. */
  readonly preset: string;
  /** Each distance and γ with the same seeds. */
  readonly runs: readonly DistanceRun[];
}

const COLORS = { none: methodNamed("LwF-MC").color, L1: methodNamed("LwM").color, L2: PALETTE.orange };
const ORDER = Object.keys(COLORS);

/** Accuracy and attention retention for each distance and γ, every seed and the mean. */
export function l1L2({ dataset, preset, runs }: DistanceRuns): Figure {
  const ordered = runs.toSorted((a, b) =>
    ORDER.indexOf(a.distance) - ORDER.indexOf(b.distance) || a.gamma - b.gamma
  );
  const colors = new Map(ordered.map((run) => [nameOf(run), COLORS[run.distance]]));
  const names = [...colors.keys()];
  return composeFigure({
    title: "L_{AD} with the L1 norm and with the L2 norm",
    subtitle: `${dataset}, preset ${preset}, ${countSeeds(runs)}`,
    body: outcomePanels(ordered, nameOf, { x: { names }, color: (x) => colors.get(String(x))! }),
    notes: [OUTCOME_NOTE],
    description: "Average incremental accuracy and cosine of attention maps. " +
      names.map((name) => {
        const ofName = ordered.filter((run) => nameOf(run) === name);
        const average = (measure: "averageIncrementalAccuracy" | "attentionCosine") =>
          mean(ofName.map((run) => run[measure])).toFixed(3);
        return `${name.replace("\n", ", ")}: ${average("averageIncrementalAccuracy")}, ${
          average("attentionCosine")
        }.`;
      }).join(" "),
  });
}

function nameOf({ distance, gamma }: DistanceRun): string {
  return distance === "none" ? "LwF-MC" : `${distance}\nγ = ${gamma}`;
}
