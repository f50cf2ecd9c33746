/**
 * Runs notebooks in order, each in a fresh Deno kernel, and writes their outputs into the files.
 *
 *     deno task notebooks [--preset=NAME] [--engine=NAME] [--timeout=SECONDS] [--output-dir=DIR] [NOTEBOOK …]
 *
 * nbconvert would do this too, but stops listening at the state "idle" and so loses outputs of Deno's kernel.
 * @module
 */
import { basename, dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { configurationSchema } from "../../lib/run/schema.ts";
import { UserError } from "../../lib/user_error.ts";
import { errorLine, readableTraceback, syntaxError } from "./cell_error.ts";
import { CellOutputs, type Displays } from "./cell_outputs.ts";
import { fromHere } from "../commands/command_line.ts";
import { Kernel, KernelError } from "./jupyter_kernel.ts";
import type { Message } from "./jupyter_messages.ts";
import {
  type CodeCell,
  codeCells,
  type ErrorOutput,
  type Notebook,
  numberedNotebooks,
  readNotebook,
  sourceOf,
  statedRunTime,
  writeNotebook,
} from "./notebook.ts";
import { type RunReport, ScreenReport } from "../commands/run_report.ts";
import { stopSignals } from "../commands/stop_signals.ts";

/** How to run notebooks. */
export interface RunOptions {
  /** Is told what happens. */
  report: RunReport;
  /** Longest run time of one cell in seconds. */
  timeoutSeconds: number;
  /** Variables of the kernels' environment, besides ours. */
  env: Record<string, string>;
  /** Folder for executed copies; without it the notebooks themselves are written. */
  outputFolder?: string;
  /** Stops the run: outputs so far are kept, and no process is left. */
  signal?: AbortSignal;
}

/** A notebook's code has failed; the message names notebook, cell and line. */
export class CellError extends Error {
  /** Tells it from errors of the runner. */
  override readonly name = "CellError";
}

/**
 * Runs notebooks one after the other.
 * @param paths notebooks, in the order in which they run
 * @param options how
 * @throws {CellError} at the first cell that fails; its notebook is written with the outputs so far
 * @throws {UserError} if a path is no notebook, before any is run
 * @throws the reason of the signal if the run was stopped by it
 */
export async function runNotebooks(paths: string[], options: RunOptions): Promise<void> {
  const notebooks = await Promise.all(paths.map(readNotebook));
  const { report } = options;
  report.begin(notebooks.map((notebook, index) => ({
    path: paths[index],
    cells: codeCells(notebook).length,
    statedSeconds: statedRunTime(notebook),
  })));
  try {
    for (const [index, notebook] of notebooks.entries()) {
      report.startNotebook();
      let ok = false;
      try {
        await runNotebook(notebook, paths[index], options);
        ok = true;
      } finally {
        const { outputFolder } = options;
        const target = outputFolder === undefined ? paths[index] : join(outputFolder, basename(paths[index]));
        await writeNotebook(target, notebook);
        report.endNotebook(ok);
      }
    }
  } finally {
    report.end();
  }
}

/** Runs all cells of a notebook and puts their outputs into it. */
async function runNotebook(notebook: Notebook, path: string, options: RunOptions): Promise<void> {
  const cells = codeCells(notebook);
  for (const cell of cells) {
    cell.outputs = [];
    cell.execution_count = null;
    delete cell.metadata.execution; // Times of day, written by JupyterLab.
  }
  const displays: Displays = new Map();
  const kernel = await Kernel.start(dirname(resolve(path)), options.env, options.signal);
  try {
    for (const [index, cell] of cells.entries()) {
      if (sourceOf(cell).trim() === "") continue;
      options.report.startCell(index + 1, sourceOf(cell));
      const failure = await runCell(kernel, cell, displays, options);
      if (failure) throw new CellError(describe(failure, cell, index + 1, path));
    }
  } finally {
    await kernel.stop();
  }
}

/** Runs one cell and keeps its outputs, also when it fails; @returns why it has failed */
async function runCell(
  kernel: Kernel,
  cell: CodeCell,
  displays: Displays,
  { report, timeoutSeconds, signal }: RunOptions,
): Promise<ErrorOutput | undefined> {
  const outputs = new CellOutputs(displays);
  const onMessage = (message: Message) => {
    outputs.add(message);
    tell(report, message);
  };
  const failure = (ename: string, evalue: string): ErrorOutput => {
    return { output_type: "error", ename, evalue, traceback: [`${ename}: ${evalue}`] };
  };
  let added: ErrorOutput | undefined;
  try {
    const { ok, executionCount } = await kernel.execute(sourceOf(cell), {
      onMessage,
      timeoutSeconds,
      signal,
    });
    cell.execution_count = executionCount;
    const shown = outputs.finish().find((output) => output.output_type === "error");
    if (ok || shown) return ok ? undefined : shown;
    // The kernel says nothing about code that it cannot compile.
    const wrong = syntaxError(sourceOf(cell));
    return added = failure("SyntaxError", wrong?.reason ?? "the kernel could not compile this cell");
  } catch (error) {
    if (error instanceof KernelError) return added = failure(error.name, error.message);
    if (signal?.aborted) added = failure("Interrupted", "the run was stopped while this cell was running");
    throw error;
  } finally {
    cell.outputs = outputs.finish();
    if (added) cell.outputs.push(added);
  }
}

function tell(report: RunReport, { type, content }: Message): void {
  if (type === "stream") report.text(content.text as string);
  if (type !== "display_data" && type !== "update_display_data") return;
  const { data, transient } = content as {
    data: Record<string, unknown>;
    transient?: { display_id?: string };
  };
  const text = data["text/plain"];
  if (transient?.display_id !== undefined && typeof text === "string") report.progress(text);
}

function describe(failure: ErrorOutput, cell: CodeCell, number: number, path: string): string {
  const source = sourceOf(cell);
  const line = failure.ename === "SyntaxError"
    ? syntaxError(source)?.line ?? errorLine(source, failure.traceback)
    : errorLine(source, failure.traceback);
  const place = `${path}, code cell ${number} (id ${cell.id})${line === undefined ? "" : `, line ${line}`}`;
  const excerpt = line === undefined ? source.trim().split("\n")[0] : source.split("\n")[line - 1].trim();
  // A UserError is a sentence for the user; where it was thrown does not matter.
  const detail = failure.ename === "UserError"
    ? failure.evalue
    : readableTraceback(source, failure.traceback);
  return `${place}:\n  > ${excerpt}\n${detail}`;
}

const { preset: { options: presets }, engine: { options: engines } } = configurationSchema.shape;

const HELP = `deno task notebooks [OPTION …] [NOTEBOOK …]

Runs notebooks in order (default: all numbered ones), each in a fresh Deno kernel, and writes their outputs into them.

--preset=NAME      ${presets.join(", ")}; what the notebooks themselves ask for if it is left out
--engine=NAME      ${engines.join(", ")}; likewise
--timeout=SECONDS  longest run time of one cell (default: 1200)
--output-dir=DIR   write executed copies there, and leave the notebooks as they are
--help             this text`;

/** The command line's options. */
interface Command {
  paths: string[];
  env: Record<string, string>;
  timeoutSeconds: number;
  outputFolder?: string;
}

/** @returns nothing if only help is wanted */
async function parseCommand(args: string[]): Promise<Command | undefined> {
  const { values, positionals } = parseOptions(args);
  if (values.help) return undefined;
  const env: Record<string, string> = {};
  const choose = (option: string, variable: string, value: string | undefined, known: readonly string[]) => {
    if (value === undefined) return;
    if (!known.includes(value)) {
      throw new UserError(`Expected --${option} to be one of ${known.join(", ")}, found "${value}".`);
    }
    env[variable] = value;
  };
  choose("preset", "LWM_PRESET", values.preset, presets);
  choose("engine", "LWM_ENGINE", values.engine, engines);
  const timeoutSeconds = Number(values.timeout);
  if (!(timeoutSeconds > 0)) {
    throw new UserError(`Expected --timeout to be a number of seconds above 0, found "${values.timeout}".`);
  }
  const named = positionals.map((path) => relative(Deno.cwd(), fromHere(path)));
  const paths = named.length > 0 ? named : await numberedNotebooks("notebooks");
  const folder = values["output-dir"];
  return { paths, env, timeoutSeconds, outputFolder: folder === undefined ? undefined : fromHere(folder) };
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        preset: { type: "string" },
        engine: { type: "string" },
        timeout: { type: "string", default: "1200" },
        "output-dir": { type: "string" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}

async function main(): Promise<number> {
  const { signal, exitCode } = stopSignals("Outputs so far are kept; run the command again.");
  try {
    const command = await parseCommand(Deno.args);
    if (!command) {
      console.log(HELP);
      return 0;
    }
    await runNotebooks(command.paths, { ...command, report: new ScreenReport(), signal });
    return 0;
  } catch (error) {
    if (!(error instanceof CellError || error instanceof UserError)) throw error;
    console.error(`error: ${error.message}`);
    return exitCode() || 1;
  }
}

if (import.meta.main) Deno.exit(await main());
