/**
 * `deno task bench`: how fast the engines are, by the project's own training step.
 * @module
 */
import { resolve } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { oneHotClasses } from "../../lib/attention/mod.ts";
import { type EngineName, useEngine, useThreads } from "../../lib/engine/mod.ts";
import { numbersToJson, writeFileWhole } from "../../lib/files.ts";
import { ResNet } from "../../lib/model/mod.ts";
import { configure } from "../../lib/run/configuration.ts";
import { median } from "../../lib/statistics.ts";
import { textTable } from "../../lib/table.ts";
import { iterate } from "../../lib/training/iteration.ts";
import { Sgd } from "../../lib/training/optimizer.ts";
import { UserError } from "../../lib/user_error.ts";
import { aboutOf, defineCommand, refusePositionals, runCommand } from "../commands/command_line.ts";

const COMMAND = { name: "bench", usage: "", about: aboutOf("bench"), options: {} };

/** What was measured last on a quiet machine. */
export const THROUGHPUT: string = resolve(import.meta.dirname!, "throughput.json");

/** What each engine does with a ResNet-20, 32 × 32 pixels and batches of 32. */
export interface Throughput {
  /** Such as `2 cores of AMD EPYC`. */
  readonly machine: string;
  /** Images a second of full training steps, and of forward passes alone. */
  readonly rows: readonly { engine: string; training: number; evaluation: number }[];
}

const BATCH = 32;

/** A python3 that has torch, if there is one. */
export async function pythonWithTorch(): Promise<string | undefined> {
  const look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)";
  for (const python of ["python3", "/usr/bin/python3"]) {
    const found = new Deno.Command(python, { args: ["-c", look] }).output();
    if (await found.then(({ success }) => success, () => false)) return python;
  }
}

/** Measures the engine in use, with images of noise. */
async function speed() {
  const training = configure({ method: "C" });
  const names = Array.from({ length: 20 }, (_, i) => `class ${i}`);
  const model = new ResNet({ depth: 20, widths: [16, 32, 64], stem: "3x3" }, names, 1);
  const sgd = new Sgd(model, training);
  const x = tf.randomNormal<tf.Rank.R4>([BATCH, 32, 32, 3]);
  const labels = oneHotClasses(Array.from({ length: BATCH }, (_, i) => 10 + i % 10), names.length);
  const forward = async () => {
    const logits = tf.tidy(() => model.forward(x).logits);
    await logits.data();
    logits.dispose();
  };
  const step = () => iterate(sgd, { x, labels, baseClasses: 10 }, "C", training, training.learningRate);
  return { training: BATCH / await secondsOf(step), evaluation: BATCH / await secondsOf(forward) };
}

/** Seconds of one run, the median of as many as fit into three seconds, at least three. */
async function secondsOf(run: () => Promise<unknown>): Promise<number> {
  const timed = async () => {
    const start = performance.now();
    await run();
    return (performance.now() - start) / 1000;
  };
  // The first makes the kernels, the next are still waiting for their compilation.
  for (let spent = await timed(); spent < 1; spent += await timed());
  const times: number[] = [];
  for (let spent = 0; times.length < 3 || spent < 3; spent += times.at(-1)!) times.push(await timed());
  return median(times);
}

export const bench = defineCommand(COMMAND, async (line, say) => {
  refusePositionals(line, COMMAND);
  const rows: Throughput["rows"][number][] = [];
  const ways: [name: string, engine: EngineName, threads: number, isNative: boolean][] = [
    ["wasm, compiled for the processor", "wasm", 1, true],
    ["the same, two threads", "wasm", 2, true],
    ["wasm", "wasm", 1, false],
    ["webgpu", "webgpu", 1, false],
  ];
  for (const [name, engine, threads, isNative] of ways) {
    try {
      Deno.env.set("LWM_NATIVE", isNative ? "1" : "0");
      useThreads(threads);
      const { path } = await useEngine(engine, { log: () => {} });
      console.error(`${name}: ${path ?? engine}`);
      rows.push({ engine: name, ...await speed() });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      console.error(error.message);
    }
  }
  const python = await pythonWithTorch();
  if (python !== undefined) {
    const script = resolve(import.meta.dirname!, "bench_torch.py");
    const { success, stdout, stderr } = await new Deno.Command(python, { args: [script] }).output();
    const [said, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
    if (success) rows.push(...JSON.parse(said));
    else console.error(`PyTorch: ${errors.split("\n").at(-1)}`);
  }
  for (const text of textTable(rows.map((row) => ({ ...row })))) say(text);
  const information = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = information.match(/model name\s*: (.+)/)?.[1] ?? `${Deno.build.os} on ${Deno.build.arch}`;
  const numbers: Throughput = { machine: `${navigator.hardwareConcurrency} cores of ${model}`, rows };
  await writeFileWhole(THROUGHPUT, numbersToJson(numbers));
  say("\nWritten: tools/bench/throughput.json");
});

if (import.meta.main) {
  await runCommand(bench);
  Deno.exit(0); // a WebGPU device keeps a process alive
}
