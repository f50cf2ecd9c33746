/**
 * The runs that curves are drawn from: several methods, several seeds, one number a step.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { mean, percent } from "../statistics.ts";
import { UserError } from "../user_error.ts";
import { chart, frame, highEnd, type LegendEntry, lowEnd, percentTick } from "./kit/chart.ts";
import { INK, MUTED } from "./kit/colors.ts";
import type { Drawing } from "./kit/svg.ts";
import { type MethodName, methodNamed, methodNames } from "../training/method.ts";

/** With what the runs of a figure were trained. */
export interface Setting {
  /** Name of the preset. */
  readonly preset?: string;
  /** Name of the engine. */
  readonly engine?: string;
}

/** Runs on one data set. */
export interface DatasetSetting extends Setting {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
}

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
export interface MethodRuns extends DatasetSetting {
  /** Name of the preset, for the subtitle. */
  readonly preset: string;
  /** Number of classes seen after each step. */
  readonly classesSeen: readonly number[];
  /** 5 where the accuracy counts five guesses; one where absent. */
  readonly topK?: number;
  /** One for each method and seed. */
  readonly runs: readonly MethodRun[];
}

/** A property of a run with one number a step. */
export type Measure =
  | "accuracy"
  | "attentionCosine"
  | "meanClassAccuracy"
  | "pointingGameDrop"
  | "energyDrop"
  | "darkMaps";

/** How a panel of curves is drawn. */
export interface CurvePanel {
  readonly measure: Measure;
  /** What the vertical axis shows. */
  readonly label: string;
  /** Position of each step on the horizontal axis. */
  readonly x: readonly number[];
  /** What the horizontal axis shows. */
  readonly xLabel: string;
  /** Writes a position; as a plain number where it is absent. */
  readonly xTickFormat?: (x: number) => string;
  /** Lower end of the vertical axis where no value lies below; its upper end where none lies above. */
  readonly yDomain: readonly [number, number];
  /** Whether fractions are written as percent. */
  readonly percent: boolean;
  readonly width: number;
  readonly height: number;
  /** A level to compare with, drawn as a dashed line. */
  readonly level?: number;
  /** What others have published; drawn in gray, each in a dash of its own. */
  readonly references?: readonly Reference[];
}

/** Published results to compare with: a curve, or an average alone. */
export interface Reference {
  /** Whose it is, and of what, such as `LwF in FACIL, one seed`. */
  readonly name: string;
  /** Accuracy after each step, as far as it was published. */
  readonly accuracy?: readonly number[];
  /** Average incremental accuracy; drawn as a level. */
  readonly average?: number;
}

const REFERENCE_DASHES = ["7,3", "2,3", "9,3,2,3", "4,2"];

/** A legend of references. */
export function referenceLegend(references: readonly Reference[]): LegendEntry[] {
  return references.map(({ name, average }, i) => ({
    label: average === undefined ? name : `${name}: average ${percent(average)}`,
    color: MUTED,
    dash: REFERENCE_DASHES[i % REFERENCE_DASHES.length],
  }));
}

/**
 * Checks that curves can be drawn.
 *
 * @throws {UserError} if there is no run, or a run has not one number for each step
 */
export function expectComplete({ classesSeen, runs }: MethodRuns, measures: readonly Measure[]): void {
  if (runs.length === 0) {
    throw new UserError(
      "Expected at least one run to draw curves from but found none; train a method first.",
    );
  }
  for (const run of runs) {
    for (const measure of measures) {
      const found = run[measure]?.length ?? 0;
      if (found !== classesSeen.length) {
        throw new UserError(
          `Expected ${measure} of ${run.method}, seed ${run.seed}, to have ${classesSeen.length} numbers, one a step, ` +
            `but found ${found}; let the run finish all its steps, or leave it out.`,
        );
      }
    }
  }
}

/** The methods that occur in the runs, in the order of all figures. */
export function methodsOf(runs: readonly { readonly method: MethodName }[]): MethodName[] {
  return methodNames().filter((method) => runs.some((run) => run.method === method));
}

