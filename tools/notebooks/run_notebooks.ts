/**
 * Runs notebooks in order, each in a fresh Deno kernel, and writes their outputs into the files.
 *
 *     deno task notebooks [OPTION …] [NOTEBOOK …]
 *
 * nbconvert would do this too, but stops listening at the state "idle" and so loses outputs of Deno's kernel.
 * @module
 */
import { basename, dirname, join, relative, resolve } from "node:path";
import type { ProgressDisplay } from "../../lib/progress.ts";
import { configure } from "../../lib/run/configuration.ts";
import { dataDirectory } from "../../lib/run/folder.ts";
import type { Configuration, PresetName } from "../../lib/run/schema.ts";
import { type Job, newJob, runJobs } from "../../lib/run/train_runs.ts";
import { stoppable } from "../../lib/stop_signals.ts";
import { UserError } from "../../lib/user_error.ts";
import {
  aboutOf,
  type Command,
  defineCommand,
  fromHere,
  runCommand,
  showPath,
} from "../commands/command_line.ts";
import { Kernel, KernelError } from "./jupyter_kernel.ts";
import type { Message } from "./jupyter_wire.ts";
import {
  type CodeCell,
  codeCells,
  type DisplayContent,
  type ErrorOutput,
  type Notebook,
  numberedNotebooks,
  outputsOf,
  readNotebook,
  sourceOf,
  statedRunTime,
  writeNotebook,
} from "./notebook.ts";

export interface RunOptions {
  /** Folder for executed copies; without it the notebooks themselves are written. */
  outputFolder?: string;
  /** Stops the run: outputs so far are kept, and no process is left. */
  signal?: AbortSignal;
  display?: ProgressDisplay;
}

/** Called with the code cell that runs, and with the last state of its progress display. */
type OnCell = (cell: number, state?: string) => void;

/**
 * Runs notebooks one after the other.
 * @throws {UserError} at the first cell that fails, which it names; its notebook is written with the outputs
 * so far
 * @throws {UserError} where a path is not a notebook, before any is run
 * @throws the reason of the signal if the run was stopped by it
 */
export async function runNotebooks(paths: readonly string[], options: RunOptions): Promise<void> {
  const jobs: Job[] = [];
  for (const path of paths) jobs.push(await notebookJob(path, options));
  const { signal = new AbortController().signal, display } = options;
  const onChange = () => {
    const failed = jobs.find(({ state }) => state === "failed");
    if (failed) throw new UserError(failed.failure);
  };
  await runJobs(jobs, { processes: 1, signal, display, onChange });
}

/**
 * A job that runs a notebook and writes its outputs into the file.
 * @throws {UserError} where the path is not a notebook
 */
export async function notebookJob(
  path: string,
  options: Omit<RunOptions, "signal" | "display">,
): Promise<Job> {
  const notebook = await readNotebook(path);
  const { outputFolder } = options;
  const target = outputFolder === undefined ? path : join(outputFolder, basename(path));
  const total = codeCells(notebook).length;
  return newJob({
    label: basename(path),
    weight: statedRunTime(notebook) ?? 30,
    async work(report, signal) {
      const onCell: OnCell = (cell, state = "") => {
        const note = `code cell ${cell} of ${total}  ${state.split("\n")[0].replaceAll(/ +/g, " ")}`.trim();
        report({ done: cell - 1, total, note });
      };
      const kernel = await Kernel.start(dirname(resolve(path)), signal);
      await runCells(kernel, notebook, path, { ...options, signal }, onCell)
        .finally(() => kernel.stop())
        .finally(() => writeNotebook(target, notebook));
    },
  });
}

