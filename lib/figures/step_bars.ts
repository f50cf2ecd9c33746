/**
 * One share a step for each method: what the answers are, or how many of them are right.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { percent } from "../statistics.ts";
import { chart, percentTick } from "./kit/chart.ts";
import { FAINT, INK, MUTED } from "./kit/colors.ts";
import { beside, BODY_WIDTH, composeFigure, type Figure, stacked, text } from "./kit/svg.ts";
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
  const width = (BODY_WIDTH - 12 * (methods.length - 1)) / methods.length;
  const highest = Math.max(...methods.flatMap(({ shares }) => shares), level?.share ?? 0);
  const panels = methods.map(({ method, shares }) => {
    const bars = shares.map((share, step) => ({ step, share }));
    const heading = text(width / 2, 13, method, {
      anchor: "middle",
      bold: true,
      color: methodNamed(method).color,
    });
    const panel = chart({
      width,
      height: 240,
      marginLeft: 48,
      marginRight: 8,
      marginTop: 24,
      marginBottom: 36,
      x: {
        type: "band",
        label: "classes of step",
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 34,
        tickSize: 0,
      },
      y: {
        domain: [0, highest],
        nice: true,
        label,
        labelArrow: "none",
        tickSize: 0,
        ticks: 5,
        tickFormat: percentTick,
      },
      marks: [
        Plot.gridY({ stroke: FAINT, strokeOpacity: 1, ticks: 5 }),
        Plot.barY(bars, { x: "step", y: "share", fill: methodNamed(method).color }),
        Plot.ruleY(level === undefined ? [] : [level.share], { stroke: INK, strokeDasharray: "5,4" }),
        Plot.text(bars, {
          x: "step",
          y: "share",
          text: ({ share }: { share: number }) => (100 * share).toFixed(0),
          dy: -7,
          fill: MUTED,
          stroke: "white",
          strokeWidth: 3,
        }),
        Plot.ruleY([0], { stroke: MUTED }),
      ],
    });
    return stacked([{ svg: heading, width, height: 18 }, panel]);
  });
  return composeFigure({
    title,
    subtitle,
    body: beside(panels, 12),
    notes: level === undefined ? [] : [`Dashed: ${level.meaning}.`],
    description: `${label}, by step: ` +
      methods.map(({ method, shares }) => {
        return `${method} ${shares.map((share) => percent(share)).join(", ")}`;
      }).join("; ") + ".",
  });
}
