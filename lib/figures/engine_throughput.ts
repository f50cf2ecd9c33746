/**
 * Images a second of each engine, against the size of the problem.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { chart, legend } from "./kit/chart.ts";
import type { MethodSymbol } from "../training/method.ts";
import { FAINT, INK, MUTED, PALETTE } from "./kit/colors.ts";
import { beside, BODY_WIDTH, composeFigure, type Drawing, type Figure, stacked } from "./kit/svg.ts";

/** What was measured for one engine and one setting. */
export interface ThroughputRow {
  /** One of the project's engines, or PyTorch for comparison. */
  readonly engine: "wasm" | "onednn" | "webgpu" | "cpu" | "torch";
  /** Depth of the ResNet. */
  readonly depth: number;
  /** Channels of the first stage. */
  readonly width: number;
  /** Height and width of the images in pixels. */
  readonly imageSize: number;
  /** Images a batch. */
  readonly batch: number;
  /** Threads that the engine may use. */
  readonly threads: number;
  /** Full training steps: forward, backward and update. */
  readonly trainImagesPerSecond: number;
  /** Forward passes without gradients. */
  readonly evaluationImagesPerSecond?: number;
}

/** The setting from which each panel changes one thing. */
export type ThroughputBase = Pick<ThroughputRow, "depth" | "width" | "imageSize" | "batch" | "threads">;

/** What {@linkcode engineThroughput} draws. */
export interface EngineThroughput {
  /** The machine, such as `2 cores of a Xeon at 2.6 GHz`. */
  readonly machine: string;
  /** The setting from which each panel changes one thing. */
  readonly base: ThroughputBase;
  /** All measurements, in any order. */
  readonly rows: readonly ThroughputRow[];
}

interface EngineStyle {
  readonly name: string;
  readonly color: string;
  readonly symbol: MethodSymbol;
}

const ENGINES: Readonly<Record<ThroughputRow["engine"], EngineStyle>> = {
  torch: { name: "PyTorch (reference)", color: INK, symbol: "diamond" },
  onednn: { name: "oneDNN", color: PALETTE.purple, symbol: "square" },
  wasm: { name: "wasm", color: PALETTE.orange, symbol: "circle" },
  webgpu: { name: "WebGPU", color: PALETTE.sky, symbol: "triangle" },
  cpu: { name: "cpu", color: MUTED, symbol: "circle" },
};

const PANELS = [
  { setting: "batch", label: "batch size" },
  { setting: "width", label: "channels of the first stage" },
  { setting: "depth", label: "depth" },
  { setting: "imageSize", label: "image size in pixels" },
] as const;

/**
 * Small multiples: each panel changes one setting of the base and keeps the others. What was measured at other
 * settings is listed below.
 */
export function engineThroughput({ machine, base, rows }: EngineThroughput): Figure {
  const inPanels = rows.filter((row) => PANELS.some(({ setting }) => differsOnlyIn(setting, row, base)));
  const domain = speedDomain(inPanels);
  const width = (BODY_WIDTH - 12) / 2;
  const panels = PANELS.map(({ setting, label }) => {
    return throughputPanel(
      rows.filter((row) => differsOnlyIn(setting, row, base)),
      setting,
      label,
      domain,
      width,
    );
  });
  const others = rows.filter((row) => !inPanels.includes(row));
  const engines = (Object.keys(ENGINES) as ThroughputRow["engine"][]).filter((engine) =>
    rows.some((row) => row.engine === engine)
  );
  const evaluated = rows.some((row) => row.evaluationImagesPerSecond !== undefined);
  const key = legend([
    ...engines.map((engine) => ({
      label: ENGINES[engine].name,
      color: ENGINES[engine].color,
      symbol: ENGINES[engine].symbol,
    })),
    ...(evaluated ? [{ label: "evaluation", color: MUTED, dash: "3,3" }] : []),
  ]);
  return composeFigure({
    title: "Training throughput of each engine, in images a second",
    subtitle:
      `${machine}; ResNet-${base.depth}, ${base.width} channels, ${base.imageSize} × ${base.imageSize} pixels, ` +
      `batch ${base.batch}, ${base.threads} thread${
        base.threads === 1 ? "" : "s"
      }, where a panel does not say otherwise`,
    body: stacked([
      key,
      beside(panels.slice(0, 2), 12),
      beside(panels.slice(2), 12),
      ...(others.length > 0 ? [otherSettings(others)] : []),
    ], 8),
    notes: [
      `Logarithmic scale. A training step is a forward pass, a backward pass and an update${
        evaluated ? "; dashed lines are forward passes alone" : ""
      }.${engines.includes("torch") ? " PyTorch is the broad grey line." : ""}`,
    ],
    description: `Training throughput at the base setting: ${
      rows.filter((row) => differsOnlyIn(undefined, row, base))
        .map((row) => `${ENGINES[row.engine].name} ${speedText(row.trainImagesPerSecond)}`).join(", ")
    } images a second.`,
  });
}

const SETTINGS = ["depth", "width", "imageSize", "batch", "threads"] as const;

/** Whether the row has the base's settings, but for one that may have any value. */
function differsOnlyIn(
  free: typeof SETTINGS[number] | undefined,
  row: ThroughputRow,
  base: ThroughputBase,
): boolean {
  return SETTINGS.every((setting) => setting === free || row[setting] === base[setting]);
}

