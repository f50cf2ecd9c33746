/**
 * Curves over the steps, one color a method: the paper's result, accuracy over all classes seen so far, and
 * how well attention to the first classes is kept.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { mean, percent } from "../statistics.ts";
import { counted } from "../table.ts";
import { type MethodName, methodNamed, methodNames } from "../training/method.ts";
import { UserError } from "../user_error.ts";
import { chart, frame, INTERVAL, legend, type LegendEntry, percentTick } from "./kit/chart.ts";
import {
  beside,
  BODY_WIDTH,
  composeFigure,
  type DatasetOrigin,
  type Figure,
  PALETTE,
  type Piece,
  stacked,
  unicodeText,
} from "./kit/svg.ts";

/** One run: one method, one seed. All numbers are fractions between 0 and 1, one a step. */
export interface MethodRun {
  /** Which loss terms were used. */
  readonly method: MethodName;
  /** Seed of the run. */
  readonly seed: number;
  /** Accuracy over all classes seen so far, over images. */
  readonly accuracy: readonly number[];
  /** Mean cosine between the maps of M_0 and M_t, for the true class of the first step's test images. */
  readonly attentionCosine: readonly number[];
  /** Accuracy as the mean over classes, for data sets whose classes differ in size. */
  readonly meanClassAccuracy?: readonly number[];
  /** Pointing-game accuracy of M_0 minus that of M_t. */
  readonly pointingGameDrop?: readonly number[];
  /** Share of attention inside the object in M_0 minus that in M_t. */
  readonly energyDrop?: readonly number[];
  /** Share of the first step's test images whose map is all zero. */
  readonly darkMaps?: readonly number[];
}

/** The form of `accuracy-curve.json`. */
export interface MethodRuns extends DatasetOrigin {
  /** Name of the preset, for the subtitle. */
  readonly preset: string;
  /** Number of classes seen after each step. */
  readonly classesSeen: readonly number[];
  /** 5 where the accuracy counts five guesses; one where absent. */
  readonly topK?: number;
  /** One for each method and seed. */
  readonly runs: readonly MethodRun[];
}

/** A published curve to compare with. */
export interface Reference {
  /** Whose it is, and of what, such as `LwF in FACIL, one seed`. */
  readonly name: string;
  /** Accuracy after each step, as far as it was published. */
  readonly accuracy: readonly number[];
}

/**
 * What {@linkcode accuracyCurve} draws: the form of `accuracy-curve.json`, and where known an upper bound.
 */
export interface AccuracyCurve extends MethodRuns {
  /** Accuracy of one model trained on all classes together: over images, and as the mean over classes. */
  readonly upperBound?: { readonly accuracy: number; readonly meanClassAccuracy?: number };
  /** What others have published for the same steps, over images. */
  readonly references?: readonly Reference[];
}

/**
 * Accuracy against the number of classes; every seed thin, the mean bold, with a confidence band. A second
 * panel shows the mean over classes where every run has it.
 * @throws {UserError} if there is no run, or a run has not one number for each step
 */
export function accuracyCurve(curve: AccuracyCurve): Figure {
  const { classesSeen, topK, runs, upperBound, references = [] } = curve;
  const byClass = runs.every((run) => run.meanClassAccuracy !== undefined);
  const top = topK === undefined ? "" : `top-${topK} `;
  const drawn: Panel[] = [{
    measure: "accuracy",
    label: `${top}accuracy over ${byClass ? "images" : "all classes seen"}`,
    level: upperBound?.accuracy,
    references,
  }, {
    measure: "meanClassAccuracy",
    label: "accuracy, mean over classes",
    level: upperBound?.meanClassAccuracy,
  }];
  const panels = curvePanels(curve, byClass ? drawn : drawn.slice(0, 1), {
    x: classesSeen,
    xLabel: "classes seen so far",
    yDomain: [0, 0],
    tickFormat: percentTick,
    width: byClass ? (BODY_WIDTH - 12) / 2 : BODY_WIDTH,
    height: byClass ? 330 : 380,
  });
  const averages = byMethod(runs).map(({ method, ofMethod }) => ({
    method,
    average: percent(ofMethod.map(({ accuracy }) => mean(accuracy))),
  }));
  const bound = upperBound === undefined ? [] : [{
    label: `all classes together: ${percent(upperBound.accuracy)}`,
    color: PALETTE.ink,
  }];
  return composeFigure({
    title: "Accuracy over all classes seen so far, without any image of earlier classes",
    subtitle: subtitleOf(curve),
    body: stacked([
      legend([
        ...averages.map(({ method, average }) => ({
          ...methodNamed(method),
          label: `${method}: ${average}`,
        })),
        ...bound,
      ]),
      ...(references.length > 0 ? [legend(references.map(referenceKey))] : []),
      beside(panels, 12),
    ], 6),
    notes: [
      "The legend gives the average incremental accuracy: the mean over the steps. " +
      "Thin lines are seeds, bold lines their mean, bands and ± the 95 % confidence interval of the mean (Student's t)." +
      (references.length > 0
        ? " Gray lines are results that others have published, with other settings."
        : ""),
    ],
    description: `Curves of accuracy against the number of classes seen. Average incremental accuracy: ${
      averages.map(({ method, average }) => `${method} ${average}`).join(", ")
    }.`,
  });
}

