/** What models answer: one share a step for each method. @module */
import * as Plot from "@observablehq/plot";
import { percent } from "../statistics.ts";
import { type MethodName, methodNamed } from "../training/method.ts";
import { chart, legend, percentTick } from "./kit/chart.ts";
import { BODY_WIDTH, composeFigure, type Figure, PALETTE, stacked } from "./kit/svg.ts";

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
