/**
 * The results of a study in one picture: what the methods keep and what they learn, and each difference with
 * its interval.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { mean, percent, signed } from "../statistics.ts";
import { type MethodName, methodNamed } from "../training/method.ts";
import { chart, frame, legend, percentTick } from "./kit/chart.ts";
import {
  beside,
  BODY_WIDTH,
  composeFigure,
  type Figure,
  type Origin,
  PALETTE,
  type Piece,
  stacked,
  text,
  textWidth,
  wrap,
} from "./kit/svg.ts";

/** Two accuracies between 0 and 1, each a mean over the increments. */
export interface OldAndNew {
  /** Of the classes of earlier steps. */
  readonly old: number;
  /** Of the classes of the step itself. */
  readonly new: number;
}

/** What {@linkcode front} draws. */
export interface Front extends Origin {
  /** One short sentence that says what is seen. */
  readonly title?: string;
  /** What labels and filled symbols say, in small print. */
  readonly note?: string;
  /** One panel each. */
  readonly datasets: readonly {
    /** Heading of the panel, such as `iCIFAR-100, 10 steps`. */
    readonly dataset: string;
    /** One symbol each. Of several arms of a method the first is filled, the others are hollow. */
    readonly arms: readonly {
      readonly method: MethodName;
      /** Written beside the mean. */
      readonly label: string;
      /** One small point each. */
      readonly seeds: readonly OldAndNew[];
    }[];
    /** Settings that were tried before, as faint symbols. */
    readonly tuning?: readonly (OldAndNew & { readonly method: MethodName })[];
  }[];
}

const GAP = 14;

/** Accuracy on old classes against accuracy on new ones; up and to the right is better. */
export function front({ title = "What is kept against what is learned", note, datasets }: Front): Figure {
  const methods = [...new Set(datasets.flatMap(({ arms }) => arms.map(({ method }) => method)))];
  const width = (BODY_WIDTH - GAP * (datasets.length - 1)) / datasets.length;
  return composeFigure({
    title,
    subtitle:
      "Accuracy on the old classes and on the new classes of each step; up and to the right is better",
    body: stacked([
      legend(methods.map((method) => ({ ...methodNamed(method), label: method }))),
      beside(datasets.map((panel) => frontPanel(panel, width)), GAP),
    ], 10),
    notes: [
      "Old: after each increment the accuracy on the classes of each earlier step, the mean over these steps and then " +
      "over the increments. New: the accuracy of each step's classes right after it, the mean over the increments.",
      ["Symbols: means over seeds, a method's first arm filled; dots: seeds; line: LwF-MC.", note].join(" ")
        .trim(),
    ],
    description: "Accuracy on old and on new classes. " +
      datasets.map(({ dataset, arms }) =>
        `${dataset}: ${
          arms.map(({ method, label, seeds }) =>
            `${label.startsWith(method) ? "" : `${method} `}${label} ${percent(meanOf(seeds, "old"))} and ${
              percent(meanOf(seeds, "new"))
            }`
          ).join(", ")
        }.`
      ).join(" "),
  });
}

const meanOf = (seeds: readonly OldAndNew[], of: keyof OldAndNew) => mean(seeds.map((seed) => seed[of]));
const PANEL = { height: 360, marginTop: 30, marginLeft: 46, marginRight: 4, marginBottom: 40 };
const LABEL_SIZE = 12;