/** How many seeds each method has: `3 seeds`, or `C 3 seeds, LwM 1 seed` where methods differ. */
export function describeSeeds(
  runs: readonly { readonly method: MethodName; readonly seed: number }[],
): string {
  const counts = methodsOf(runs).map((method) => ({
    method,
    n: runs.filter((run) => run.method === method).length,
  }));
  const seeds = (n: number) => `${n} seed${n === 1 ? "" : "s"}`;
  return counts.every(({ n }) => n === counts[0].n)
    ? seeds(counts[0].n)
    : counts.map(({ method, n }) => `${method} ${seeds(n)}`).join(", ");
}

/** How many seeds there are: `3 seeds`, or `1 seed`. */
export function countSeeds(runs: readonly { readonly seed: number }[]): string {
  const n = new Set(runs.map(({ seed }) => seed)).size;
  return `${n} seed${n === 1 ? "" : "s"}`;
}

/** A legend of methods, each with a number of its own. */
export function methodLegend(
  methods: readonly MethodName[],
  label: (method: MethodName) => string,
): LegendEntry[] {
  return methods.map((method) => ({
    label: label(method),
    color: methodNamed(method).color,
    symbol: methodNamed(method).symbol,
  }));
}

/**
 * Panels of curves that share their vertical axis: every seed as a thin line, the mean as a bold one, and Student's 95 %
 * interval of the mean as a band.
 */
export function curvePanels(runs: readonly MethodRun[], panels: readonly CurvePanel[]): Drawing[] {
  const drawn = panels.flatMap((panel) => heightsOf(runs, panel));
  const [lowest, highest] = panels[0].yDomain;
  // Fractions never leave [−1, 1], however wide the interval of two seeds is.
  const low = Math.max(Math.min(lowest, ...drawn), lowest < 0 ? -1 : Math.min(0, lowest));
  const high = Math.min(Math.max(highest, ...drawn), 1);
  return panels.map((panel) => curvePanel(runs, panel, [low, high]));
}

function heightsOf(runs: readonly MethodRun[], { measure, x, level, references = [] }: CurvePanel): number[] {
  const ends = methodsOf(runs).flatMap((method) => {
    const curves = runs.filter((run) => run.method === method).flatMap((run) => [run[measure] ?? []]);
    return x.flatMap((_, step) => {
      const atStep = curves.map((values) => values[step]);
      return [...atStep, lowEnd(atStep) ?? [], highEnd(atStep) ?? []].flat();
    });
  });
  return [ends, level ?? [], references.flatMap(({ accuracy, average }) => accuracy ?? average ?? [])].flat();
}

function curvePanel(runs: readonly MethodRun[], panel: CurvePanel, domain: [number, number]): Drawing {
  const { measure, x, references = [] } = panel;
  const inOrder = methodsOf(runs).flatMap((method) => runs.filter((run) => run.method === method));
  const points = inOrder.flatMap(({ method, seed, [measure]: values = [] }) =>
    values.map((y, step) => ({ method, run: `${method} ${seed}`, x: x[step], y }))
  );
  const place = { x: "x", y: "y" };
  const means = { ...place, z: "method" };
  return chart({
    width: panel.width,
    height: panel.height,
    x: { label: panel.xLabel, ticks: [...x], tickFormat: panel.xTickFormat ?? String, inset: 6 },
    y: {
      domain,
      clamp: true,
      nice: true,
      label: panel.label,
      ticks: 6,
      tickFormat: panel.percent ? percentTick : (value: number) => value.toFixed(1),
    },
    symbol: { domain: methodNames(), range: methodNames().map((method) => methodNamed(method).symbol) },
    color: { domain: methodNames(), range: methodNames().map((method) => methodNamed(method).color) },
    marks: [
      ...frame(6),
      Plot.ruleY(panel.level === undefined ? [] : [panel.level], { stroke: INK, strokeDasharray: "5,4" }),
      // Plot has one dash a mark.
      ...references.map(({ accuracy, average }, i) =>
        Plot.line(x.slice(0, accuracy?.length).map((x, step) => [x, accuracy?.[step] ?? average]), {
          stroke: MUTED,
          strokeWidth: 1.5,
          strokeDasharray: REFERENCE_DASHES[i % REFERENCE_DASHES.length],
        })
      ),
      Plot.areaY(
        points,
        Plot.groupX({ y1: lowEnd, y2: highEnd }, {
          ...means,
          y1: "y",
          y2: "y",
          fill: "method",
          fillOpacity: 0.14,
        }),
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
