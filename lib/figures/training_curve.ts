/** The loss in training: its terms while models train. @module */
import * as Plot from "@observablehq/plot";
import { chart, legend } from "./kit/chart.ts";
import {
  BODY_WIDTH,
  composeFigure,
  type Figure,
  PALETTE,
  plainText,
  stacked,
  unicodeText,
} from "./kit/svg.ts";

/** The loss of one model over its training. */
export interface ModelLoss {
  /** What was trained, such as `LwM, M_{1}`. */
  readonly model: string;
  /** Each term as it is weighted, such as `L_{C}` or `γ · L_{AD}`: one number an epoch. */
  readonly terms: Readonly<Record<string, readonly number[]>>;
}

/** What {@linkcode trainingCurve} draws. */
export interface TrainingCurve {
  /** From 1. */
  readonly epochs: readonly number[];
  /** One panel each. */
  readonly models: readonly ModelLoss[];
}

const SUM = "L, their sum";
const COLORS = Object.values(PALETTE).slice(0, 6);

/**
 * One line for each term of the loss, and one for their sum where there are several; all panels share their
 * axes.
 */
export function trainingCurve({ epochs, models }: TrainingCurve): Figure {
  const lines = models.flatMap(({ model, terms }) =>
    withSum(terms).map((line) => ({ model: unicodeText(model), ...line }))
  );
  const names = [...new Set(lines.map(({ name }) => name))].filter((name) => name !== SUM);
  const colorOf = (name: string) => name === SUM ? PALETTE.ink : COLORS[names.indexOf(name) % COLORS.length];
  const drawn = names.length > 1 ? [SUM, ...names] : names;
  const points = lines.flatMap(({ model, name, values }) =>
    values.map((y, i) => ({ model, name, x: epochs[i], y }))
  );
  const body = chart({
    width: BODY_WIDTH,
    height: 310,
    marginLeft: 52,
    marginRight: 18,
    marginTop: models.length > 1 ? 48 : 26,
    fx: {
      axis: models.length > 1 ? "top" : null,
      domain: models.map(({ model }) => unicodeText(model)),
      label: null,
      padding: 0.12,
    },
    x: { label: "epoch", ticks: 10 / models.length, tickFormat: String },
    y: { label: "loss", zero: true, nice: true, ticks: 6 },
    marks: [
      Plot.gridY({ stroke: PALETTE.faint, strokeOpacity: 1, ticks: 6 }),
      Plot.line(points, {
        fx: "model",
        x: "x",
        y: "y",
        z: "name",
        stroke: ({ name }: { name: string }) => colorOf(name),
        strokeWidth: 2,
      }),
      Plot.frame({ anchor: "bottom", stroke: PALETTE.muted }),
    ],
  });
  return composeFigure({
    title: `The terms of the loss during the training of ${
      models.map(({ model }) => model).join(" and of ")
    }`,
    body: stacked([legend(drawn.map((label) => ({ label, color: colorOf(label), dash: "none" }))), body], 6),
    description: `Loss terms over epoch. At the end: ${
      lines.map(({ model, name, values }) =>
        `${model}, ${plainText(name)} ${(values.at(-1) ?? 0).toFixed(3)}`
      ).join("; ")
    }.`,
  });
}

function withSum(terms: ModelLoss["terms"]): { name: string; values: readonly number[] }[] {
  const lines = Object.entries(terms).map(([name, values]) => ({ name, values }));
  if (lines.length < 2) return lines;
  const length = Math.min(...lines.map(({ values }) => values.length));
  const sum = Array.from({ length }, (_, i) => lines.reduce((total, { values }) => total + values[i], 0));
  return [{ name: SUM, values: sum }, ...lines];
}