function throughputPanel(
  rows: readonly ThroughputRow[],
  setting: "batch" | "width" | "depth" | "imageSize",
  label: string,
  domain: Domain,
  width: number,
): Drawing {
  const reference = ({ engine }: ThroughputRow) => engine === "torch";
  // The reference first, and broad: an engine that is as fast lies upon it and is still seen.
  const ordered = [...rows].sort((a, b) =>
    Number(reference(b)) - Number(reference(a)) || a[setting] - b[setting]
  );
  const settings = [...new Set(rows.map((row) => row[setting]))].sort((a, b) => a - b);
  const evaluated = ordered.filter((row) => row.evaluationImagesPerSecond !== undefined);
  const color = ({ engine }: ThroughputRow) => ENGINES[engine].color;
  return chart({
    width,
    height: 230,
    marginLeft: 52,
    marginRight: 14,
    marginTop: 26,
    marginBottom: 40,
    x: {
      type: "point",
      domain: settings,
      padding: 0.3,
      label,
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 36,
    },
    y: { ...speedAxis(domain), label: "images a second" },
    marks: [
      Plot.gridY(speedTicks(domain), { stroke: FAINT, strokeOpacity: 1 }),
      Plot.line(evaluated, {
        x: setting,
        y: "evaluationImagesPerSecond",
        z: "engine",
        stroke: color,
        strokeDasharray: "3,3",
        className: "evaluation",
      }),
      Plot.dot(evaluated, {
        x: setting,
        y: "evaluationImagesPerSecond",
        fill: color,
        r: 1.8,
        className: "evaluation",
      }),
      Plot.line(ordered, {
        x: setting,
        y: "trainImagesPerSecond",
        z: "engine",
        stroke: color,
        strokeWidth: (row: ThroughputRow) => reference(row) ? 7 : 2,
        strokeOpacity: (row: ThroughputRow) => reference(row) ? 0.25 : 1,
        className: "training",
      }),
      Plot.dot(ordered, {
        x: setting,
        y: "trainImagesPerSecond",
        fill: color,
        symbol: ({ engine }: ThroughputRow) => ENGINES[engine].symbol,
        stroke: "white",
        r: (row: ThroughputRow) => reference(row) ? 7.5 : 4,
        className: "training",
      }),
      Plot.frame({ anchor: "bottom", stroke: MUTED }),
    ],
    symbol: { type: "identity" },
    r: { type: "identity" },
  });
}

function otherSettings(rows: readonly ThroughputRow[]): Drawing {
  const name = ({ depth, width, imageSize, batch, threads }: ThroughputRow) =>
    `ResNet-${depth}, ${width} channels, ${imageSize} px, batch ${batch}, ${threads} thread${
      threads === 1 ? "" : "s"
    }`;
  const names = [...new Set(rows.map(name))];
  const domain = speedDomain(rows.map((row) => ({ ...row, evaluationImagesPerSecond: undefined })));
  return chart({
    width: BODY_WIDTH,
    height: 56 + 26 * names.length,
    marginLeft: 316,
    marginRight: 40,
    marginTop: 22,
    marginBottom: 34,
    x: {
      ...speedAxis(domain),
      label: "images a second, other settings",
      labelAnchor: "center",
      labelOffset: 32,
    },
    y: { type: "point", domain: names, label: null, tickSize: 0, padding: 0.5 },
    symbol: { type: "identity" },
    marks: [
      Plot.gridX(speedTicks(domain), { stroke: FAINT, strokeOpacity: 1 }),
      Plot.ruleY(names, { stroke: FAINT }),
      Plot.dot(rows, {
        x: "trainImagesPerSecond",
        y: name,
        fill: ({ engine }: ThroughputRow) => ENGINES[engine].color,
        symbol: ({ engine }: ThroughputRow) => ENGINES[engine].symbol,
        stroke: "white",
        r: 5,
        className: "training",
      }),
    ],
  });
}

type Domain = readonly [low: number, high: number];

function speedDomain(rows: readonly ThroughputRow[]): Domain {
  const training = rows.map((row) => row.trainImagesPerSecond);
  const evaluation = rows.flatMap((row) => row.evaluationImagesPerSecond ?? []);
  return [Math.min(...training, ...evaluation) * 0.75, Math.max(...training, ...evaluation) * 1.3];
}

function speedAxis(domain: Domain) {
  return {
    type: "log" as const,
    domain: [...domain],
    labelArrow: "none" as const,
    tickSize: 0,
    ticks: speedTicks(domain),
    tickFormat: speedText,
  };
}

/** As many round numbers as have room: 1, 2, 5, 10, … or 1, 3, 10, … or powers of ten alone. */
function speedTicks([low, high]: Domain): number[] {
  const steps = high / low < 50 ? [1, 2, 5] : high / low < 3000 ? [1, 3] : [1];
  const first = Math.floor(Math.log10(low));
  const decades = Array.from(
    { length: Math.ceil(Math.log10(high)) - first + 1 },
    (_, i) => 10 ** (first + i),
  );
  return decades.flatMap((decade) => steps.map((step) => step * decade)).filter((tick) =>
    tick >= low && tick <= high
  );
}

function speedText(speed: number): string {
  return String(Number(speed.toPrecision(speed < 1000 ? 3 : 2)));
}