function frontPanel({ dataset, arms, tuning = [] }: Front["datasets"][number], width: number): Piece {
  const means = arms.map(({ method, label, seeds }, i) => {
    const { color, symbol } = methodNamed(method);
    const fill = arms.findIndex((arm) => arm.method === method) === i ? color : "white";
    return { method, label, color, symbol, fill, old: meanOf(seeds, "old"), new: meanOf(seeds, "new") };
  });
  const seeds = arms.flatMap(({ seeds }, i) => seeds.map((seed) => ({ ...seed, color: means[i].color })));
  const faint = tuning.map((setting) => ({ ...methodNamed(setting.method), ...setting }));
  const scale = (of: keyof OldAndNew) => {
    const values = [...means, ...seeds].map((point) => point[of]);
    const margin = Math.max(0.01, 0.1 * (Math.max(...values) - Math.min(...values)));
    return [Math.max(0, Math.min(...values) - margin), Math.min(1, Math.max(...values) + margin)] as const;
  };
  const [x, y] = [scale("new"), scale("old")];
  const isInside = (point: OldAndNew) =>
    point.new >= x[0] && point.new <= x[1] && point.old >= y[0] && point.old <= y[1];
  const across = (x[1] - x[0]) / (width - PANEL.marginLeft - PANEL.marginRight);
  const down = (y[0] - y[1]) / (PANEL.height - PANEL.marginTop - PANEL.marginBottom);
  const inPixels = <Point extends OldAndNew>(point: Point) => {
    return { ...point, x: (point.new - x[0]) / across, y: (point.old - y[1]) / down };
  };
  const labels = placedLabels(
    means.map(inPixels),
    seeds.map(inPixels),
    (x[1] - x[0]) / across,
  ).map((one) => ({
    ...one,
    labelX: x[0] + one.labelX * across,
    labelY: y[1] + one.labelY * down,
    linkX: x[0] + one.linkX * across,
  }));
  const place = { x: "new", y: "old" };
  const ticks = { ticks: 4, tickFormat: percentTick };
  const plot = chart({
    ...PANEL,
    width,
    x: { domain: x, label: "accuracy on new classes →", ...ticks },
    y: { domain: y, label: "↑ accuracy on old classes", ...ticks },
    color: { type: "identity" },
    marks: [
      ...frame(4),
      Plot.dot(faint.filter(isInside), {
        ...place,
        symbol: "symbol",
        stroke: "color",
        strokeOpacity: 0.4,
        r: 3.5,
      }),
      Plot.dot(seeds, { ...place, fill: "color", fillOpacity: 0.35, r: 2.5 }),
      Plot.line(means.filter(({ method }) => method === "LwF-MC"), {
        ...place,
        sort: "new",
        stroke: "color",
        strokeWidth: 1.5,
      }),
      Plot.link(labels, {
        x1: "new",
        y1: "old",
        x2: "linkX",
        y2: "labelY",
        stroke: "color",
        strokeOpacity: 0.5,
      }),
      Plot.dot(means, { ...place, symbol: "symbol", stroke: "white", strokeWidth: 4, r: 4 }),
      Plot.dot(means, { ...place, symbol: "symbol", fill: "fill", stroke: "color", strokeWidth: 2, r: 4 }),
      Plot.text(labels, {
        x: "labelX",
        y: "labelY",
        text: "label",
        textAnchor: "start",
        fill: "color",
        stroke: "white",
        strokeWidth: 4,
        fontSize: LABEL_SIZE,
        fontWeight: "bold",
      }),
    ],
  });
  return stacked([{ svg: text(0, 14, dataset, { bold: true, size: 13 }), width, height: 22 }, plot]);
}

/**
 * Puts each label beside its point, at the nearest height at which it covers no other label, point or dot. In
 * pixels; `labelX` is where the label begins, `linkX` the end of the line from the point.
 */
function placedLabels<Point extends { x: number; y: number; label: string }>(
  points: readonly Point[],
  dots: readonly { x: number; y: number }[],
  width: number,
) {
  const taken = [
    ...points.map(({ x, y }) => ({ left: x - 9, right: x + 9, y, gap: 14 })),
    ...dots.map(({ x, y }) => ({ left: x - 3, right: x + 3, y, gap: 8 })),
  ];
  return points.map((point) => {
    const wide = textWidth(point.label, LABEL_SIZE, true);
    const labelX = point.x + 12 + wide <= width ? point.x + 12 : Math.max(2, point.x - 12 - wide);
    const right = labelX + wide;
    const heights = Array.from({ length: 80 }, (_, i) => point.y + 4 * Math.ceil(i / 2) * (i % 2 ? 1 : -1));
    const labelY = heights.find((height) =>
      height > 0 &&
      taken.every((one) => one.left > right || one.right < labelX || Math.abs(one.y - height) >= one.gap)
    ) ?? point.y;
    taken.push({ left: labelX, right, y: labelY, gap: 14 });
    return { ...point, labelX, labelY, linkX: Math.min(Math.max(point.x, labelX), right) };
  });
}

