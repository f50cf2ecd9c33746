/**
 * The terms of the loss while models train.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { chart, legend } from "./kit/chart.ts";
import { FAINT, INK, MUTED, PALETTE } from "./kit/colors.ts";
import {
  beside,
  BODY_WIDTH,
  composeFigure,
  type Drawing,
  type Figure,
  plainText,
  stacked,
  text,
} from "./kit/svg.ts";

/** The loss of one model over its training. */
export interface ModelLoss {
  /** What was trained, such as `LwM, M_{1}`. */
  readonly model: string;
  /** Each term as it is weighted, such as `L_{C}` or `γ · L_{AD}`: one number a position. */
  readonly terms: Readonly<Record<string, readonly number[]>>;
}

/** What {@linkcode trainingCurve} draws. */
export interface TrainingCurve {
  /** What is counted on the horizontal axis, such as `epoch`. */
  readonly xLabel: string;
  /** Positions on the horizontal axis, in rising order. */
  readonly x: readonly number[];
  /** One panel each. */
  readonly models: readonly ModelLoss[];
}

const SUM = "L, their sum";
const COLORS = [PALETTE.vermilion, PALETTE.blue, PALETTE.green, PALETTE.orange, PALETTE.purple, PALETTE.sky];

/** One line for each term of the loss, and one for their sum where there are several; all panels share their axes. */
export function trainingCurve({ xLabel, x, models }: TrainingCurve): Figure {
  const names = [...new Set(models.flatMap(({ terms }) => Object.keys(terms)))];
  const colors = new Map([
    [SUM, INK],
    ...names.map((name, i): [string, string] => [name, COLORS[i % COLORS.length]]),
  ]);
  const lines = models.map(({ model, terms }) => ({ model, lines: withSum(terms) }));
  const highest = Math.max(...lines.flatMap(({ lines }) => lines.flatMap(({ values }) => values)));
  const width = (BODY_WIDTH - 12 * (models.length - 1)) / models.length;
  const panels = lines.map(({ model, lines }): Drawing => {
    const points = lines.flatMap(({ name, values }) => values.map((y, i) => ({ name, x: x[i], y })));
    const panel = chart({
      width,
      height: 300,
      marginLeft: 52,
      marginRight: 18,
      marginTop: 26,
      marginBottom: 40,
      x: {
        label: xLabel,
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 36,
        ticks: 10 / models.length,
        tickFormat: String,
      },
      y: { label: "loss", domain: [0, highest], labelArrow: "none", tickSize: 0, nice: true, ticks: 6 },
      marks: [
        Plot.gridY({ stroke: FAINT, strokeOpacity: 1, ticks: 6 }),
        Plot.line(points, {
          x: "x",
          y: "y",
          z: "name",
          stroke: ({ name }: { name: string }) => colors.get(name),
          strokeWidth: x.length > 300 ? 1 : 2,
        }),
        Plot.frame({ anchor: "bottom", stroke: MUTED }),
      ],
    });
    if (models.length === 1) return panel;
    const heading = text(width / 2, 13, model, { anchor: "middle", bold: true });
    return stacked([{ svg: heading, width, height: 18 }, panel]);
  });
  const drawn = [...colors.keys()].filter((name) =>
    lines.some(({ lines }) => lines.some((line) => line.name === name))
  );
  return composeFigure({
    title: `The terms of the loss during the training of ${
      models.map(({ model }) => model).join(" and of ")
    }`,
    body: stacked([
      legend(drawn.map((label) => ({ label, color: colors.get(label)!, dash: "none" }))),
      beside(panels, 12),
    ], 6),
    description: `Loss terms over ${xLabel}. At the end: ` +
      lines.map(({ model, lines }) =>
        `${plainText(model)}: ${
          lines.map(({ name, values }) => `${plainText(name)} ${(values.at(-1) ?? 0).toFixed(3)}`).join(", ")
        }.`
      ).join(" "),
  });
}

function withSum(terms: ModelLoss["terms"]): { name: string; values: readonly number[] }[] {
  const lines = Object.entries(terms).map(([name, values]) => ({ name, values }));
  if (lines.length < 2) return lines;
  const length = Math.min(...lines.map(({ values }) => values.length));
  const sum = Array.from({ length }, (_, i) => lines.reduce((total, { values }) => total + values[i], 0));
  return [{ name: SUM, values: sum }, ...lines];
}
