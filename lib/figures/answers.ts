/**
 * What models answer, step by step: which classes are taken for which, and one share a step for each method.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { percent } from "../statistics.ts";
import { type MethodName, methodNamed } from "../training/method.ts";
import { chart, legend, percentTick } from "./kit/chart.ts";
import { heatColor } from "./kit/overlay.ts";
import { heatLegend, pngDataUri } from "./kit/picture_grid.ts";
import {
  beside,
  BODY_WIDTH,
  composeFigure,
  type Figure,
  PALETTE,
  type Piece,
  shorten,
  stacked,
  textWidth,
  unicodeText,
} from "./kit/svg.ts";

/** The answers of one model. */
export interface Confusion {
  /** Heading of this matrix, such as `LwM, M_{4}`. */
  readonly name: string;
  /** (classes, classes) number of images of each true class (row) that were taken for each class (column). */
  readonly counts: readonly (readonly number[])[];
}

/** What {@linkcode confusionMatrix} draws. */
export interface ConfusionMatrices {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
  /** Number of classes of each step; together, the rows of the matrices. */
  readonly classesPerStep: readonly number[];
  /** Names of the classes in the order of the rows; written where there is room. */
  readonly classNames?: readonly string[];
  /** One to three matrices. */
  readonly matrices: readonly Confusion[];
}

const GAP = 16;
/** Of a row whose name can be read. */
const NAMED_ROW = 13;

/**
 * Matrices side by side. A cell's color is the root of its share of the row, so that rare confusions are
 * seen, too.
 */
export function confusionMatrix(
  { dataset, classesPerStep, classNames, matrices }: ConfusionMatrices,
): Figure {
  const fits = (margin: number) => Math.floor((BODY_WIDTH + GAP) / matrices.length) - GAP - margin;
  const names = classNames && fits(100) >= NAMED_ROW * classNames.length ? classNames : undefined;
  const margin = names === undefined ? 50 : 100;
  const side = Math.min(330, fits(margin));
  return composeFigure({
    title: "Which classes the images are taken for",
    subtitle:
      `${dataset}: one row a true class, one column an answer, in the order in which the classes were learned`,
    body: stacked([
      beside(matrices.map((matrix) => drawMatrix(matrix, classesPerStep, side, margin, names)), GAP),
      heatLegend("0 %", "100 % of the true class"),
    ], 10),
    notes: [
      "Lines separate the steps. The diagonal is correct; columns that are bright from top to bottom are answers given too often. " +
      "Colors grow with the square root of the share, so that rare confusions are seen, too.",
    ],
    description: "Confusion matrices. " + matrices.map(({ name, counts }) => {
      const total = counts.flat().reduce((sum, count) => sum + count, 0);
      const correct = counts.reduce((sum, row, i) => sum + row[i], 0);
      return `${name}: ${percent(correct / Math.max(1, total))} on the diagonal.`;
    }).join(" "),
  });
}

/** The matrix as a picture with one pixel a cell, and the steps or the names of the classes at its sides. */
function drawMatrix(
  { name, counts }: Confusion,
  classesPerStep: readonly number[],
  side: number,
  marginLeft: number,
  names?: readonly string[],
): Piece {
  const classes = counts.length;
  const pixels = counts.flatMap((row) => {
    const total = Math.max(1, row.reduce((sum, count) => sum + count, 0));
    return row.flatMap((count) => [...heatColor(Math.sqrt(count / total))]);
  });
  const ends = classesPerStep.map((_, step) => classesPerStep.slice(0, step + 1).reduce((a, b) => a + b));
  const isNarrow = Math.min(...classesPerStep) / classes * side < textWidth("step 10", 11);
  const marginBottom = isNarrow ? 36 : 20;
  const steps = {
    ticks: ends.map((end, step) => end - classesPerStep[step] / 2),
    tickFormat: (_: number, step: number) => isNarrow ? `${step}` : `step ${step}`,
    tickSize: 0,
  };
  const rows = names && {
    ticks: names.map((_, i) => i + 0.5),
    tickFormat: (_: number, i: number) => shorten(names[i], marginLeft - 10, 11),
  };
  const lines = { stroke: "white", strokeOpacity: 0.7 };
  return chart({
    width: marginLeft + side,
    height: side + 26 + marginBottom,
    marginLeft,
    marginRight: 0,
    marginBottom,
    x: { domain: [0, classes], ...steps, label: isNarrow ? "step" : null },
    y: { domain: [classes, 0], ...steps, ...rows, label: null },
    marks: [
      Plot.image([unicodeText(name)], {
        x: classes / 2,
        y: classes / 2,
        width: side,
        height: side,
        src: () => pngDataUri(pixels, classes, classes),
        preserveAspectRatio: "none",
        imageRendering: "pixelated",
        ariaLabel: (name: string) => `confusion of ${name}`,
      }),
      Plot.ruleX(ends.slice(0, -1), lines),
      Plot.ruleY(ends.slice(0, -1), lines),
      Plot.text([unicodeText(name)], { frameAnchor: "top", dy: -16, fontSize: 12, fontWeight: "bold" }),
    ],
  });
}

