/**
 * `deno task bench`: how fast the engines are, and what attention distillation costs.
 *
 * Everything is measured with the project's own training step, each engine in a process of its own on one
 * thread.
 * @module
 */
import { resolve } from "node:path";
import { numbersToJson, writeFilesWhole } from "../../lib/files.ts";
import { textTable } from "../../lib/table.ts";
import { UserError } from "../../lib/user_error.ts";
import { parseCommandLine, refusePositionals, runCommand } from "../commands/command_line.ts";
import type { MethodSeconds, Order, Speed, Workload } from "./bench_orders.ts";

const COMMAND = {
  name: "bench",
  usage: "[--quick] [--json]",
  about:
    `Measures training and evaluation on every engine that is here, and in PyTorch where a python3 has it. Takes some seven
minutes; writes tools/bench/throughput.json. The numbers mean something on an otherwise idle machine only.

  deno task bench --quick`,
  options: {
    quick: "one network and the methods' steps only, in under 40 seconds; writes nothing",
    json: "print them as one line of JSON and nothing else (with --quick only)",
  },
};

/** What was measured last on a quiet machine. */
export const THROUGHPUT: string = resolve(import.meta.dirname!, "throughput.json");

/** Images a second of each engine, at several sizes of the problem. */
export interface Throughput {
  /** Such as `2 cores of AMD EPYC`. */
  readonly machine: string;
  readonly base: Workload & { threads: number };
  /** Images a second of full training steps, and of forward passes alone. */
  readonly rows: readonly (Workload & {
    engine: Engine;
    threads: number;
    trainImagesPerSecond: number;
    evaluationImagesPerSecond: number;
  })[];
}

/** The workload from which the rows each change one thing. */
const BASE: Workload = { depth: 20, width: 16, imageSize: 32, batch: 32 };

/** The rows, for each engine. */
const WORKLOADS: readonly Workload[] = [
  BASE,
  ...[16, 64, 128, 256].map((batch) => ({ ...BASE, batch })),
  ...[8, 32].map((width) => ({ ...BASE, width })),
  ...[8, 32].map((depth) => ({ ...BASE, depth })),
  ...[64, 96].map((imageSize) => ({ ...BASE, imageSize })),
  { depth: 18, width: 64, imageSize: 224, batch: 8 },
];

const ENGINES = ["wasm", "onednn", "webgpu", "torch"] as const;

type Engine = typeof ENGINES[number];

/**
 * An engine that takes longer for a row, in seconds, has no further one: a software renderer would take
 * minutes.
 */
const MOST_SECONDS_OF_ROW = 15;

/** A python3 that has torch, if there is one. */
export async function pythonWithTorch(): Promise<string | undefined> {
  const look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)";
  for (const python of ["python3", "/usr/bin/python3"]) {
    const found = new Deno.Command(python, { args: ["-c", look] }).output();
    if (await found.then(({ success }) => success, () => false)) return python;
  }
}

/** What is measured on an engine by these orders, in a process of its own. */
async function results(engine: Engine, orders: readonly Order[]): Promise<unknown[]> {
  const beside = (name: string) => resolve(import.meta.dirname!, name);
  const [command, ...args] = engine === "torch"
    ? [await pythonWithTorch() ?? "python3", beside("bench_torch.py"), JSON.stringify(orders)]
    : [
      Deno.execPath(),
      "run",
      "-A",
      "--no-check",
      beside("bench_orders.ts"),
      JSON.stringify({ engine, orders }),
    ];
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const [said, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new UserError(`Expected a measurement but its process failed:\n${errors.trim()}`);
  return said.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

function isHere(engine: Engine): Promise<boolean> {
  return results(engine, []).then(() => true, () => false);
}

export interface QuickMeasurements {
  /** Training at the base workload; an engine is missing where the machine lacks it. */
  imagesPerSecond: Partial<Record<"wasm" | "onednn" | "torch", number>>;
  /** On the faster of the project's own engines. */
  methods: MethodSeconds;
  /** Forward passes on that engine over training steps on it. */
  evaluation: number;
}

/** What `--json` prints. */
export function summaryOf({ imagesPerSecond, methods, evaluation }: QuickMeasurements) {
  const each = (values: Record<string, number>, write: (value: number) => number) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, write(value)]));
  return {
    imagesPerSecond: each(imagesPerSecond, (value) => +value.toFixed(1)),
    stepRatio: each(methods, (seconds) => +(seconds / methods.C).toFixed(3)),
    evaluation: +evaluation.toFixed(3),
  };
}

