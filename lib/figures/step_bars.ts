/**
 * One share a step for each method: what the answers are, or how many of them are right.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { percent } from "../statistics.ts";
import { chart, percentTick } from "./kit/chart.ts";
import { FAINT, INK, MUTED } from "./kit/colors.ts";
import { BODY_WIDTH, composeFigure, type Figure } from "./kit/svg.ts";
import { type MethodName, methodNamed } from "../training/method.ts";

/** What {@linkcode stepBars} draws. */
export interface StepBars {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** The setting: data set, model. */
  readonly subtitle: string;
  /** What the vertical axis shows. */
  readonly label: string;
  /** One panel each: a share between 0 and 1 for each step. */
  readonly methods: readonly { readonly method: MethodName; readonly shares: readonly number[] }[];
  /** A share to compare with, drawn as a dashed line, and what it is. */
  readonly level?: { readonly share: number; readonly meaning: string };
}

/** Bars, one a step; one panel a method, all with the same scale. */
export function stepBars({ title, subtitle, label, methods, level }: StepBars): Figure {
  const bars = methods.flatMap(({ method, shares }) =>
    shares.map((share, step) => ({ method, step, share }))
  );
  const place = { fx: "method", x: "step", y: "share" };
  const body = chart({
    width: BODY_WIDTH,
    height: 270,
    marginLeft: 48,
    marginRight: 8,
    marginTop: 48,
    marginBottom: 36,
    fx: { domain: methods.map(({ method }) => method), label: null },
    x: { type: "band", label: "classes of step", tickSize: 0 },
    y: {
      domain: [0, Math.max(...bars.map(({ share }) => share), level?.share ?? 0)],
      nice: true,
      label,
      ticks: 5,
      tickFormat: percentTick,
    },
    marks: [
      Plot.gridY({ stroke: FAINT, strokeOpacity: 1, ticks: 5 }),
      Plot.barY(bars, { ...place, fill: ({ method }: { method: MethodName }) => methodNamed(method).color }),
      Plot.ruleY(level === undefined ? [] : [level.share], { stroke: INK, strokeDasharray: "5,4" }),
      Plot.text(bars, {
        ...place,
        text: ({ share }: { share: number }) => (100 * share).toFixed(0),
        dy: -7,
        fill: MUTED,
        stroke: "white",
        strokeWidth: 3,
      }),
      Plot.ruleY([0], { stroke: MUTED }),
    ],
  });
  return composeFigure({
    title,
    subtitle,
    body,
    notes: level === undefined ? [] : [`Dashed: ${level.meaning}.`],
    description: `${label}, by step: ` +
      methods.map(({ method, shares }) => `${method} ${shares.map((share) => percent(share)).join(", ")}`)
        .join("; ") +
      ".",
  });
}
