/**
 * Where L_AD helps: the accuracy of LwM minus that of LwF-MC at equal settings.
 * @module
 */
import { decimal, mean, signed } from "../statistics.ts";
import { differenceColor, FAINT, MUTED } from "./kit/colors.ts";
import {
  beside,
  BODY_WIDTH,
  composeFigure,
  type Drawing,
  element,
  type Figure,
  stacked,
  text,
} from "./kit/svg.ts";
import { countSeeds, type Setting } from "./runs.ts";

/** One run. γ = 0 is LwF-MC. */
export interface GainRun {
  /** Of the increments. */
  readonly learningRate: number;
  /** The weight of L_D. */
  readonly beta: number;
  /** The weight of L_AD. */
  readonly gamma: number;
  /** What the run was started from. */
  readonly seed: number;
  /** Mean over the steps of the accuracy over all classes seen, between 0 and 1. */
  readonly averageIncrementalAccuracy: number;
}

/** What {@linkcode gainMap} draws. */
export interface GainMap extends Setting {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
  /** Every setting with γ = 0 and with each other γ, all with the same seeds. */
  readonly runs: readonly GainRun[];
}

const GAP = 16;
const LEFT = 46;
const TOP = 24;
const CELL_HEIGHT = 44;

/** One map a γ, and one of LwF-MC's own accuracy: columns are learning rates and rows are β. */
export function gainMap({ dataset, preset, runs }: GainMap): Figure {
  const valuesOf = (field: "learningRate" | "beta" | "gamma") =>
    [...new Set(runs.map((run) => run[field]))].sort((a, b) => a - b);
  const axes = { learningRates: valuesOf("learningRate"), betas: valuesOf("beta") };
  const gammas = valuesOf("gamma").filter((gamma) => gamma > 0);
  const at = (learningRate: number, beta: number, gamma: number) =>
    runs.filter((run) => run.learningRate === learningRate && run.beta === beta && run.gamma === gamma);
  const gains = (learningRate: number, beta: number, gamma: number) => {
    const without = new Map(
      at(learningRate, beta, 0).map((run) => [run.seed, run.averageIncrementalAccuracy]),
    );
    return at(learningRate, beta, gamma).flatMap(({ seed, averageIncrementalAccuracy }) => {
      const base = without.get(seed);
      return base === undefined ? [] : [100 * (averageIncrementalAccuracy - base)];
    });
  };
  const every = gammas.flatMap((gamma) =>
    axes.learningRates.flatMap((rate) =>
      axes.betas.flatMap((beta) => {
        const values = gains(rate, beta, gamma);
        return values.length === 0 ? [] : [{ rate, beta, gamma, gain: mean(values) }];
      })
    )
  );
  const largest = Math.max(...every.map(({ gain }) => Math.abs(gain)), 1e-9);
  const base = heatMap("LwF-MC: average incremental accuracy in %", axes, (rate, beta) => {
    const values = at(rate, beta, 0).map((run) => 100 * run.averageIncrementalAccuracy);
    return { values, written: values.length === 0 ? "" : decimal(values, 1), color: "white" };
  });
  const panels = gammas.map((gamma) =>
    heatMap(`LwM, γ = ${gamma}: gain in points`, axes, (rate, beta) => {
      const values = gains(rate, beta, gamma);
      if (values.length === 0) return { values, written: "", color: FAINT };
      return { values, written: signed(values, 1), color: differenceColor(mean(values) / largest) };
    })
  );
  const rows: Drawing[] = [];
  const all = [base, ...panels];
  for (let i = 0; i < all.length; i += 2) rows.push(beside(all.slice(i, i + 2), GAP));
  const sorted = every.toSorted((a, b) => a.gain - b.gain);
  const describe = ({ rate, beta, gamma, gain }: typeof every[number]) =>
    `${signed(gain, 1)} points at learning rate ${rate}, β ${beta}, γ ${gamma}`;
  return composeFigure({
    title: "Where L_{AD} helps: LwM minus LwF-MC at equal settings",
    subtitle: `${dataset}, preset ${preset}, ${countSeeds(runs)}; average incremental accuracy`,
    body: stacked(rows, 14),
    notes: [
      "Each gain is the mean of the differences within a seed, ± its 95 % confidence interval (Student's t). " +
      "Green is a gain, vermilion a loss, both in one scale.",
    ],
    description: every.length === 0
      ? "Maps without a gain: no setting has both methods."
      : `Maps of the gain over learning rate, β and γ. Largest: ${
        describe(sorted[sorted.length - 1])
      }; smallest: ${describe(sorted[0])}.`,
  });
}

/** One number for each pair of learning rate and β. */
function heatMap(
  title: string,
  { learningRates, betas }: { learningRates: readonly number[]; betas: readonly number[] },
  cellAt: (learningRate: number, beta: number) => { written: string; color: string },
): Drawing {
  const width = (BODY_WIDTH - GAP) / 2;
  const cellWidth = (width - LEFT) / learningRates.length;
  const bottom = TOP + betas.length * CELL_HEIGHT;
  const small = { size: 11, color: MUTED };
  const pieces = [text(LEFT, 14, title, { bold: true })];
  betas.forEach((beta, row) => {
    const y = TOP + row * CELL_HEIGHT;
    pieces.push(text(LEFT - 6, y + CELL_HEIGHT / 2 + 4, `β ${beta}`, { ...small, anchor: "end" }));
    learningRates.forEach((rate, column) => {
      const x = LEFT + column * cellWidth;
      const { written, color } = cellAt(rate, beta);
      pieces.push(
        element("rect", { x, y, width: cellWidth, height: CELL_HEIGHT, fill: color, stroke: FAINT }),
      );
      const [center, interval] = written.split(" ± ");
      const middle = { anchor: "middle" } as const;
      pieces.push(
        text(x + cellWidth / 2, y + (interval === undefined ? 26 : 21), center, { ...middle, size: 13 }),
      );
      if (interval !== undefined) {
        pieces.push(text(x + cellWidth / 2, y + 36, `± ${interval}`, { ...middle, size: 10 }));
      }
    });
  });
  learningRates.forEach((rate, column) => {
    const x = LEFT + (column + 0.5) * cellWidth;
    pieces.push(text(x, bottom + 15, String(rate), { ...small, anchor: "middle" }));
  });
  pieces.push(text(LEFT + (width - LEFT) / 2, bottom + 31, "learning rate", { ...small, anchor: "middle" }));
  return { svg: pieces.join(""), width, height: bottom + 36 };
}