/** What became of the images of a step's classes, as the measure `fatesOfSteps()` says it. */
export interface KeptShares {
  /** Right among all classes. */
  readonly kept: number;
  /** Right if told the step. */
  readonly outvoted: number;
  /** Wrong even then. */
  readonly forgotten: number;
}

/** What {@linkcode stepBars} draws. */
export interface StepBars {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** The setting: data set, model. */
  readonly subtitle: string;
  /** What the vertical axis shows. */
  readonly label: string;
  /** One panel each: for each step a share between 0 and 1, or three shares that add up to 1. */
  readonly methods: readonly {
    readonly method: MethodName;
    readonly shares: readonly (number | KeptShares)[];
  }[];
  /** A share to compare with, drawn as a dashed line, and what it is. */
  readonly level?: { readonly share: number; readonly meaning: string };
}

/** Bars, one a step, in one piece or in three; one panel a method, all with the same scale. */
export function stepBars({ title, subtitle, label, methods, level }: StepBars): Figure {
  const bars = methods.flatMap(({ method, shares }) =>
    shares.map((part, step) => {
      const { kept, outvoted } = typeof part === "number" ? { kept: part, outvoted: 0 } : part;
      return { method, step, share: kept, outvoted, told: kept + outvoted, whole: typeof part !== "number" };
    })
  );
  const isWhole = bars.some(({ whole }) => whole);
  const highest = Math.max(...bars.map(({ share }) => share), level?.share ?? 0, isWhole ? 1 : 0);
  const column = { fx: "method", x: "step" };
  const fill = ({ method }: { method: MethodName }) => methodNamed(method).color;
  const number = { fill: PALETTE.muted, stroke: "white", strokeWidth: 3 };
  const inPercent = (share: number) => (100 * share).toFixed(0);
  const body = chart({
    width: BODY_WIDTH,
    height: 270,
    marginLeft: 48,
    marginRight: 8,
    marginTop: 48,
    marginBottom: 36,
    fx: { domain: methods.map(({ method }) => method), label: null },
    x: { type: "band", label: "classes of step", tickSize: 0 },
    y: { domain: [0, highest], nice: true, label, ticks: 5, tickFormat: percentTick },
    marks: [
      Plot.gridY({ stroke: PALETTE.faint, strokeOpacity: 1, ticks: 5 }),
      ...(isWhole
        ? [
          Plot.barY(bars, { ...column, y1: "told", y2: 1, fill: PALETTE.faint }),
          Plot.barY(bars, { ...column, y1: "share", y2: "told", fill, fillOpacity: OUTVOTED }),
          Plot.text(bars.filter(({ outvoted }) => outvoted > 0.14), {
            ...column,
            y: "told",
            text: ({ outvoted }) => inPercent(outvoted),
            dy: 9,
          }),
        ]
        : []),
      Plot.barY(bars, { ...column, y: "share", fill }),
      Plot.ruleY(level === undefined ? [] : [level.share], { stroke: PALETTE.ink, strokeDasharray: "5,4" }),
      Plot.text(bars, { ...column, y: "share", text: ({ share }) => inPercent(share), dy: -7, ...number }),
      Plot.ruleY([0], { stroke: PALETTE.muted }),
    ],
  });
  const parts = [
    { label: "kept: right among all classes", color: PALETTE.muted },
    { label: "outvoted: right if told the step", color: "#bbbbbb" },
    { label: "forgotten: wrong even then", color: PALETTE.faint },
  ];
  return composeFigure({
    title,
    subtitle,
    body: isWhole ? stacked([legend(parts), body], 6) : body,
    notes: level === undefined ? [] : [`Dashed: ${level.meaning}.`],
    description: `${label}, by step: ` +
      methods.map(({ method, shares }) => `${method} ${shares.map(partsText).join(", ")}`).join("; ") + ".",
  });
}

function partsText(part: number | KeptShares): string {
  if (typeof part === "number") return percent(part);
  return `kept ${percent(part.kept)}, outvoted ${percent(part.outvoted)}, forgotten ${
    percent(part.forgotten)
  }`;
}

/** Opacity of the method's color. */
const OUTVOTED = 0.4;
