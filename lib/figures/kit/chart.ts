/**
 * Observable Plot without a browser: a chart as a piece of an SVG, and the legend that several charts share.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { confidenceInterval } from "../../statistics.ts";
import type { MethodSymbol } from "../../training/method.ts";
import { element, FONT, moved, PALETTE, type Piece, shorten, text, textWidth } from "./svg.ts";

const { document } = parseHTML("<!doctype html><html><body></body></html>");

type PlotOptions = Omit<Plot.PlotOptions, "document" | "title" | "subtitle" | "caption" | "legend">;

/** Draws a chart with Observable Plot; what the options leave out is as in most figures. */
export function chart({ x, y, ...options }: PlotOptions & { width: number; height: number }): Piece {
  const { marginBottom = 40 } = options;
  const svg = Plot.plot({
    marginLeft: 52,
    marginRight: 18,
    marginTop: 26,
    marginBottom,
    symbol: { type: "identity" },
    r: { type: "identity" },
    ...options,
    x: { labelAnchor: "center", labelArrow: "none", labelOffset: marginBottom - 4, ...x },
    y: { labelArrow: "none", tickSize: 0, ...y },
    document: document as unknown as Document,
  });
  // Plot's style sheet and variables belong to a page with a browser; a file that stands alone has literals.
  svg.querySelector("style")?.remove();
  const marks = svg.innerHTML
    .replaceAll("currentColor", PALETTE.ink)
    .replaceAll("var(--plot-background)", "white")
    .replaceAll(/(\d+\.\d{2})\d+/g, "$1");
  return {
    svg: `<g fill="${PALETTE.ink}" font-family="${FONT}" font-size="11" text-anchor="middle">${marks}</g>`,
    width: options.width,
    height: options.height,
  };
}

/** Horizontal lines, and the axis on which all else stands. */
export function frame(ticks: number): Plot.Markish[] {
  return [
    Plot.gridY({ stroke: PALETTE.faint, strokeOpacity: 1, ticks }),
    Plot.frame({ anchor: "bottom", stroke: PALETTE.muted }),
  ];
}

/** The ends of Student's 95 % interval of the mean, for Plot's groups. */
export const INTERVAL = {
  y1: (values: readonly number[]) => confidenceInterval(values)?.low,
  y2: (values: readonly number[]) => confidenceInterval(values)?.high,
};

export interface LegendEntry {
  /** The words beside the key; may hold scripts, as in `L_{D}`. */
  readonly label: string;
  readonly color: string;
  /** A symbol on a line; a filled box where it is absent. */
  readonly symbol?: MethodSymbol;
  /** Dashes of the line, as in `stroke-dasharray`. */
  readonly dash?: string;
}

/** A legend in one row. */
export function legend(entries: readonly LegendEntry[]): Piece {
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
    const piece = moved(x, 0, key, text(30, 9 + 12 * 0.36, label));
    x += 30 + textWidth(label, 12) + 22;
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

/** A share at an axis: whole percent where that is exact, otherwise tenths. */
export function percentTick(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`.replace("-", "−");
}

/** A class with its score, a probability between 0 and 1. */
export interface ClassScore {
  /** Name of the class. */
  readonly className: string;
  /** The class's probability. */
  readonly score: number;
}

const LABEL_SIZE = 11;

/**
 * One row a class: its name, a bar and its score.
 * @param highest the score whose bar is as wide as the panel
 */
export function scoreBars(
  scores: readonly ClassScore[],
  { color, width, height, highest }: {
    color: string;
    width: number;
    height: number;
    highest: number;
  },
): Piece {
  const classes = scores.map(({ className }) => className);
  const widest = Math.max(...classes.map((name) => textWidth(name, LABEL_SIZE)));
  const labelWidth = Math.ceil(Math.min(widest + 10, width * 0.52));
  const rowHeight = height / classes.length;
  const barHeight = Math.min(13, rowHeight - 5);
  const inset = (rowHeight - barHeight) / 2;
  const place = { y: "className", x: "score" };
  return chart({
    width,
    height,
    marginLeft: labelWidth,
    marginRight: 34,
    marginTop: 0,
    marginBottom: 0,
    x: { axis: null, domain: [0, highest] },
    y: {
      domain: classes,
      padding: 0,
      label: null,
      tickFormat: (name: string) => shorten(name, labelWidth - 10, LABEL_SIZE),
    },
    marks: [
      Plot.ruleX([0], { stroke: PALETTE.muted }),
      Plot.barX(scores, { ...place, fill: color, insetTop: inset, insetBottom: inset }),
      Plot.text(scores, {
        ...place,
        text: ({ score }: ClassScore) => score.toFixed(2),
        textAnchor: "start",
        dx: 4,
        fontSize: Math.min(10, barHeight),
        fill: PALETTE.muted,
      }),
    ],
  });
}

/**
 * Scores of all classes as upright bars without numbers: a shape that is compared with another.
 * @param options `marked` is the column of a class and `mark` what stands over it; `highest` the score of a
 * bar as high as the frame
 */
export function scoreProfile(
  scores: readonly number[],
  { width, height, color, marked, mark = "b", highest = Math.max(...scores, 1e-9) }: {
    width: number;
    height: number;
    color: string;
    marked?: number;
    mark?: string;
    highest?: number;
  },
): Piece {
  const b = marked === undefined ? [] : [marked];
  return chart({
    width,
    height,
    marginLeft: 4,
    marginRight: 4,
    marginTop: 18,
    marginBottom: 4,
    x: { type: "band", axis: null, padding: 0.24, round: false },
    y: { axis: null, domain: [0, highest] },
    marks: [
      Plot.frame({ inset: -4, insetTop: -18, rx: 3, fill: "white", stroke: PALETTE.faint }),
      // Even a score of 0 is seen.
      Plot.barY(scores, { x: (_, i) => i, y: (score) => Math.max(score, highest / 40), fill: color }),
      Plot.text(b, {
        x: (b) => b,
        y: (b) => scores[b],
        text: [mark],
        dy: -8,
        fontSize: 12,
        fontWeight: "bold",
      }),
    ],
  });
}
