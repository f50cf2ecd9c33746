/**
 * Observable Plot without a browser: a chart as a piece of an SVG, the legend that several charts share, and the panel that
 * shows one number a run against a setting of the run.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { confidenceInterval, mean } from "../../statistics.ts";
import type { MethodSymbol } from "../../training/method.ts";
import { FAINT, FONT, INK, MUTED } from "./colors.ts";
import { type Drawing, element, moved, text, textWidth, wrap } from "./svg.ts";

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/**
 * Options of a chart: Plot's, with the size given and nothing that Plot would draw outside of the SVG.
 *
 * @internal
 */
export type ChartOptions =
  & Omit<Plot.PlotOptions, "document" | "title" | "subtitle" | "caption" | "legend">
  & {
    width: number;
    height: number;
  };

/** Draws a chart with Observable Plot. */
export function chart(options: ChartOptions): Drawing {
  const svg = Plot.plot({ ...options, document: document as unknown as Document });
  // Plot's style sheet and variables belong to a page with a browser; a file that stands alone has literals.
  svg.querySelector("style")?.remove();
  const marks = svg.innerHTML
    .replaceAll("currentColor", INK)
    .replaceAll("var(--plot-background)", "white")
    .replaceAll(/(\d+\.\d{2})\d+/g, "$1");
  return {
    svg: `<g fill="${INK}" font-family="${FONT}" font-size="11" text-anchor="middle">${marks}</g>`,
    width: options.width,
    height: options.height,
  };
}

/** One entry of a legend. */
export interface LegendEntry {
  /** The words beside the key; may hold scripts, as in `L_{D}`. */
  readonly label: string;
  /** Color of line, symbol or box. */
  readonly color: string;
  /** A symbol on a line; a filled box where it is absent. */
  readonly symbol?: MethodSymbol;
  /** Dashes of the line, as in `stroke-dasharray`. */
  readonly dash?: string;
}

/** A legend in one row. */
export function legend(entries: readonly LegendEntry[], size = 12): Drawing {
  let x = 0;
  const pieces = entries.map(({ label, color, symbol: name, dash }) => {
    const key = name === undefined && dash === undefined
      ? element("rect", { x: 4, y: 3, width: 14, height: 11, fill: color })
      : element("line", {
        x1: 0,
        x2: 24,
        y1: 9,
        y2: 9,
        stroke: color,
        "stroke-width": 2.5,
        "stroke-dasharray": dash,
      }) +
        (name === undefined ? "" : moved(12, 9, symbol(name, color)));
    const piece = moved(x, 0, key, text(30, 9 + size * 0.36, label, { size }));
    x += 30 + textWidth(label, size) + 22;
    return piece;
  });
  return { svg: `<g aria-label="legend">${pieces.join("")}</g>`, width: Math.max(0, x - 22), height: 20 };
}

/** A filled symbol around the origin, of the size that charts use. */
function symbol(name: MethodSymbol, fill: string): string {
  const paths: Record<MethodSymbol, string> = {
    circle: "M4.5,0A4.5,4.5 0 1 1 -4.5,0A4.5,4.5 0 1 1 4.5,0Z",
    square: "M-4,-4H4V4H-4Z",
    triangle: "M0,-5.4L4.8,3.2H-4.8Z",
    diamond: "M0,-5.6L5.6,0L0,5.6L-5.6,0Z",
  };
  return element("path", { d: paths[name], fill, stroke: "white", "stroke-width": 1 });
}

/** One run: its setting and its result. */
export interface SeedPoint {
  /** A number for a scale of numbers, a name for a scale of names. */
  readonly x: number | string;
  /** Points of one seed are joined. */
  readonly seed: number;
  /** The result. */
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
    x: "names" in panel.x
      ? nameAxis(panel.x.names, (panel.width - 70) / panel.x.names.length)
      : numberAxis(panel.x.label, panel.x.numbers),
    y: {
      label: panel.label,
      labelArrow: "none",
      tickSize: 0,
      ticks: 5,
      nice: true,
      inset: 6,
      tickFormat: panel.percent ? percentTick : undefined,
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

function nameAxis(names: readonly string[], room: number) {
  return {
    type: "point" as const,
    domain: [...names],
    tickFormat: (name: string) => name.includes("\n") ? name : wrap(name, room, 11).join("\n"),
    label: null,
    padding: 0.5,
  };
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

/** A share at an axis: whole percent where that is exact, otherwise tenths. */
export function percentTick(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`.replace("-", "−");
}