/** One difference, in points. */
export interface ForestRow {
  /** What is compared, and on what. */
  readonly label: string;
  /** The mean over the seeds. */
  readonly mean: number;
  /** Lower end of its 95 % interval. */
  readonly low: number;
  /** Upper end of its 95 % interval. */
  readonly high: number;
  /** In words, such as `no gain worth having`. */
  readonly verdict: string;
}

/** What {@linkcode forest} draws. */
export interface Forest extends Origin {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** What the horizontal axis shows, such as `points of accuracy, LwM minus the other`. */
  readonly label: string;
  /** A difference inside of ± this many points is not worth having. */
  readonly worth: number;
  /** From top to bottom. */
  readonly rows: readonly ForestRow[];
}

const LABELS = 236;
const VERDICTS = 178;
const ROW = 40;

/** Each difference as a point with its interval, around zero and the band of what is not worth having. */
export function forest({ title, label, worth, rows }: Forest): Figure {
  const at = { y: (_: ForestRow, i: number) => i };
  const atRight = { frameAnchor: "right", textAnchor: "start", dx: 12 } as const;
  const ends = rows.flatMap(({ low, high }) => [low, high]);
  const interval = ({ mean, low, high }: ForestRow) =>
    `${signed(mean, 1)}  [${signed(low, 1)}, ${signed(high, 1)}]`;
  return composeFigure({
    title,
    body: chart({
      width: BODY_WIDTH,
      height: ROW * rows.length + 44,
      marginLeft: LABELS,
      marginRight: VERDICTS,
      marginTop: 4,
      x: {
        domain: [Math.min(...ends, -2 * worth), Math.max(...ends, 2 * worth)],
        nice: true,
        label,
        inset: 4,
      },
      y: { domain: [-0.5, rows.length - 0.5], reverse: true, axis: null },
      marks: [
        Plot.rectX([0], { x1: -worth, x2: worth, fill: PALETTE.faint, fillOpacity: 0.6 }),
        Plot.ruleX([0], { stroke: PALETTE.muted }),
        Plot.ruleY(rows, { ...at, x1: "low", x2: "high", stroke: rowColor, strokeWidth: 2.5 }),
        Plot.dot(rows, { ...at, x: "mean", fill: rowColor, stroke: "white", r: 6 }),
        Plot.text(rows, {
          ...at,
          frameAnchor: "left",
          textAnchor: "end",
          dx: -12,
          fontSize: 12,
          text: ({ label }: ForestRow) => wrap(label, LABELS - 16, 12).join("\n"),
        }),
        Plot.text(rows, { ...at, ...atRight, dy: -7, text: interval }),
        Plot.text(rows, {
          ...at,
          ...atRight,
          dy: 8,
          text: "verdict",
          fill: rowColor,
          fontSize: 12,
          fontWeight: "bold",
        }),
      ],
    }),
    notes: [
      "Points are means over seeds, lines their 95 % intervals (Student's t). " +
      `Gray band: less than ±${worth} points, no gain worth having.`,
    ],
    description: rows.map((row) => `${row.label}: ${interval(row)}, ${row.verdict}.`).join(" "),
  });
}

/** Green above zero, vermilion below, gray where the interval holds zero, or is an estimate. */
function rowColor({ low, high, verdict }: ForestRow): string {
  if (verdict === "estimate" || low <= 0 && high >= 0) return PALETTE.muted;
  return low > 0 ? PALETTE.green : PALETTE.vermilion;
}