async function quick(): Promise<QuickMeasurements> {
  const imagesPerSecond: QuickMeasurements["imagesPerSecond"] = {};
  for (const engine of ["wasm", "onednn", "torch"] as const) {
    if (!await isHere(engine)) continue;
    console.error(`Training on ${engine} …`);
    const [{ train }] = await results(engine, [{ workload: BASE, train: 2.5 }]) as Speed[];
    imagesPerSecond[engine] = train;
  }
  const { wasm = 0, onednn = 0 } = imagesPerSecond;
  const best = onednn > wasm ? "onednn" : "wasm";
  console.error(`The methods' steps, and evaluation, on ${best} …`);
  const [methods, { evaluation = 0 }] = await results(best, [
    { workload: BASE, rounds: 10 },
    { workload: { ...BASE, batch: 128 }, evaluation: 2 },
  ]) as [MethodSeconds, Speed];
  return { imagesPerSecond, methods, evaluation: evaluation / Math.max(wasm, onednn) };
}

/**
 * The rows, on every engine. At each row the engines take turns, so that a machine that slows down
 * slows all of them, twice; the faster time counts.
 */
async function allRows(): Promise<Throughput["rows"]> {
  const rows: Throughput["rows"][number][] = [];
  const left = new Set<Engine>();
  for (const engine of ENGINES) if (await isHere(engine)) left.add(engine);
  for (const [i, workload] of WORKLOADS.entries()) {
    console.error(`Row ${i + 1} of ${WORKLOADS.length} …`);
    const speeds = new Map<Engine, Required<Speed>[]>();
    for (const engine of [...left, ...left]) {
      if (!left.has(engine)) continue;
      const start = performance.now();
      const [speed] = await results(engine, [{ workload, train: 1, evaluation: 1 / 3 }]) as Required<Speed>[];
      speeds.set(engine, [...speeds.get(engine) ?? [], speed]);
      if (performance.now() - start > 1000 * MOST_SECONDS_OF_ROW) left.delete(engine);
    }
    for (const [engine, both] of speeds) {
      rows.push({
        engine,
        ...workload,
        threads: 1,
        trainImagesPerSecond: Math.max(...both.map(({ train }) => train)),
        evaluationImagesPerSecond: Math.max(...both.map(({ evaluation }) => evaluation)),
      });
    }
  }
  return ENGINES.flatMap((engine) => rows.filter((row) => row.engine === engine));
}

async function describeMachine(): Promise<string> {
  const cores = navigator.hardwareConcurrency;
  const information = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = information.match(/model name\s*: (.+)/)?.[1] ?? `${Deno.build.os} on ${Deno.build.arch}`;
  return `${cores} core${cores === 1 ? "" : "s"} of ${model}`;
}

export async function bench(args: string[]): Promise<void> {
  const line = parseCommandLine(args, COMMAND);
  if (line.help) return console.log(line.help);
  refusePositionals(line, COMMAND);
  const [isQuick, isJson] = [line.switches.has("quick"), line.switches.has("json")];
  if (isJson && !isQuick) {
    throw new UserError("Expected --json together with --quick but found it alone; add --quick.");
  }
  const machine = await describeMachine();
  console.error(`${machine}; ResNet-20, 32 × 32, batch 32, one thread`);
  console.log(JSON.stringify(summaryOf(await quick()), null, isJson ? undefined : 1));
  if (isQuick) return;

  const rows = await allRows();
  for (const line of textTable(rows.map((row) => ({ ...row })))) console.log(line);
  const numbers: Throughput = { machine, base: { ...BASE, threads: 1 }, rows };
  await writeFilesWhole([[THROUGHPUT, numbersToJson(numbers)]], "write what was measured");
  console.log("\nWritten: tools/bench/throughput.json");
}

if (import.meta.main) await runCommand(bench);
