/**
 * `deno task bench`: how fast the engines are, and what attention distillation costs.
 *
 * Everything is measured with the project's own training step, each engine in a process of its own on one thread.
 * @module
 */
import { join, resolve } from "node:path";
import { z } from "zod";
import { engineThroughput } from "../../lib/figures/engine_throughput.ts";
import type { ThroughputRow } from "../../lib/figures/engine_throughput.ts";
import { saveFigure } from "../../lib/figures/save.ts";
import { type JsonKind, readJsonIfThere } from "../../lib/files.ts";
import { dataDirectory } from "../../lib/run/folder.ts";
import type { Job, MethodSeconds, RunSeconds, Setting, Speed } from "./bench_jobs.ts";
import {
  BASE,
  fastest,
  jsonLine,
  quickLines,
  type QuickMeasurements,
  runTable,
  type SpeedByEngine,
  throughputRow,
  throughputTable,
} from "./bench_report.ts";
import { parseArgs } from "node:util";
import { UserError } from "../../lib/user_error.ts";
import { runCommand } from "../commands/command_line.ts";

/** Left behind by `deno task reproduce`. */
const REPRODUCED: JsonKind<{ busy: number }> = {
  schema: z.object({ busy: z.number() }),
  holds: "how busy the cores were",
  remedy: "Delete it.",
};

const HELP = `deno task bench [--quick] [--json]

Measures training and evaluation on every engine that is here, and in PyTorch where a python3 has it; and where the
time of a run goes, on each data set that is in data/. Takes some six minutes, and three more for each data set of
photos; writes figures/engine-throughput.*. The numbers mean something on an otherwise idle machine only.

--quick   one network and the methods' steps only, in under 40 seconds; writes nothing
--json    print them as one line of JSON and nothing else (with --quick only)
--help    this text`;

/** Each row of the table, for each engine; what comes first matters most. */
const SETTINGS: Setting[] = [
  ...[16, 256].map((batch) => ({ ...setting(BASE), batch })),
  ...[8, 32].map((width) => ({ ...setting(BASE), width })),
  ...[8, 32].map((depth) => ({ ...setting(BASE), depth })),
  ...[64, 96].map((imageSize) => ({ ...setting(BASE), imageSize })),
  { depth: 18, width: 64, imageSize: 224, batch: 8 },
  ...[64, 128].map((batch) => ({ ...setting(BASE), batch })),
];

/** Seconds after which an engine begins no further row. A software renderer would take minutes for a single one. */
const SECONDS_OF_ROWS = { wasm: 48, onednn: 38, torch: 38, webgpu: 20 };

function setting({ depth, width, imageSize, batch }: Setting): Setting {
  return { depth, width, imageSize, batch };
}

/** Runs a process that prints lines of `[position, result]`. @returns the results that came, by position */
async function results(
  command: string,
  args: string[],
  onResult: (position: number, result: unknown) => void = () => {},
): Promise<unknown[]> {
  const process = new Deno.Command(command, { args, stdout: "piped", stderr: "piped" }).spawn();
  const found: unknown[] = [];
  const errors = new Response(process.stderr).text();
  let text = "";
  for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    for (const line of lines.filter((line) => line.startsWith("["))) {
      const [position, result] = JSON.parse(line);
      found[position] = result;
      onResult(position, result);
    }
  }
  const { success } = await process.status;
  if (!success) {
    throw new UserError(`Expected a measurement but its process failed:\n${(await errors).trim()}`);
  }
  return found;
}

function onEngine(
  engine: ThroughputRow["engine"],
  jobs: Job[],
  seconds = Infinity,
  onResult?: (position: number, result: unknown) => void,
): Promise<unknown[]> {
  const order = JSON.stringify({ engine, jobs, seconds: Math.min(seconds, 1e6) });
  const worker = resolve(import.meta.dirname!, "bench_jobs.ts");
  return results(
    Deno.execPath(),
    ["run", "-A", "--no-check", worker, order],
    onResult,
  );
}

async function onTorch(python: string, settings: Setting[], seconds: number): Promise<Speed[]> {
  const order = JSON.stringify(
    settings.map((setting) => ({ ...setting, seconds: settings.length > 1 ? 1 : 2.5 })),
  );
  return await results(python, [
    resolve(import.meta.dirname!, "bench_torch.py"),
    order,
    String(seconds),
  ]) as Speed[];
}

/** A python3 that has torch, if there is one. */
async function pythonWithTorch(): Promise<string | undefined> {
  const look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)";
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      const { success } = await new Deno.Command(python, { args: ["-c", look], stderr: "null" }).output();
      if (success) return python;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Whether an engine can be used here. */
