/**
 * Images a second of each engine, at several sizes of the problem.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { chart, legend, type LegendEntry } from "./kit/chart.ts";
import { BODY_WIDTH, composeFigure, type Figure, PALETTE, stacked, wrap } from "./kit/svg.ts";

/** What was measured for one engine and one setting. */
export interface ThroughputRow {
  /** One of the project's engines, or PyTorch for comparison. */
  readonly engine: "wasm" | "onednn" | "webgpu" | "torch";
  readonly depth: number;
  readonly width: number;
  readonly imageSize: number;
  readonly batch: number;
  readonly threads: number;
  /** Full training steps: forward, backward and update. */
  readonly trainImagesPerSecond: number;
  /** Forward passes without gradients. */
  readonly evaluationImagesPerSecond: number;
}

/** The setting from which others differ. */
export type ThroughputBase = Pick<ThroughputRow, "depth" | "width" | "imageSize" | "batch" | "threads">;

export interface EngineThroughput {
  /** The machine, such as `2 cores of a Xeon at 2.6 GHz`. */
  readonly machine: string;
  readonly base: ThroughputBase;
  readonly rows: readonly ThroughputRow[];
}

const ENGINES: Readonly<Record<ThroughputRow["engine"], LegendEntry>> = {
  torch: { label: "PyTorch (reference)", color: PALETTE.ink, symbol: "diamond" },
  onednn: { label: "oneDNN", color: PALETTE.purple, symbol: "square" },
  wasm: { label: "wasm", color: PALETTE.orange, symbol: "circle" },
  webgpu: { label: "WebGPU", color: PALETTE.sky, symbol: "triangle" },
};

const LABELS = 160;
const ROW = 27;

/** One row a setting, the base first; one panel for training and one for forward passes alone. */
export function engineThroughput({ machine, base, rows }: EngineThroughput): Figure {
  const settings = [...new Set([base, ...rows].map((row) => settingName(row, base)))];
  const engines = (Object.keys(ENGINES) as ThroughputRow["engine"][]).filter((engine) =>
    rows.some((row) => row.engine === engine)
  );
  const points = rows.flatMap((row) => {
    const { color, symbol } = ENGINES[row.engine];
    const style = row.engine === "torch"
      ? { fill: "none", stroke: color, r: 7 }
      : { fill: color, stroke: "white", r: 5 };
    const point = { setting: settingName(row, base), symbol, ...style };
    return [
      { ...point, phase: "training", speed: row.trainImagesPerSecond },
      { ...point, phase: "forward passes alone", speed: row.evaluationImagesPerSecond },
    ];
  });
  const speeds = points.map(({ speed }) => speed);
  const ticks = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]
    .filter((tick) => tick > Math.min(...speeds) && tick < Math.max(...speeds));
  const body = chart({
    width: BODY_WIDTH,
    height: ROW * settings.length + 70,
    marginLeft: LABELS,
    marginRight: 12,
    marginTop: 34,
    fx: { label: null, domain: ["training", "forward passes alone"] },
    x: {
      type: "log",
      inset: 12,
      ticks,
      tickFormat: String,
      tickSize: 0,
      label: "images a second",
    },
    y: {
      type: "point",
      domain: settings,
      label: null,
      tickFormat: (name: string) => wrap(name, LABELS - 14, 11).join("\n"),
      padding: 0.5,
    },
    marks: [
      Plot.gridX(ticks, { stroke: PALETTE.faint, strokeOpacity: 1 }),
      Plot.ruleY(settings, { stroke: PALETTE.faint }),
      Plot.dot(points, {
        x: "speed",
        y: "setting",
        fx: "phase",
        fill: "fill",
        symbol: "symbol",
        stroke: "stroke",
        r: "r",
      }),
    ],
  });
  const atBase = rows.filter((row) => settingName(row, base) === "base");
  return composeFigure({
    title: "Throughput of each engine, in images a second",
    subtitle:
      `${machine}; the base is ResNet-${base.depth} with ${base.width} channels on ${base.imageSize} × ` +
      `${base.imageSize} pixels, batch ${base.batch}, ${base.threads} thread${base.threads === 1 ? "" : "s"}`,
    body: stacked([
      legend(engines.map((engine) => ENGINES[engine])),
      body,
    ], 8),
    notes: [
      "Logarithmic scale. Each row says in what it differs from the base. A training step is a forward pass, a backward pass and an update.",
    ],
    description: `Training throughput at the base: ${
      atBase.map((row) => `${ENGINES[row.engine].label} ${row.trainImagesPerSecond.toPrecision(3)}`).join(
        ", ",
      )
    } images a second.`,
  });
}

function settingName(row: ThroughputBase, base: ThroughputBase): string {
  const words = {
    depth: "ResNet-$",
    width: "$ channels",
    imageSize: "$ pixels",
    batch: "batch $",
    threads: "$ threads",
  };
  const fields = (Object.keys(words) as (keyof ThroughputBase)[]).filter((field) =>
    row[field] !== base[field]
  );
  return fields.map((field) => words[field].replace("$", String(row[field]))).join(", ") || "base";
}
