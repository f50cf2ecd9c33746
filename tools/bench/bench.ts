/**
 * `deno task bench`: how fast the engines are, by the project's own training step on one thread.
 * @module
 */
import { resolve } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { oneHotClasses } from "../../lib/attention/mod.ts";
import { type EngineName, useEngine } from "../../lib/engine/mod.ts";
import { numbersToJson, writeFileWhole } from "../../lib/files.ts";
import { ResNet } from "../../lib/model/mod.ts";
import { configure } from "../../lib/run/configuration.ts";
import { median } from "../../lib/statistics.ts";
import { textTable } from "../../lib/table.ts";
import { iterate } from "../../lib/training/iteration.ts";
import { Sgd } from "../../lib/training/optimizer.ts";
import { UserError } from "../../lib/user_error.ts";
import { parseCommandLine, refusePositionals, runCommand } from "../commands/command_line.ts";

const COMMAND = {
  name: "bench",
  usage: "",
  about:
    `Measures training and evaluation on every engine that is here, and in PyTorch where a python3 has it. Takes some five
minutes, and writes tools/bench/throughput.json. The numbers mean something on an otherwise idle machine only.`,
  options: {},
};

/** What was measured last on a quiet machine. */
export const THROUGHPUT: string = resolve(import.meta.dirname!, "throughput.json");

/** Images a second of each engine, at several sizes of the problem. */
export interface Throughput {
  /** Such as `2 cores of AMD EPYC`. */
  readonly machine: string;
  /** The workload from which the others each change one thing. */
  readonly base: Workload;
  /** Images a second of full training steps, and of forward passes alone. */
  readonly rows: readonly (Workload & {
    engine: EngineName | "torch";
    trainImagesPerSecond: number;
    evaluationImagesPerSecond: number;
  })[];
}

/** A network, and its images; each stage has twice as many channels as the one before, `width` at first. */
type Workload = Readonly<Record<"depth" | "width" | "imageSize" | "batch" | "threads", number>>;

const BASE: Workload = { depth: 20, width: 16, imageSize: 32, batch: 32, threads: 1 };
const WORKLOADS: readonly Workload[] = [
  BASE,
  ...[16, 64, 128, 256].map((batch) => ({ ...BASE, batch })),
  ...[8, 32].map((width) => ({ ...BASE, width })),
  ...[8, 32].map((depth) => ({ ...BASE, depth })),
  ...[64, 96].map((imageSize) => ({ ...BASE, imageSize })),
  { ...BASE, depth: 18, width: 64, imageSize: 224, batch: 8 }, // the network for photographs
];

/** An engine that takes longer for a row has no further one: a software renderer would take minutes. */
const MOST_SECONDS_OF_ROW = 15;

/** A python3 that has torch, if there is one. */
export async function pythonWithTorch(): Promise<string | undefined> {
  const look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)";
  for (const python of ["python3", "/usr/bin/python3"]) {
    const found = new Deno.Command(python, { args: ["-c", look] }).output();
    if (await found.then(({ success }) => success, () => false)) return python;
  }
}

/** Measures one workload on the engine in use, with images of noise. */
async function speedOf({ depth, width, imageSize, batch }: Workload) {
  const training = configure({ method: "C" });
  const widths = (depth === 18 ? [1, 2, 4, 8] : [1, 2, 4]).map((factor) => factor * width);
  const names = Array.from({ length: 20 }, (_, i) => `class ${i}`);
  const model = new ResNet({ depth, widths, stem: depth === 18 ? "7x7/4" : "3x3" }, names, 1);
  const sgd = new Sgd(model, training);
  const x = tf.randomNormal<tf.Rank.R4>([batch, imageSize, imageSize, 3]);
  const labels = oneHotClasses(Array.from({ length: batch }, (_, i) => 10 + i % 10), names.length);
  const forward = async () => {
    const logits = tf.tidy(() => model.forward(x).logits);
    await logits.data();
    logits.dispose();
  };
  const step = () => iterate(sgd, { x, labels, baseClasses: 10 }, "C", training, training.learningRate);
  const speed = {
    trainImagesPerSecond: batch / await secondsOf(step, 1),
    evaluationImagesPerSecond: batch / await secondsOf(forward, 1 / 3),
  };
  sgd.dispose();
  model.dispose();
  tf.dispose([x, labels]);
  return speed;
}

/** Seconds of one run, the median of as many as fit into the time, at least three. */
async function secondsOf(run: () => Promise<unknown>, seconds: number): Promise<number> {
  const timed = async () => {
    const start = performance.now();
    await run();
    return (performance.now() - start) / 1000;
  };
  // The first makes the kernels, the next are still waiting for their compilation.
  for (let spent = await timed(); spent < seconds / 3; spent += await timed());
  const times: number[] = [];
  for (let spent = 0; times.length < 3 || spent < seconds; spent += times.at(-1)!) times.push(await timed());
  return median(times);
}

/** The workloads on an engine, as far as it is fast enough; none where it cannot be used here. */
async function rowsOf(engine: "wasm" | "onednn" | "webgpu"): Promise<Throughput["rows"]> {
  const rows: Throughput["rows"][number][] = [];
  try {
    await useEngine(engine, { log: console.error });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return rows;
  }
  for (const workload of WORKLOADS) {
    const start = performance.now();
    rows.push({ engine, ...workload, ...await speedOf(workload) });
    if (performance.now() - start > 1000 * MOST_SECONDS_OF_ROW) break;
  }
  return rows;
}

async function rowsOfTorch(): Promise<Throughput["rows"]> {
  const python = await pythonWithTorch();
  if (python === undefined) return [];
  const script = resolve(import.meta.dirname!, "bench_torch.py");
  const { stdout } = await new Deno.Command(python, { args: [script, JSON.stringify(WORKLOADS)] }).output();
  const speeds = new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
  return WORKLOADS.map((workload, i) => ({ engine: "torch", ...workload, ...speeds[i] }));
}

export async function bench(args: string[]): Promise<void> {
  const line = parseCommandLine(args, COMMAND);
  if (line.help) return console.log(line.help);
  refusePositionals(line, COMMAND);
  const information = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = information.match(/model name\s*: (.+)/)?.[1] ?? `${Deno.build.os} on ${Deno.build.arch}`;
  const rows: Throughput["rows"][number][] = [];
  for (const engine of ["wasm", "onednn", "webgpu"] as const) rows.push(...await rowsOf(engine));
  rows.push(...await rowsOfTorch());
  for (const text of textTable(rows.map((row) => ({ ...row })))) console.log(text);
  const machine = `${navigator.hardwareConcurrency} cores of ${model}`;
  const numbers: Throughput = { machine, base: BASE, rows };
  await writeFileWhole(THROUGHPUT, numbersToJson(numbers));
  console.log("\nWritten: tools/bench/throughput.json");
}

if (import.meta.main) {
  await runCommand(bench);
  Deno.exit(0); // a WebGPU device keeps a process alive
}
