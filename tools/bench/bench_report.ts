/**
 * What `deno task bench` says about its measurements.
 * @module
 */
import type { ThroughputRow } from "../../lib/figures/engine_throughput.ts";
import type { MethodSeconds, RunSeconds, Speed } from "./bench_jobs.ts";
import { percent } from "../../lib/statistics.ts";
import { textTable } from "../../lib/table.ts";

/** The engines that are compared; missing where the machine lacks them. */
export type SpeedByEngine = Partial<Record<"wasm" | "onednn" | "torch", number>>;

/** What `--quick` measures. */
export interface QuickMeasurements {
  /** Training at the base setting. */
  imagesPerSecond: SpeedByEngine;
  /** On the fastest engine. */
  methods: MethodSeconds;
  /** Forward passes on the fastest engine, in images a second. */
  evaluation: number;
}

const images = (value: number | undefined) => value === undefined ? "–" : value.toFixed(value < 10 ? 1 : 0);
const times = (value: number) => `${value.toFixed(2)} ×`;

/** The faster of the project's own engines. */
export function fastest(
  { wasm = 0, onednn = 0 }: SpeedByEngine,
): { engine: "wasm" | "onednn"; speed: number } {
  return onednn > wasm ? { engine: "onednn", speed: onednn } : { engine: "wasm", speed: wasm };
}

/** Time of each method's step over that of C. */
export function stepRatios(methods: MethodSeconds): Record<keyof MethodSeconds, number> {
  const ratios = Object.entries(methods).map(([name, seconds]) => [name, seconds / methods.C]);
  return Object.fromEntries(ratios);
}

/**
 * The line that `--json` prints. `evaluation` is the throughput of forward passes over that of training steps.
 *
 * @param busy share of the cores' time that the last `deno task reproduce` used, where it is known
 */
export function jsonLine({ imagesPerSecond, methods, evaluation }: QuickMeasurements, busy?: number): string {
  const round = (values: Record<string, number | undefined>, digits: number) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, value && +value.toFixed(digits)]),
    );
  return JSON.stringify({
    imagesPerSecond: round(imagesPerSecond, 1),
    stepRatio: round(stepRatios(methods), 3),
    evaluation: +(evaluation / fastest(imagesPerSecond).speed).toFixed(3),
    busy: busy && +busy.toFixed(3),
  });
}

/** The measurements of `--quick` as lines of text. */
export function quickLines({ imagesPerSecond, methods, evaluation }: QuickMeasurements): string[] {
  const { wasm, onednn, torch } = imagesPerSecond;
  const { engine, speed } = fastest(imagesPerSecond);
  const ratio = stepRatios(methods);
  const besides = (value: number | undefined, name: string, other: number | undefined) =>
    value && other ? `, ${times(value / other)} as many as ${name}` : "";
  return [
    `Training, images a second: wasm ${images(wasm)}${besides(wasm, "PyTorch", torch)}; onednn ${
      images(onednn)
    }` +
    `${besides(onednn, "PyTorch", torch)}; PyTorch ${images(torch)}`,
    `A step takes, beside one of C: LwF-MC ${times(ratio["LwF-MC"])}, LwM ${
      times(ratio.LwM)
    }, without the teacher's ` +
    `cache ${times(ratio["LwM uncached"])}, with two extra passes ${times(ratio["two extra passes"])}`,
    `Forward passes alone on ${engine}: ${images(evaluation)} images a second, ${
      times(evaluation / speed)
    } the training's`,
  ];
}

/** The setting from which the rows of the table each change one thing. */
export const BASE = { depth: 20, width: 16, imageSize: 32, batch: 32, threads: 1 } as const;

/** All measurements as lines of text. */
export function throughputTable(rows: readonly ThroughputRow[]): string[] {
  return textTable(rows.map((row) => ({
    "engine": row.engine,
    "network": `ResNet-${row.depth}`,
    "channels": row.width,
    "image": `${row.imageSize} × ${row.imageSize}`,
    "batch": row.batch,
    "training/s": images(row.trainImagesPerSecond),
    "forward/s": images(row.evaluationImagesPerSecond),
  })));
}

/** Where the time of a run goes, for each data set. */
export function runTable(runs: Readonly<Record<string, RunSeconds>>): string[] {
  return textTable(
    Object.entries(runs).map(([dataset, seconds]) => {
      const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
      const parts = Object.entries(seconds).map(([part, value]) => [part, percent(value / total)]);
      return {
        "run of LwM": dataset,
        "seconds": total.toFixed(0),
        ...Object.fromEntries(parts),
        "not iterations": percent(1 - seconds.iterations / total),
      };
    }),
  );
}

/** One row of the table. */
export function throughputRow(
  engine: ThroughputRow["engine"],
  setting: Pick<ThroughputRow, "depth" | "width" | "imageSize" | "batch">,
  { train, evaluation }: Speed,
): ThroughputRow {
  return {
    engine,
    ...setting,
    threads: 1,
    trainImagesPerSecond: train,
    evaluationImagesPerSecond: evaluation,
  };
}
