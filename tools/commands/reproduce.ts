/**
 * `deno task reproduce`: the whole paper. Data, the study if it is asked for, all notebooks in order, figures.
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareIEmoji } from "../../lib/data/iemoji/drawings.ts";
import { configure } from "../../lib/run/configuration.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { dataDirectory, figuresDirectory } from "../../lib/run/folder.ts";
import { withProgress } from "../../lib/progress.ts";
import { studyPlan } from "../../lib/study/study.ts";
import { stoppable } from "../../lib/stop_signals.ts";
import { UserError } from "../../lib/user_error.ts";
import { numberedNotebooks } from "../notebooks/notebook.ts";
import { runNotebooks } from "../notebooks/run_notebooks.ts";
import { configurationsOf, trainStudy } from "./study.ts";
import { runCommand } from "./command_line.ts";
import { planSweep } from "./sweep_plan.ts";

const HELP = `deno task reproduce [--fresh] [--all-seeds] [--preset=NAME] [--engine=NAME]

The whole paper: prepares iEmoji-100, runs all notebooks in order and draws the figures. What is trained already is
used again; it can be stopped at any moment and goes on from there.

--fresh        deletes what it has trained before, and starts over
--all-seeds    trains the study first: five seeds of each method, both norms, all γ (25 minutes on two cores with oneDNN, twice that on wasm),
               whose numbers are otherwise read from figures/*.json
--preset=NAME  smoke, default, or paper; [default]. Others than the default go into data/notebooks/ and
               data/figures/, so that what is committed stays
--engine=NAME  auto, wasm, onednn, webgpu, or cpu; [auto]
--help         this text`;

/** A cell may train for as long as it takes; a kernel that has died is noticed at once. */
const TIMEOUT_SECONDS = 24 * 3600;

/** What was written behind the command. */
export interface ReproduceOptions {
  /** Whether what was trained before is deleted. */
  fresh: boolean;
  /** Whether the study is trained. */
  allSeeds: boolean;
  /** Stops the work. */
  signal: AbortSignal;
}

/** Runs the stages one after the other; the preset and the engine are those of the environment. */
export async function reproduce({ fresh, allSeeds, signal }: ReproduceOptions): Promise<void> {
  const { preset } = configure();
  const stages = allSeeds ? ["data", "study", "notebooks"] : ["data", "notebooks"];
  const announce = (stage: string, what: string) =>
    console.error(`\nStage ${stages.indexOf(stage) + 1} of ${stages.length}: ${what}`);

  announce("data", "the images of iEmoji-100");
  await prepareImages();
  if (fresh) {
    await forget([
      ...notebookConfigurations(),
      ...demonstrationConfigurations(),
      ...(allSeeds ? configurationsOf(studyPlan()) : []),
    ]);
  }

  if (allSeeds) {
    announce("study", "all seeds, norms and γ");
    await trainStudy(studyPlan(), {
      figures: figuresDirectory({ preset }),
      signal,
      log: console.error,
    });
  }

  announce("notebooks", `all notebooks, preset ${preset}`);
  await runAllNotebooks(preset, signal);
  console.error(`\nAll done. The figures are in ${figuresDirectory({ preset })}.`);
}

async function prepareImages(): Promise<void> {
  const directory = join(dataDirectory(), "iemoji-100");
  await withProgress((show) =>
    prepareIEmoji({ directory, onProgress: (done, total) => show("drawing", done, total) })
  );
}

/** The runs that the notebooks show. */
export function notebookConfigurations(): Configuration[] {
  return [
    configure({ method: "C" }),
    configure({ method: "LwF-MC" }),
    configure({ method: "LwM" }),
    configure({ method: "LwM", norm: "L2" }),
  ];
}

/** What notebooks 02 and 03 train beside them: C at half its learning rate, and M_0 for an eighth of its epochs. */
export function demonstrationConfigurations(): Configuration[] {
  const { learningRate, baseEpochs } = configure({ method: "C" });
  return [
    configure({ method: "C", learningRate: learningRate / 2, increments: 1 }),
    configure({ method: "C", baseEpochs: Math.ceil(baseEpochs / 8), increments: 0 }),
  ];
}

/** Deletes these runs, and no others. */
async function forget(configurations: readonly Configuration[]): Promise<void> {
  const runs = await planSweep(configurations, { log: () => {} });
  const folders = new Set(runs.flatMap(({ folders }) => [folders.base, folders.method]));
  for (const folder of folders) await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function runAllNotebooks(preset: Configuration["preset"], signal: AbortSignal): Promise<void> {
  await runNotebooks(await numberedNotebooks("notebooks"), {
    timeoutSeconds: TIMEOUT_SECONDS,
    env: {}, // the kernels inherit preset and engine from our environment
    outputFolder: preset === "default" ? undefined : join(dataDirectory(), "notebooks", preset),
    signal,
  });
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        "fresh": { type: "boolean", default: false },
        "all-seeds": { type: "boolean", default: false },
        "preset": { type: "string" },
        "engine": { type: "string" },
        "help": { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new UserError(`${(error as Error).message}; see \`deno task reproduce --help\`.`);
  }
}

async function main(args: string[]): Promise<void> {
  const values = parseOptions(args);
  if (values.help) return console.log(HELP);
  // Kernels and processes of runs inherit these.
  if (values.preset !== undefined) Deno.env.set("LWM_PRESET", values.preset);
  if (values.engine !== undefined) Deno.env.set("LWM_ENGINE", values.engine);
  await stoppable(
    "What is trained is kept; the same command goes on from there.",
    (signal) => reproduce({ fresh: values.fresh, allSeeds: values["all-seeds"], signal }),
  );
}

if (import.meta.main) await runCommand(main);
