/**
 * What `deno task bench` says about its measurements.
 * @module
 */
import type { ThroughputRow } from "../../lib/figures/engine_throughput.ts";
import type { Leak, MethodSeconds, Speed } from "./bench_jobs.ts";
import { textTable } from "../../lib/table.ts";

/** The engines of the first outcomes; missing where the machine lacks them. */
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

/** What the full bench measures besides. */
export interface FurtherMeasurements {
  /** The table. */
  rows: ThroughputRow[];
  /** Images a second of the input pipeline alone. */
  pipeline: number;
  /** What 2,000 steps left behind. */
  leak: Leak;
  /** Accuracy after the same short training. */
  smoke: Partial<Record<string, number>>;
  /** Images a second of one process and of two side by side, together; absent on one core. */
  processes?: [one: number, two: number];
}

/** A number that was hoped for, and what became of it. */
export interface Outcome {
  /** The sentence that says it. */
  text: string;
  /** Absent where it could not be measured. */
  reached?: boolean;
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

/** The line that `--json` prints. `evaluation` is the throughput of forward passes over that of training steps. */
export function jsonLine({ imagesPerSecond, methods, evaluation }: QuickMeasurements): string {
  const round = (values: Record<string, number | undefined>, digits: number) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, value && +value.toFixed(digits)]),
    );
  return JSON.stringify({
    imagesPerSecond: round(imagesPerSecond, 1),
    stepRatio: round(stepRatios(methods), 3),
    evaluation: +(evaluation / fastest(imagesPerSecond).speed).toFixed(3),
  });
}

/** The first four outcomes. */
export function quickOutcomes({ imagesPerSecond, methods, evaluation }: QuickMeasurements): Outcome[] {
  const { wasm, onednn, torch } = imagesPerSecond;
  const best = fastest(imagesPerSecond);
  const ratio = stepRatios(methods);
  return [
    { text: `wasm trains ${images(wasm)} images a second (at least 100)`, reached: wasm && wasm >= 100 },
    {
      text: onednn && torch
        ? `onednn trains ${times(onednn / torch)} as many as PyTorch (at least 1.00): ${images(onednn)}, ${
          images(torch)
        }`
        : `onednn trains ${images(onednn)} images a second, PyTorch ${images(torch)}`,
      reached: onednn && torch ? onednn / torch >= 1 : undefined,
    },
    {
      text: onednn && wasm
        ? `onednn trains ${times(onednn / wasm)} as many as wasm (at least 5.50)`
        : "onednn over wasm",
      reached: onednn && wasm ? onednn / wasm >= 5.5 : undefined,
    },
    {
      text: `a step of LwM takes ${times(ratio.LwM)} one of C (at most 1.10), of LwF-MC ${
        times(ratio["LwF-MC"])
      }`,
      reached: ratio.LwM <= 1.1 && ratio["LwF-MC"] <= 1.1,
    },
    {
      text:
        `without the teacher's cache a step of LwM takes ${times(ratio["LwM uncached"])} (at most 1.45); ` +
        `with two extra forward and backward passes it would take ${times(ratio["two extra passes"])}`,
      reached: ratio["LwM uncached"] <= 1.45,
    },
    {
      text: `forward passes alone: ${images(evaluation)} images a second on ${best.engine}, ` +
        `${times(evaluation / best.speed)} the training's (at least 2.50)`,
      reached: evaluation / best.speed >= 2.5,
    },
  ].map(({ text, reached }) => ({ text, reached: reached === undefined ? undefined : Boolean(reached) }));
}

/** The other outcomes. */
export function furtherOutcomes(
  { imagesPerSecond }: QuickMeasurements,
  { rows, pipeline, leak, smoke, processes }: FurtherMeasurements,
): Outcome[] {
  const best = fastest(imagesPerSecond);
  const growth = leak.bytes[1] / leak.bytes[0] - 1;
  const accuracies = Object.values(smoke) as number[];
  const spread = 100 * (Math.max(...accuracies) - Math.min(...accuracies));
  return [
    {
      text:
        `the input pipeline makes ${images(pipeline)} images a second, ${
          times(pipeline / best.speed)
        } what ` +
        `${best.engine} consumes (at least 5.00)`,
      reached: pipeline / best.speed >= 5,
    },
    ...(["wasm", "onednn"] as const).flatMap((engine) => {
      const speeds = rows.filter((row) => row.engine === engine && isInPanel(row, "batch") && row.batch >= 16)
        .map((row) => row.trainImagesPerSecond);
      if (speeds.length < 2) return [];
      const spread = Math.max(...speeds) / Math.min(...speeds);
      return [{
        text: `${engine}: the time of an image stays within ${
          times(spread)
        } from batch 16 to 256 (at most 1.30)`,
        reached: spread <= 1.3,
      }];
    }),
    {
      text: `2,000 steps leave ${leak.tensors[1] - leak.tensors[0]} tensors behind and ` +
        `${(100 * growth).toFixed(1)} % more memory (0; less than 5 %)`,
      reached: leak.tensors[0] === leak.tensors[1] && growth < 0.05,
    },
    {
      text: "the same three epochs end with an accuracy of " +
        Object.entries(smoke).map(([engine, value]) => `${(100 * value!).toFixed(1)} % on ${engine}`).join(
          ", ",
        ) +
        " (within 2 points)",
      reached: accuracies.length > 1 ? spread <= 2 : undefined,
    },
    processes
      ? {
        text:
          `two processes train ${
            times(processes[1] / processes[0])
          } as many images as one (at least 1.80): ` +
          `${images(processes[1])}, ${images(processes[0])}`,
        reached: processes[1] / processes[0] >= 1.8,
      }
      : { text: "two processes: there is one core only" },
  ];
}

/** The setting from which the rows of the table each change one thing. */
export const BASE = { depth: 20, width: 16, imageSize: 32, batch: 32, threads: 1 } as const;

function isInPanel(row: ThroughputRow, free: keyof typeof BASE): boolean {
  return (Object.keys(BASE) as (keyof typeof BASE)[]).every((name) =>
    name === free || row[name] === BASE[name]
  );
}

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

/** An outcome as a line of text. */
export function outcomeLine({ text, reached }: Outcome): string {
  return `${reached === undefined ? "–" : reached ? "✓" : "✗"} ${text}`;
}
