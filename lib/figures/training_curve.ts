/**
 * The terms of the loss while a model trains.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { chart, legend } from "./kit/chart.ts";
import { FAINT, INK, MUTED, PALETTE } from "./kit/colors.ts";
import { BODY_WIDTH, composeFigure, type Figure, stacked } from "./kit/svg.ts";

/** What {@linkcode trainingCurve} draws. */
export interface TrainingCurve {
  /** What was trained, such as `LwM, M_{1}`. */
  readonly model: string;
  /** What is counted on the horizontal axis, such as `epoch`. */
  readonly xLabel: string;
  /** Positions on the horizontal axis, in rising order. */
  readonly x: readonly number[];
  /** L_C at each position. */
  readonly classification: readonly number[];
  /** β · L_D at each position; absent where the method has no L_D. */
  readonly distillation?: readonly number[];
  /** γ · L_AD at each position; absent where the method has no L_AD. */
  readonly attentionDistillation?: readonly number[];
}

/** One line for each term of the loss as it is weighted, and one for their sum where there are several. */
export function trainingCurve(curve: TrainingCurve): Figure {
  const terms = [
    { name: "L_C", label: "L_{C}", color: PALETTE.vermilion, values: curve.classification },
    { name: "βL_D", label: "β · L_{D}", color: PALETTE.blue, values: curve.distillation },
    { name: "γL_AD", label: "γ · L_{AD}", color: PALETTE.green, values: curve.attentionDistillation },
  ].flatMap(({ values, ...term }) => values === undefined ? [] : [{ ...term, values }]);
  const sum = curve.x.map((_, i) => terms.reduce((total, { values }) => total + values[i], 0));
  const lines = terms.length > 1
    ? [{ name: "L", label: "L, their sum", color: INK, values: sum }, ...terms]
    : terms;

  const points = lines.flatMap(({ name, color, values }) =>
    curve.x.map((x, i) => ({ name, color, x, y: values[i] }))
  );
  const body = chart({
    width: BODY_WIDTH,
    height: 300,
    marginLeft: 52,
    marginRight: 18,
    marginTop: 26,
    marginBottom: 40,
    x: {
      label: curve.xLabel,
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 36,
      ticks: 10,
      tickFormat: String,
    },
    y: { label: "loss", labelArrow: "none", tickSize: 0, zero: true, nice: true, ticks: 6 },
    marks: [
      Plot.gridY({ stroke: FAINT, strokeOpacity: 1, ticks: 6 }),
      Plot.line(points, {
        x: "x",
        y: "y",
        z: "name",
        stroke: ({ color }: { color: string }) => color,
        strokeWidth: curve.x.length > 300 ? 1 : 2,
      }),
      Plot.frame({ anchor: "bottom", stroke: MUTED }),
    ],
  });
  return composeFigure({
    title: `The terms of the loss during the training of ${curve.model}`,
    body: stacked([legend(lines.map(({ label, color }) => ({ label, color, dash: "none" }))), body], 6),
    description: `Loss terms over ${curve.xLabel}. At the end: ${
      lines.map(({ name, values }) => `${name} ${(values.at(-1) ?? 0).toFixed(3)}`).join(", ")
    }.`,
  });
}
