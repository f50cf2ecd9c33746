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
  type Drawing,
  FAINT,
  type Figure,
  INK,
  MUTED,
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
  /** Names of the classes in the order of the rows; written beside the first matrix. */
  readonly classNames?: readonly string[];
  /** One to three matrices. */
  readonly matrices: readonly Confusion[];
}

const GAP = 16;
const NAME_SIZE = 8;
const NAMES_WIDTH = 84;

/**
 * Matrices side by side. A cell's color is the root of its share of the row, so that rare confusions are
 * seen, too.
 */
export function confusionMatrix(
  { dataset, classesPerStep, classNames, matrices }: ConfusionMatrices,
): Figure {
  const margins = matrices.map((_, i) => i === 0 && classNames !== undefined ? NAMES_WIDTH : 50);
  const room = BODY_WIDTH - margins.reduce((sum, margin) => sum + margin + GAP, -GAP);
  const width = Math.min(330, Math.floor(room / matrices.length));
  // Rows high enough for their names.
  const height = Math.max(width, (NAME_SIZE + 1) * (classNames?.length ?? 0));
  const drawings = matrices.map((matrix, i) => {
    const names = i === 0 ? classNames : undefined;
    return drawMatrix(matrix, classesPerStep, { width, height, marginLeft: margins[i], names });
  });
  return composeFigure({
    title: "Which classes the images are taken for",
    subtitle:
      `${dataset}: one row a true class, one column an answer, in the order in which the classes were learned`,
    body: stacked([beside(drawings, GAP), heatLegend("0 %", "100 % of the true class")], 10),
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
  { width, height, marginLeft, names }: {
    width: number;
    height: number;
    marginLeft: number;
    names?: readonly string[];
  },
): Drawing {
  const classes = counts.length;
  const pixels = counts.flatMap((row) => {
    const total = Math.max(1, row.reduce((sum, count) => sum + count, 0));
    return row.flatMap((count) => [...heatColor(Math.sqrt(count / total))]);
  });
  const ends = classesPerStep.map((_, step) => classesPerStep.slice(0, step + 1).reduce((a, b) => a + b));
  const middles = ends.map((end, step) => end - classesPerStep[step] / 2);
  const isNarrow = Math.min(...classesPerStep) / classes * width < textWidth("step 10", 11);
  const steps = {
    ticks: middles,
    tickFormat: (_: number, step: number) => isNarrow ? `${step}` : `step ${step}`,
    tickSize: 0,
  };
  const lines = { stroke: "white", strokeOpacity: 0.7 };
  return chart({
    width: marginLeft + width,
    height: height + 26 + (isNarrow ? 36 : 20),
    marginLeft,
    marginRight: 0,
    marginBottom: isNarrow ? 36 : 20,
    x: { domain: [0, classes], ...steps, label: isNarrow ? "step" : null },
    y: { domain: [classes, 0], axis: names === undefined ? "left" : null, ...steps, label: null },
    marks: [
      Plot.image([name], {
        x: classes / 2,
        y: classes / 2,
        width,
        height,
        src: () => pngDataUri(pixels, classes, classes),
        preserveAspectRatio: "none",
        imageRendering: "pixelated",
        ariaLabel: (name: string) => `confusion of ${unicodeText(name)}`,
      }),
      Plot.ruleX(ends.slice(0, -1), lines),
      Plot.ruleY(ends.slice(0, -1), lines),
      Plot.text([unicodeText(name)], { frameAnchor: "top", dy: -16, fontSize: 12, fontWeight: "bold" }),
      Plot.text(names ?? [], {
        x: 0,
        y: (_, i) => i + 0.5,
        text: (name: string) => shorten(name, NAMES_WIDTH - 8, NAME_SIZE),
        textAnchor: "end",
        dx: -5,
        fontSize: NAME_SIZE,
      }),
    ],
  });
}

/** What {@linkcode stepBars} draws. */
export interface StepBars {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** The setting: data set, model. */
  readonly subtitle: string;
  /** What the vertical axis shows. */
  readonly label: string;
  /** One panel each. */
  readonly methods: readonly {
    readonly method: MethodName;
    /** A share between 0 and 1 for each step. */
    readonly shares: readonly number[];
    /** The accuracy of the model that is told the step of each image, where the shares are accuracies. */
    readonly told?: readonly number[];
  }[];
  /** A share to compare with, drawn as a dashed line, and what it is. */
  readonly level?: { readonly share: number; readonly meaning: string };
}

/**
 * Bars, one a step; one panel a method, all with the same scale. Where the accuracy is known for a model that
 * is told the step, the bars go on: what it then knows was outvoted by the classes of other steps, and the
 * rest is forgotten.
 */
export function stepBars({ title, subtitle, label, methods, level }: StepBars): Figure {
  const bars = methods.flatMap(({ method, shares, told }) =>
    shares.map((share, step) => ({ method, step, share, told: told?.[step] ?? share }))
  );
  const isTold = methods.some(({ told }) => told !== undefined);
  const highest = Math.max(...bars.map(({ share }) => share), level?.share ?? 0, isTold ? 1 : 0);
  const column = { fx: "method", x: "step" };
  const fill = ({ method }: { method: MethodName }) => methodNamed(method).color;
  const number = { fill: MUTED, stroke: "white", strokeWidth: 3 };
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
      Plot.gridY({ stroke: FAINT, strokeOpacity: 1, ticks: 5 }),
      ...(isTold
        ? [
          Plot.barY(bars, { ...column, y1: "told", y2: 1, fill: FAINT }),
          Plot.barY(bars, { ...column, y1: "share", y2: "told", fill, fillOpacity: OUTVOTED }),
          Plot.text(bars.filter(({ share, told }) => told - share > 0.14), {
            ...column,
            y: "told",
            text: ({ share, told }) => inPercent(told - share),
            dy: 9,
          }),
        ]
        : []),
      Plot.barY(bars, { ...column, y: "share", fill }),
      Plot.ruleY(level === undefined ? [] : [level.share], { stroke: INK, strokeDasharray: "5,4" }),
      Plot.text(bars, { ...column, y: "share", text: ({ share }) => inPercent(share), dy: -7, ...number }),
      Plot.ruleY([0], { stroke: MUTED }),
    ],
  });
  const parts = [
    { label: "kept: right among all classes", color: MUTED },
    { label: "outvoted: right if told the step", color: "#bbbbbb" },
    { label: "forgotten: wrong even then", color: FAINT },
  ];
  return composeFigure({
    title,
    subtitle,
    body: isTold ? stacked([legend(parts), body], 6) : body,
    notes: level === undefined ? [] : [`Dashed: ${level.meaning}.`],
    description: `${label}, by step: ` +
      methods.map(({ method, shares, told }) =>
        [`${method} ${shares.map((share) => percent(share)).join(", ")}`]
          .concat(told ? `if told the step ${told.map((share) => percent(share)).join(", ")}` : []).join("; ")
      ).join("; ") +
      ".",
  });
}

/** Opacity of the method's color. */
const OUTVOTED = 0.4;