/**
 * The cosine between the maps of M_0 and M_t against t, for each method. Where every run has them, the drops
 * in pointing-game accuracy and in attention inside the object, and the share of maps that are all zero,
 * follow in panels of their own.
 * @throws {UserError} if there is no run, or a run has not one number for each step
 */
export function attentionRetentionCurve(curve: MethodRuns): Figure {
  const { classesSeen, runs } = curve;
  const cosine: Panel = { measure: "attentionCosine", label: "cosine to the map of M₀" };
  const drops = DROPS.filter(({ measure }) => runs.every((run) => run[measure] !== undefined));
  const isMean = new Set(runs.map(({ seed }) => seed)).size > 1;
  const axes = {
    x: classesSeen.map((_, step) => step),
    xLabel: "model",
    xTickFormat: (step: number) => unicodeText(`M_{${step}}`),
    width: (BODY_WIDTH - 10 * drops.length) / (drops.length + 1),
    height: drops.length === 0 ? 380 : 300,
  };
  const panels = [
    ...curvePanels(curve, [cosine], { ...axes, yDomain: [0, 1], tickFormat: (value) => value.toFixed(1) }),
    ...curvePanels(curve, drops, {
      ...axes,
      yDomain: [-0.02, 0.1],
      tickFormat: (share) => percentTick(share).replace(" %", ""),
    }),
  ];
  const ends = byMethod(runs).map(({ method, ofMethod }) => ({
    method,
    end: mean(ofMethod.map(({ attentionCosine }) => attentionCosine.at(-1) ?? 0)).toFixed(2),
  }));
  return composeFigure({
    title: "How far attention to the first classes moves away from M_{0}'s",
    subtitle: `${subtitleOf(curve)}; test images of the classes of the first step`,
    body: stacked([
      legend(ends.map(({ method, end }) => ({
        ...methodNamed(method),
        label: `${method}: cosine ${end} at the end`,
      }))),
      beside(panels, 10),
    ], 6),
    notes: [
      "Maps for the true class, in images for which M_{0} has one." +
      (isMean
        ? " Thin lines are seeds, bold lines their mean, bands the 95 % confidence interval of the mean (Student's t)."
        : ""),
    ],
    description: `Curves of the cosine between the attention maps of M_0 and M_t. At the end: ${
      ends.map(({ method, end }) => `${method} ${end}`).join(", ")
    }.`,
  });
}

const DROPS = [
  { measure: "pointingGameDrop", label: "pointing game, points lost" },
  { measure: "energyDrop", label: "energy inside, points lost" },
  { measure: "darkMaps", label: "all-zero maps, in %" },
] as const;

function subtitleOf({ dataset, preset, runs }: MethodRuns): string {
  return `${dataset}, ${preset === "default" ? "" : `preset ${preset}, `}${describeSeeds(runs)}`;
}

const REFERENCE_DASHES = ["2,3", "7,3", "9,3,2,3", "4,2"];

function referenceKey({ name: label }: Reference, i: number): LegendEntry {
  return { label, color: PALETTE.muted, dash: REFERENCE_DASHES[i % REFERENCE_DASHES.length] };
}

interface Panel {
  /** A property of a run with one number a step. */
  readonly measure: Exclude<keyof MethodRun, "method" | "seed">;
  /** What the vertical axis shows. */
  readonly label: string;
  /** What to compare the last step with, drawn as a square. */
  readonly level?: number;
  /** Drawn in gray, each in a dash of its own. */
  readonly references?: readonly Reference[];
}

interface Axes {
  /** Position of each step on the horizontal axis. */
  readonly x: readonly number[];
  readonly xLabel: string;
  readonly xTickFormat?: (x: number) => string;
  /** Lower end of the vertical axis where no value lies below; its upper end where none lies above. */
  readonly yDomain: readonly [number, number];
  readonly tickFormat: (y: number) => string;
  readonly width: number;
  readonly height: number;
}

/** Every seed as a thin line, the mean as a bold one, and Student's 95 % interval of the mean as a band. */
function curvePanels({ runs }: MethodRuns, panels: readonly Panel[], axes: Axes): Piece[] {
  expectComplete(runs, panels, axes.x.length);
  const drawn = panels.flatMap((panel) => heightsOf(runs, panel));
  const [lowest, highest] = axes.yDomain;
  // Fractions never leave [−1, 1], however wide the interval of two seeds is.
  const low = Math.max(Math.min(lowest, ...drawn), lowest < 0 ? -1 : Math.min(0, lowest));
  const high = Math.min(Math.max(highest, ...drawn), 1);
  return panels.map((panel) => curvePanel(runs, panel, axes, [low, high]));
}

