/**
 * Where L_AD helps: the accuracy of LwM minus that of LwF-MC at equal settings.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { decimal, mean, signed } from "../statistics.ts";
import { chart } from "./kit/chart.ts";
import { FAINT, PALETTE } from "./kit/colors.ts";
import { beside, BODY_WIDTH, composeFigure, type Drawing, type Figure, stacked, text } from "./kit/svg.ts";
import { countSeeds, type DatasetSetting } from "./runs.ts";

/** One run. γ = 0 is LwF-MC. */
export interface GainRun {
  /** Of the increments. */
  readonly learningRate: number;
  readonly beta: number;
  readonly gamma: number;
  readonly seed: number;
  /** Mean over the steps of the accuracy over all classes seen, between 0 and 1. */
  readonly averageIncrementalAccuracy: number;
}

/** What {@linkcode gainMap} draws. */
export interface GainMap extends DatasetSetting {
  /** Every setting with γ = 0 and with each other γ, all with the same seeds. */
  readonly runs: readonly GainRun[];
}

/** One setting: accuracies in percent where γ is 0, otherwise gains in points, one a seed. */
interface Cell extends Omit<GainRun, "seed" | "averageIncrementalAccuracy"> {
  readonly values: readonly number[];
}

/** One map a γ, and one of LwF-MC's own accuracy: columns are learning rates and rows are β. */
export function gainMap({ dataset, preset, runs }: GainMap): Figure {
  const cells = cellsOf(runs);
  const gains = cells.filter(({ gamma }) => gamma > 0).toSorted((a, b) => mean(a.values) - mean(b.values));
  const largest = Math.max(...gains.map(({ values }) => Math.abs(mean(values))), 1e-9);
  const panels = sortedValues(cells, "gamma").map((gamma) => {
    const title = gamma === 0
      ? "LwF-MC: average incremental accuracy in %"
      : `LwM, γ = ${gamma}: gain in points`;
    return stacked([
      { svg: text(44, 14, title, { bold: true }), width: 0, height: 20 },
      panel(cells.filter((cell) => cell.gamma === gamma), cells, largest),
    ]);
  });
  const describe = ({ learningRate, beta, gamma, values }: Cell) =>
    `${signed(mean(values), 1)} points at learning rate ${learningRate}, β ${beta}, γ ${gamma}`;
  return composeFigure({
    title: "Where L_{AD} helps: LwM minus LwF-MC at equal settings",
    subtitle: `${dataset}, preset ${preset}, ${countSeeds(runs)}; average incremental accuracy`,
    body: stacked(panels.flatMap((_, i) => i % 2 === 0 ? [beside(panels.slice(i, i + 2), GAP)] : []), 14),
    notes: [
      "Each gain is the mean of the differences within a seed, ± its 95 % confidence interval (Student's t). " +
      "Green is a gain, vermilion a loss, both in one scale.",
    ],
    description: "Maps of the gain over learning rate, β and γ. " +
      (gains.length === 0
        ? "No setting has both methods."
        : `Largest: ${describe(gains[gains.length - 1])}; smallest: ${describe(gains[0])}.`),
  });
}

const GAP = 16;
const CELL_HEIGHT = 44;

function cellsOf(runs: readonly GainRun[]): Cell[] {
  const pairOf = ({ learningRate, beta, seed }: GainRun) => `${learningRate} ${beta} ${seed}`;
  const without = new Map(
    runs.filter(({ gamma }) => gamma === 0).map((run) => [pairOf(run), run.averageIncrementalAccuracy]),
  );
  const settings = Map.groupBy(runs, ({ learningRate, beta, gamma }) => `${learningRate} ${beta} ${gamma}`);
  return [...settings.values()].map((same) => {
    const [{ learningRate, beta, gamma }] = same;
    const values = same.flatMap((run) => {
      const base = gamma === 0 ? 0 : without.get(pairOf(run));
      return base === undefined ? [] : [100 * (run.averageIncrementalAccuracy - base)];
    });
    return { learningRate, beta, gamma, values };
  }).filter(({ values }) => values.length > 0);
}

function sortedValues(cells: readonly Cell[], field: "learningRate" | "beta" | "gamma"): number[] {
  return [...new Set(cells.map((cell) => cell[field]))].sort((a, b) => a - b);
}

/** One number for each pair of learning rate and β; pairs without a run stay gray. */
function panel(cells: readonly Cell[], all: readonly Cell[], largest: number): Drawing {
  const betas = sortedValues(all, "beta");
  const written = cells.map(({ learningRate, beta, gamma, values }) => {
    const [center, interval] = (gamma === 0 ? decimal(values, 1) : signed(values, 1)).split(" ± ");
    // On the full color the numbers would be hard to read.
    const gain = gamma === 0 ? 0 : 0.85 * mean(values) / largest;
    return { learningRate, beta, gain, center, interval: interval === undefined ? "" : `± ${interval}` };
  });
  const place = { x: "learningRate", y: "beta" };
  return chart({
    width: (BODY_WIDTH - GAP) / 2,
    height: betas.length * CELL_HEIGHT + 40,
    marginLeft: 44,
    marginRight: 0,
    marginTop: 0,
    x: {
      type: "band",
      domain: sortedValues(all, "learningRate"),
      padding: 0,
      label: "learning rate",
      tickSize: 0,
    },
    y: {
      type: "band",
      domain: betas,
      padding: 0,
      label: null,
      tickFormat: (beta: number) => `β ${beta}`,
      tickSize: 0,
    },
    color: {
      type: "linear",
      domain: [-1, 0, 1],
      range: [PALETTE.vermilion, "white", PALETTE.green],
      interpolate: "rgb",
    },
    marks: [
      Plot.frame({ fill: FAINT }),
      Plot.cell(written, { ...place, fill: "gain", stroke: FAINT }),
      Plot.text(written, { ...place, text: "center", fontSize: 13, dy: -6 }),
      Plot.text(written, { ...place, text: "interval", fontSize: 10, dy: 10 }),
    ],
  });
}
