/**
 * Bars for the scores of a few classes, from one model or from two.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { chart } from "./kit/chart.ts";
import { MUTED } from "./kit/colors.ts";
import { type Drawing, shorten, textWidth } from "./kit/svg.ts";

/** A class with its score, a probability between 0 and 1. */
export interface ClassScore {
  /** Name of the class. */
  readonly className: string;
  /** The class's probability. */
  readonly score: number;
}

const LABEL_SIZE = 11;

/**
 * One row for each class of the first series, in its order, with one bar for each series.
 * @param series at most three, all with the same classes
 * @param highest the score whose bar is as wide as the panel
 */
export function scoreBars(
  series: readonly { readonly color: string; readonly scores: readonly ClassScore[] }[],
  width: number,
  height: number,
  highest: number = Math.max(...series.flatMap(({ scores }) => scores.map(({ score }) => score))),
): Drawing {
  const classes = series[0].scores.map(({ className }) => className);
  const widest = Math.max(...classes.map((name) => textWidth(name, LABEL_SIZE)));
  const labelWidth = Math.ceil(Math.min(widest + 10, width * 0.52));
  const rowHeight = height / classes.length;
  const barHeight = Math.min(13, (rowHeight - 5) / series.length);
  const marks = series.flatMap(({ color, scores }, i) => {
    const offset = (i - (series.length - 1) / 2) * barHeight;
    const inset = (rowHeight - barHeight) / 2;
    return [
      Plot.barX(scores, {
        y: "className",
        x: "score",
        fill: color,
        insetTop: inset + offset,
        insetBottom: inset - offset,
      }),
      Plot.text(scores, {
        y: "className",
        x: "score",
        text: ({ score }: ClassScore) => score.toFixed(2),
        textAnchor: "start",
        dx: 4,
        dy: offset,
        fontSize: Math.min(10, barHeight),
        fill: MUTED,
      }),
    ];
  });
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
    marks: [Plot.ruleX([0], { stroke: MUTED }), ...marks],
  });
}