function expectComplete(runs: readonly MethodRun[], panels: readonly Panel[], steps: number): void {
  if (runs.length === 0) {
    throw new UserError(
      "Expected at least one run to draw curves from but found none; train a method first.",
    );
  }
  for (const { method, seed, ...measured } of runs) {
    const other = panels.find(({ measure }) => measured[measure]?.length !== steps);
    if (other === undefined) continue;
    throw new UserError(
      `Expected ${other.measure} of ${method}, seed ${seed}, to have ${steps} numbers, one a step, ` +
        `but found ${measured[other.measure]?.length ?? 0}; let the run finish all steps, or leave it out.`,
    );
  }
}

function heightsOf(runs: readonly MethodRun[], { measure, level, references = [] }: Panel): number[] {
  const ends = byMethod(runs).flatMap(({ ofMethod: [first, ...others] }) =>
    first[measure]!.flatMap((height, step) => {
      const atStep = [height, ...others.map((run) => run[measure]![step])];
      return [...atStep, INTERVAL.y1(atStep) ?? [], INTERVAL.y2(atStep) ?? []].flat();
    })
  );
  return [ends, level ?? [], references.flatMap(({ accuracy }) => accuracy)].flat();
}

function curvePanel(
  runs: readonly MethodRun[],
  { measure, label, level, references = [] }: Panel,
  { x, xLabel, xTickFormat = String, tickFormat, width, height }: Axes,
  domain: [number, number],
): Piece {
  const inOrder = byMethod(runs).flatMap(({ ofMethod }) => ofMethod);
  const points = inOrder.flatMap(({ method, seed, [measure]: values = [] }) =>
    values.map((y, step) => ({ method, run: `${method} ${seed}`, x: x[step], y }))
  );
  const place = { x: "x", y: "y" };
  const means = { ...place, z: "method" };
  return chart({
    width,
    height,
    x: { label: xLabel, ticks: [...x], tickFormat: xTickFormat, inset: 6 },
    y: { domain, clamp: true, nice: true, label, ticks: 6, tickFormat },
    symbol: { domain: methodNames(), range: methodNames().map((method) => methodNamed(method).symbol) },
    color: { domain: methodNames(), range: methodNames().map((method) => methodNamed(method).color) },
    marks: [
      ...frame(6),
      Plot.dot(level === undefined ? [] : [[x.at(-1), level]], { symbol: "square", fill: PALETTE.ink, r: 5 }),
      // Plot has one dash a mark.
      ...references.map(({ accuracy }, i) =>
        Plot.line(accuracy.map((y, step) => [x[step], y]), {
          stroke: PALETTE.muted,
          strokeWidth: 1.5,
          strokeDasharray: REFERENCE_DASHES[i % REFERENCE_DASHES.length],
        })
      ),
      Plot.areaY(
        points,
        Plot.groupX(INTERVAL, { ...means, y1: "y", y2: "y", fill: "method", fillOpacity: 0.14 }),
      ),
      Plot.line(points, {
        ...place,
        stroke: "method",
        z: "run",
        strokeWidth: 1,
        strokeOpacity: 0.4,
        className: "seed",
      }),
      Plot.line(
        points,
        Plot.groupX({ y: mean }, { ...means, stroke: "method", strokeWidth: 2.5, className: "mean" }),
      ),
      Plot.dot(
        points,
        Plot.groupX({ y: mean, symbol: "first" }, {
          ...means,
          fill: "method",
          symbol: "method",
          stroke: "white",
          r: 5,
        }),
      ),
    ],
  });
}

/** The runs of each method that occurs, in the order of all figures. */
function byMethod(runs: readonly MethodRun[]): { method: MethodName; ofMethod: MethodRun[] }[] {
  return methodNames().map((method) => ({ method, ofMethod: runs.filter((run) => run.method === method) }))
    .filter(({ ofMethod }) => ofMethod.length > 0);
}

/** How many seeds each method has: `3 seeds`, or `C 3 seeds, LwM 1 seed` where methods differ. */
function describeSeeds(runs: readonly MethodRun[]): string {
  const counts = byMethod(runs).map(({ method, ofMethod }) => {
    const n = new Set(ofMethod.map(({ seed }) => seed)).size;
    return { method, seeds: counted(n, "seed") };
  });
  if (new Set(counts.map(({ seeds }) => seeds)).size === 1) return counts[0].seeds;
  return counts.map(({ method, seeds }) => `${method} ${seeds}`).join(", ");
}