async function runCells(
  kernel: Kernel,
  notebook: Notebook,
  path: string,
  options: RunOptions,
  onCell: OnCell,
) {
  const cells = codeCells(notebook);
  for (const cell of cells) {
    cell.outputs = [];
    cell.execution_count = null;
    delete cell.metadata.execution; // Times of day, written by JupyterLab.
  }
  // As JupyterLab does, so that saving the notebook there changes nothing.
  notebook.metadata.language_info = kernel.languageInfo;
  for (const [index, cell] of cells.entries()) {
    if (sourceOf(cell).trim() === "") continue;
    onCell(index + 1);
    const failure = await runCell(kernel, cell, options, (state) => onCell(index + 1, state));
    if (!failure) continue;
    // The stack of a UserError is of no use to the user.
    const detail = failure.ename === "UserError" ? failure.evalue : failure.traceback.join("\n");
    throw new UserError(`${path}, code cell ${index + 1} (id ${cell.id}):\n${detail}`);
  }
}

/** Runs one cell and keeps its outputs, also when it fails. @returns why it failed */
async function runCell(
  kernel: Kernel,
  cell: CodeCell,
  { signal }: RunOptions,
  onProgress: (state: string) => void,
): Promise<ErrorOutput | undefined> {
  const messages: Message[] = [];
  const onMessage = (message: Message) => {
    messages.push(message);
    const { transient, data } = message.content as Partial<DisplayContent>;
    if (transient?.display_id !== undefined) onProgress(String(data?.["text/plain"] ?? ""));
  };
  let failure: ErrorOutput | undefined;
  const fail = (ename: string, evalue: string) => {
    failure = { output_type: "error", ename, evalue, traceback: [`${ename}: ${evalue}`] };
  };
  try {
    const { ok, executionCount } = await kernel.execute(sourceOf(cell), { onMessage, signal });
    cell.execution_count = executionCount;
    if (!ok && !messages.some(({ type }) => type === "error")) {
      fail("SyntaxError", "the kernel cannot compile this cell; `deno task check:notebooks` says why");
    }
  } catch (error) {
    if (error instanceof KernelError) fail("KernelError", error.message);
    else {
      if (signal?.aborted) fail("Interrupted", "the run was stopped while this cell was running");
      throw error;
    }
  } finally {
    cell.outputs = [...outputsOf(messages), ...(failure ? [failure] : [])];
  }
  return cell.outputs.find((output) => output.output_type === "error");
}

const COMMAND: Command = {
  name: "notebooks",
  usage: "[OPTION …] [NOTEBOOK …]",
  about: aboutOf("notebooks"),
  options: {
    "preset NAME": "smoke, default, or paper [LWM_PRESET, or what the notebooks ask for]",
    "engine NAME": "auto, wasm, wasm-unfused, webgpu, or cpu [LWM_ENGINE, or what the notebooks ask for]",
    "output-dir DIR": "write executed copies there, and leave the notebooks as they are",
    "in-place": "write the outputs into the notebooks, whatever the preset",
  },
};

/** What the options ask for: kernels and the processes of runs inherit it. Refuses what is none. */
export function askFor({ preset, engine }: Record<string, string | undefined>): Configuration {
  const asked = configure({ preset, engine } as Partial<Configuration>);
  if (preset !== undefined) Deno.env.set("LWM_PRESET", preset);
  if (engine !== undefined) Deno.env.set("LWM_ENGINE", engine);
  return asked;
}

/** Where executed copies go if nobody says: into the notebooks themselves with the default preset only. */
export function copiesOf(preset: PresetName): string | undefined {
  return preset === "default" ? undefined : join(dataDirectory(), "notebooks", preset);
}

export const main = defineCommand(COMMAND, async ({ own, switches, positionals }) => {
  const { "output-dir": folder } = own;
  const { preset } = askFor(own);
  const named = positionals.map((path) => relative(Deno.cwd(), fromHere(path)));
  const paths = named.length > 0 ? named : await numberedNotebooks("notebooks");
  const chosen = switches.has("in-place") ? undefined : copiesOf(preset);
  const outputFolder = folder === undefined ? chosen : fromHere(folder);
  await stoppable(
    "Outputs so far are kept; run the command again.",
    (signal) => runNotebooks(paths, { outputFolder, signal }),
  );
  if (outputFolder !== undefined) console.error(`Written to ${showPath(outputFolder)}/.`);
});

if (import.meta.main) await runCommand(main);
