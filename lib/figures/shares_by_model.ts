/** Shares of images, model by model: what a network still knows, and what its controls know. @module */
import * as Plot from "@observablehq/plot";
import { percent } from "../statistics.ts";
import { type MethodName, methodNamed } from "../training/method.ts";
import { chart, percentTick } from "./kit/chart.ts";
import {
  beside,
  BODY_WIDTH,
  composeFigure,
  type DatasetOrigin,
  type Figure,
  PALETTE,
  type Piece,
  stacked,
  text,
  unicodeText,
  wrap,
} from "./kit/svg.ts";

/** One share a model M_0, M_1, … */
export interface ShareLine {
  /** What is measured, such as `linear probe`. Written beside the line. */
  readonly name: string;
  /** Its color is the line's; gray where absent. */
  readonly method?: MethodName;
  /** A control: dashed. */
  readonly control?: boolean;
  /** One number a model, between 0 and 1; null where a model has none. */
  readonly shares: readonly (number | null)[];
}

/** What {@linkcode sharesByModel} draws. */
export interface SharesByModel extends DatasetOrigin {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** Second line. */
  readonly subtitle: string;
  /** What the vertical axis shows. */
  readonly label: string;
  /** One panel each. */
  readonly panels: readonly { readonly name: string; readonly lines: readonly ShareLine[] }[];
  /** Drawn through all panels as a dotted line, and what it means. */
  readonly chance?: { readonly share: number; readonly meaning: string };
  /** How to read it. */
  readonly notes?: readonly string[];
}

/** Room for the lines' names, of a panel's width. */
const DIRECT = 0.34;

/** A panel of lines each, with each line's name at its end. */
export function sharesByModel(
  { title, subtitle, label, panels, chance, notes = [] }: SharesByModel,
): Figure {
  const points = panels.flatMap(({ name: panel, lines }) =>
    lines.flatMap(({ name, method, control = false, shares }) =>
      shares.flatMap((share, model) => {
        if (share === null) return [];
        const color = method === undefined ? PALETTE.muted : methodNamed(method).color;
        return [{ panel, name, control, color, model, share }];
      })
    )
  );
  const last = Math.max(...points.map(({ model }) => model));
  const drawn = panels.map(({ name }, i) => panelOf(points.filter(({ panel }) => panel === name), name, i));
  function panelOf(own: typeof points, name: string, i: number): Piece {
    const room = DIRECT * BODY_WIDTH / panels.length;
    const ends = spread(own.filter(({ model }) => model === last));
    const place = { x: "model", y: "share" };
    const line = (control: boolean) =>
      Plot.line(own.filter((point) => point.control === control), {
        ...place,
        z: "name",
        stroke: "color",
        strokeWidth: control ? 1.75 : 2.75,
        strokeDasharray: control ? "5,4" : undefined,
      });
    const plot = chart({
      width: BODY_WIDTH / panels.length,
      height: 300,
      marginLeft: 46,
      marginRight: room + 10,
      marginTop: 26,
      marginBottom: 30,
      x: {
        label: null,
        domain: [0, last],
        ticks: Array.from({ length: last + 1 }, (_, t) => t),
        tickFormat: (t: number) => unicodeText(`M_{${t}}`),
      },
      y: { domain: [0, 1], label: i === 0 ? label : null, ticks: 5, tickFormat: percentTick },
      color: { type: "identity" },
      marks: [
        Plot.gridY({ stroke: PALETTE.faint, strokeOpacity: 1, ticks: 5 }),
        Plot.ruleY(chance === undefined ? [] : [chance.share], {
          stroke: PALETTE.muted,
          strokeDasharray: "1,3",
          strokeWidth: 1.5,
        }),
        line(true),
        line(false),
        Plot.dot(own.filter(({ control }) => !control), { ...place, fill: "color", stroke: "white", r: 4 }),
        Plot.text(ends, {
          x: "model",
          y: "at",
          text: ({ name, share }: typeof ends[number]) =>
            wrap(`${name} ${Math.round(100 * share)}\u00a0%`, room, 10).join(
              "\n",
            ),
          ...{ textAnchor: "start", dx: 8, fill: "color", fontSize: 10, lineHeight: 1.1 },
        }),
        Plot.frame({ anchor: "bottom", stroke: PALETTE.muted }),
      ],
    });
    return stacked([
      { svg: text(46, 14, name, { bold: true, size: 13 }), width: plot.width, height: 20 },
      plot,
    ]);
  }
  return composeFigure({
    title,
    subtitle,
    body: beside(drawn),
    notes: [
      ...(chance === undefined ? [] : [`Dotted: ${chance.meaning}, ${percent(chance.share)}.`]),
      ...notes,
    ],
    description: panels.map(({ name, lines }) =>
      `${name}: ${
        lines.map(({ name, shares }) =>
          `${name} ${shares.map((share) => share === null ? "none" : percent(share)).join(", ")}`
        ).join("; ")
      }.`
    ).join(" "),
  });
}

/** Heights for the names of lines that end near each other, at least 8 % apart. */
function spread<End extends { share: number }>(ends: readonly End[]): (End & { at: number })[] {
  const gap = 0.085;
  const sorted = ends.toSorted((a, b) => a.share - b.share).map((end) => ({ ...end, at: end.share }));
  sorted.forEach((end, i) => end.at = Math.max(end.at, i === 0 ? 0.02 : sorted[i - 1].at + gap));
  const excess = Math.max(0, (sorted.at(-1)?.at ?? 0) - 0.99);
  for (let i = sorted.length - 1, most = Infinity; i >= 0 && excess > 0; i--) {
    most = Math.min(most, 0.99, sorted[i].at);
    sorted[i].at = most;
    most -= gap;
  }
  return sorted;
}
