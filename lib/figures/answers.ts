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
  readonly wrong: number;
}

/** What {@linkcode stepBars} draws. */
export interface StepBars {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** Data set and model. */
  readonly subtitle: string;
  /** What the vertical axis shows. */
  readonly label: string;
  /** One panel each: for each step a share between 0 and 1, or three shares that add up to 1. */
  readonly methods: readonly {
    readonly method: MethodName;
    readonly shares: readonly (number | KeptShares)[];
  }[];
  /** Shares to compare with, drawn as dashed lines: what they are, and for the bars of which step alone. */
  readonly levels?: readonly { readonly share: number; readonly meaning: string; readonly step?: number }[];
}

/** Bars, one a step, in one piece or in three; one panel a method, all with the same scale. */
export function stepBars({ title, subtitle, label, methods, levels = [] }: StepBars): Figure {
  const bars = methods.flatMap(({ method, shares }) =>
    shares.map((part, step) => {
      const { kept, outvoted } = typeof part === "number" ? { kept: part, outvoted: 0 } : part;
      return { method, step, share: kept, outvoted, told: kept + outvoted, whole: typeof part !== "number" };
    })
  );
  const isWhole = bars.some(({ whole }) => whole);
  const highest = isWhole ? 1 : Math.max(...[...bars, ...levels].map(({ share }) => share));
  const column = { fx: "method", x: "step" };
  const fill = ({ method }: { method: MethodName }) => methodNamed(method).color;
  const { color } = methodNamed(methods[methods.length - 1].method);
  const kept = { ...column, y: "share", text: ({ share }: { share: number }) => inPercent(share) };
  const number = { fill: PALETTE.ink, stroke: "white", strokeWidth: 3 };
  const inPercent = (share: number) => percent(share).replace(" %", "");
  const dashed = { stroke: PALETTE.ink, strokeWidth: 1.5, strokeDasharray: "5,4" };
  const ofStep = levels.flatMap(({ step, share }) =>
    step === undefined ? [] : methods.map(({ method }) => ({ method, step, share }))
  );
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
          Plot.text(bars.filter(({ share, outvoted }) => outvoted > (isShort(share) ? 0.15 : 0.075)), {
            ...column,
            y: "told",
            text: ({ outvoted }) => inPercent(outvoted),
            dy: 9,
          }),
        ]
        : []),
      Plot.barY(bars, { ...column, y: "share", fill }),
      Plot.ruleY(levels.filter(({ step }) => step === undefined), { y: "share", ...dashed }),
      Plot.tickY(ofStep, { ...column, y: "share", ...dashed }),
      Plot.text(bars.filter(({ share }) => !isWhole || isShort(share)), { ...kept, ...number, dy: -7 }),
      Plot.text(bars.filter(({ share }) => isWhole && share >= SHORT), { ...kept, dy: 9, fill: "white" }),
      Plot.ruleY([0], { stroke: PALETTE.muted }),
    ],
  });
  const parts = [
    { label: "full color, kept: right among all classes", color },
    { label: "pale, outvoted: right if told the step", color: `${color}66` },
    { label: "gray: wrong even then", color: PALETTE.faint },
  ];
  return composeFigure({
    title,
    subtitle,
    body: isWhole ? stacked([legend(parts), body], 6) : body,
    notes: levels.length === 0 ? [] : [`Dashed: ${levels.map(({ meaning }) => meaning).join("; ")}.`],
    description: `${label}, by step: ` +
      methods.map(({ method, shares }) => `${method} ${shares.map(partsText).join(", ")}`).join("; ") + ".",
  });
}

function partsText(part: number | KeptShares): string {
  if (typeof part === "number") return percent(part);
  return `kept ${percent(part.kept)}, outvoted ${percent(part.outvoted)}, wrong ${percent(part.wrong)}`;
}

/** Opacity of the method's color. */
const OUTVOTED = 0.4;
/** A bar below this has its number above it, and one of 0 needs none where it is a part of a bar. */
const SHORT = 0.2;
const isShort = (share: number) => share > 0 && share < SHORT;
