/**
 * One number a run against a setting of the run: a dot for each seed, a line through each seed, and the mean.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { chart } from "./chart.ts";
import { confidenceInterval, mean } from "../../statistics.ts";
import type { Drawing } from "./svg.ts";
import { FAINT, INK, MUTED } from "./theme.ts";

/** One run: what it was set to, and what came out. */
export interface SeedPoint {
  /** A number for a scale of numbers, a name for a scale of names. */
  readonly x: number | string;
  /** Points of one seed are joined. */
  readonly seed: number;
  /** What came out. */
  readonly y: number;
}

/** How the panel is drawn. */
export interface SeedPanel {
  /** What the vertical axis shows. */
  readonly label: string;
  /** Whether fractions are written as percent. */
  readonly percent: boolean;
  /** The horizontal axis: names side by side, or numbers from 0 on a logarithmic scale, where a line joins the means. */
  readonly x: { readonly names: readonly string[] } | {
    readonly label: string;
    readonly numbers: readonly number[];
  };
  /** The color of the runs at a position. */
  readonly color: (x: number | string) => string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/**
 * Points of the same seed are joined, so that a difference within each seed is seen even where seeds differ more.
 * The bar is Student's 95 % interval of the mean.
 */
export function seedPanel(points: readonly SeedPoint[], panel: SeedPanel): Drawing {
  const positions = [...new Set(points.map(({ x }) => x))];
  const means = positions.map((x) => {
    const values = points.filter((point) => point.x === x).map(({ y }) => y);
    const interval = confidenceInterval(values);
    return { x, mean: mean(values), low: interval?.low, high: interval?.high };
  });
  const bars = means.filter(({ low }) => low !== undefined);
  const color = ({ x }: { x: number | string }) => panel.color(x);
  return chart({
    width: panel.width,
    height: panel.height,
    marginLeft: 52,
    marginRight: 18,
    marginTop: 26,
    marginBottom: 40,
    x: "names" in panel.x ? nameAxis(panel.x.names) : numberAxis(panel.x.label, panel.x.numbers),
    y: {
      label: panel.label,
      labelArrow: "none",
      tickSize: 0,
      ticks: 5,
      nice: true,
      inset: 6,
      tickFormat: panel.percent ? percent : undefined,
    },
    marks: [
      Plot.gridY({ stroke: FAINT, strokeOpacity: 1, ticks: 5 }),
      Plot.line(points, {
        x: "x",
        y: "y",
        z: "seed",
        stroke: MUTED,
        strokeWidth: 1,
        strokeOpacity: 0.5,
        className: "seed",
      }),
      Plot.line("numbers" in panel.x ? means : [], {
        x: "x",
        y: "mean",
        stroke: INK,
        strokeWidth: 2,
        className: "mean",
      }),
      Plot.link(bars, {
        x1: "x",
        x2: "x",
        y1: "low",
        y2: "high",
        stroke: color,
        strokeWidth: 2.5,
        className: "interval",
      }),
      Plot.dot(points, {
        x: "x",
        y: "y",
        fill: color,
        r: 3,
        stroke: "white",
        strokeWidth: 0.8,
        className: "seed",
      }),
      Plot.dot(means, {
        x: "x",
        y: "mean",
        fill: color,
        r: 5.5,
        stroke: "white",
        strokeWidth: 1.2,
        className: "mean",
      }),
      Plot.frame({ anchor: "bottom", stroke: MUTED }),
    ],
  });
}

function nameAxis(names: readonly string[]) {
  return { type: "point" as const, domain: [...names], label: null, padding: 0.5 };
}

function numberAxis(label: string, numbers: readonly number[]) {
  return {
    // Logarithmic above the smallest number, and linear below it, so that 0 has a place.
    type: "symlog" as const,
    constant: numbers.find((value) => value > 0) ?? 1,
    ticks: [...numbers],
    tickFormat: String,
    label,
    labelAnchor: "center" as const,
    labelArrow: "none" as const,
    labelOffset: 36,
    inset: 10,
  };
}

/** Whole percent where that is exact, otherwise tenths. */
function percent(value: number): string {
  return `${Number((100 * value).toFixed(1))} %`;
}
