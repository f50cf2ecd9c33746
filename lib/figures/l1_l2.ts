/**
 * The paper's remark that the L1 distance between maps works better than the L2 distance.
 * @module
 */
import { mean } from "../statistics.ts";
import { seedPanel } from "./kit/chart.ts";
import { METHOD_COLORS, PALETTE } from "./kit/colors.ts";
import { beside, BODY_WIDTH, composeFigure, type Figure } from "./kit/svg.ts";
import { countSeeds, type Setting } from "./runs.ts";

/** One run of LwM with one of the two distances. */
export interface DistanceRun {
  /** The norm of the difference of the two maps; `none` is LwF-MC, which has no L_AD. */
  readonly distance: "none" | "L1" | "L2";
  /** The weight of L_AD; 0 where there is none. */
  readonly gamma: number;
  /** What the run was started from. */
  readonly seed: number;
  /** Mean over the steps of the accuracy over all classes seen, between 0 and 1. */
  readonly averageIncrementalAccuracy: number;
  /** Mean cosine between the maps of M_0 and of the last model. */
  readonly attentionCosine: number;
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

const COLORS = { none: METHOD_COLORS["LwF-MC"], L1: METHOD_COLORS.LwM, L2: PALETTE.orange };

/** Accuracy and attention retention for each distance and γ, every seed and the mean. */
export function l1L2({ dataset, preset, runs }: DistanceRuns): Figure {
  const order = ["none", "L1", "L2"] as const;
  const settings = order.flatMap((distance) => {
    const gammas = [...new Set(runs.filter((run) => run.distance === distance).map(({ gamma }) => gamma))];
    return gammas.sort((a, b) => a - b).map((gamma) => ({ distance, name: nameOf({ distance, gamma }) }));
  });
  const colors = new Map<number | string, string>(
    settings.map(({ name, distance }) => [name, COLORS[distance]]),
  );
  const panel = {
    x: { names: settings.map(({ name }) => name) },
    color: (x: number | string) => colors.get(x) ?? COLORS.none,
    width: (BODY_WIDTH - 12) / 2,
    height: 300,
  };
  const points = (measure: "averageIncrementalAccuracy" | "attentionCosine") =>
    settings.flatMap(({ name }) =>
      runs.filter((run) => nameOf(run) === name).map((run) => ({ x: name, seed: run.seed, y: run[measure] }))
    );
  return composeFigure({
    title: "L_{AD} with the L1 norm and with the L2 norm",
    subtitle: `${dataset}, preset ${preset}, ${countSeeds(runs)}`,
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
    description: "Average incremental accuracy and cosine of attention maps. " +
      settings.map(({ name }) => {
        const average = (measure: "averageIncrementalAccuracy" | "attentionCosine") =>
          mean(points(measure).filter(({ x }) => x === name).map(({ y }) => y)).toFixed(3);
        return `${name.replace("\n", ", ")}: ${average("averageIncrementalAccuracy")}, ${
          average("attentionCosine")
        }.`;
      }).join(" "),
  });
}

function nameOf({ distance, gamma }: Pick<DistanceRun, "distance" | "gamma">): string {
  return distance === "none" ? "LwF-MC" : `${distance}\nγ = ${gamma}`;
}