async function isHere(engine: ThroughputRow["engine"]): Promise<boolean> {
  try {
    await onEngine(engine, []);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

type Say = (line: string) => void;

async function quick(python: string | undefined, say: Say): Promise<QuickMeasurements> {
  const imagesPerSecond: SpeedByEngine = {};
  const speed: Job = { kind: "speed", setting: setting(BASE), seconds: 2.5, evaluation: false };
  for (const engine of ["wasm", "onednn"] as const) {
    if (engine === "onednn" && !await isHere(engine)) {
      say("onednn is not here: `apt-get install libdnnl3.6`");
      continue;
    }
    say(`Training on ${engine} …`);
    const [result] = await onEngine(engine, [speed]) as [Speed];
    imagesPerSecond[engine] = result.train;
  }
  if (python) {
    say("Training in PyTorch …");
    const [result] = await onTorch(python, [setting(BASE)], Infinity);
    imagesPerSecond.torch = result.train;
  }
  const { engine } = fastest(imagesPerSecond);
  say(`The methods' steps, and evaluation, on ${engine} …`);
  const [methods, evaluation] = await onEngine(engine, [
    { kind: "methods", setting: setting(BASE), rounds: 10 },
    { kind: "evaluation", setting: { ...setting(BASE), batch: 128 }, seconds: 2 },
  ]) as [MethodSeconds, number];
  return { imagesPerSecond, methods, evaluation };
}

/** A run on each data set that is here. */
async function runs(engine: ThroughputRow["engine"], say: Say): Promise<Record<string, RunSeconds>> {
  const found: Record<string, RunSeconds> = {};
  for (const dataset of ["iemoji-100", "caltech-101", "cifar-100"] as const) {
    if (!await Deno.stat(join(dataDirectory(), dataset)).catch(() => null)) continue;
    say(`A run on ${dataset} …`);
    [found[dataset]] = await onEngine(engine, [{ kind: "run", dataset }]) as [RunSeconds];
  }
  return found;
}

/** The table's rows, on every engine. */
async function table(
  { imagesPerSecond }: QuickMeasurements,
  python: string | undefined,
  say: Say,
): Promise<ThroughputRow[]> {
  const here: ("wasm" | "onednn" | "webgpu")[] = ["wasm"];
  if (imagesPerSecond.onednn) here.push("onednn");
  if (await isHere("webgpu")) here.push("webgpu");

  const rows: ThroughputRow[] = [];
  const add = (name: ThroughputRow["engine"], setting: Setting, speed: Speed) => {
    rows.push(throughputRow(name, setting, speed));
  };
  for (const name of here) {
    say(`The table on ${name} …`);
    const settings = [setting(BASE), ...SETTINGS];
    const jobs = settings.map((setting): Job => ({ kind: "speed", setting, seconds: 1, evaluation: true }));
    const speeds = await onEngine(name, jobs, SECONDS_OF_ROWS[name]) as Speed[];
    speeds.forEach((speed, i) => add(name, settings[i], speed));
  }
  if (python) {
    say("The table in PyTorch …");
    const settings = [setting(BASE), ...SETTINGS];
    (await onTorch(python, settings, SECONDS_OF_ROWS.torch)).forEach((speed, i) =>
      add("torch", settings[i], speed)
    );
  }
  return rows;
}

async function describeMachine(): Promise<string> {
  const cores = navigator.hardwareConcurrency;
  const information = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = information.match(/model name\s*: (.+)/)?.[1] ?? `${Deno.build.os} on ${Deno.build.arch}`;
  return `${cores} core${cores === 1 ? "" : "s"} of ${model}`;
}

/** Runs the command; see its help. */
export async function bench(args: readonly string[], log: Say = console.log): Promise<void> {
  let options;
  try {
    const spec = {
      quick: { type: "boolean" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    } as const;
    options = parseArgs({ args: [...args], options: spec }).values;
  } catch (error) {
    throw new UserError(
      `Expected known options but found: ${(error as Error).message} See \`deno task bench --help\`.`,
    );
  }
  if (options.help) return log(HELP);
  if (options.json && !options.quick) {
    throw new UserError("Expected --json together with --quick but found it alone; add --quick.");
  }
  const say: Say = (line) => console.error(line);
  const machine = await describeMachine();
  say(
    `${machine}; ResNet-${BASE.depth}, ${BASE.imageSize} × ${BASE.imageSize}, batch ${BASE.batch}, one thread`,
  );
  const python = await pythonWithTorch();
  if (!python) say("PyTorch is not here; its numbers are left out.");

  const measured = await quick(python, say);
  if (options.json) {
    const reproduced = await readJsonIfThere(join(dataDirectory(), "reproduce.json"), REPRODUCED);
    return log(jsonLine(measured, reproduced?.busy));
  }
  quickLines(measured).forEach((line) => log(line));
  if (options.quick) return;

  const rows = await table(measured, python, say);
  log("");
  throughputTable(rows).forEach((line) => log(line));
  const numbers = { machine, base: BASE, rows };
  const directory = resolve(import.meta.dirname!, "../../figures");
  await saveFigure("engine-throughput", engineThroughput, numbers, { directory });
  log("");
  runTable(await runs(fastest(measured.imagesPerSecond).engine, say)).forEach((line) => log(line));
  log("\nWritten: figures/engine-throughput.svg, .png and .json");
}

if (import.meta.main) await runCommand((args) => bench(args));
