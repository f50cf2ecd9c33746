/**
 * `deno task reproduce`: the whole paper. Data, the study if it is asked for, all notebooks, figures.
 * @module
 */
import { join } from "node:path";
import { configure } from "../../lib/run/configuration.ts";
import type { Configuration, PresetName } from "../../lib/run/schema.ts";
import { dataDirectory } from "../../lib/run/folder.ts";
import { refuseFailed, runJobs, trainingJobs } from "../../lib/run/train_runs.ts";
import { stoppable } from "../../lib/stop_signals.ts";
import { runNames } from "../../lib/study/run_record.ts";
import { readStudyPlan, studiesDirectory } from "../../lib/study/study.ts";
import { UserError } from "../../lib/user_error.ts";
import { numberedNotebooks } from "../notebooks/notebook.ts";
import { copiesOf, notebookJob } from "../notebooks/run_notebooks.ts";
import { type Command, parseCommandLine, refusePositionals, runCommand } from "./command_line.ts";
import { drawImages } from "./data/data.ts";
import { type OpenedRun, openRuns } from "./open_run.ts";
import { keptRuns, removable } from "./runs.ts";
import { runStudy } from "./sweep.ts";

const COMMAND: Command = {
  name: "reproduce",
  usage: "[--fresh] [--all-seeds] [--preset NAME] [--engine NAME]",
  about:
    `The whole paper: prepares iEmoji-100, trains the models of all notebooks, then runs the notebooks, which draw the
figures. Finished runs are reused. It can be stopped at any moment; the same command goes on from
there. Exit code: 0, 1 where something fails, 130 after Ctrl-C.

  deno task reproduce --preset smoke`,
  options: {
    fresh: "delete what it has trained before, and start over; an M_0 that other runs need stays",
    "all-seeds":
      "first train the first edition's studies that notebooks 08 and 09 show, on iEmoji-100, whatever the\n" +
      "preset: ten seeds, the forms of L_AD, both norms, all γ (150 runs, a minute each on two cores);\n" +
      "otherwise they are read from studies/first-edition/*.results.json",
    "preset NAME":
      "smoke, default, or paper [default]; the results of other presets than the default go into\n" +
      "data/notebooks/ and data/figures/, and nothing that is committed changes",
    "engine NAME": "auto, wasm, onednn, webgpu, or cpu [auto]",
  },
};

/** Reproduces the paper with the preset and the engine of the environment. */
async function reproduce(fresh: boolean, allSeeds: boolean, signal: AbortSignal): Promise<void> {
  const { preset } = configure();
  await drawImages();
  // The longest first: no core is idle in the end.
  const configurations = [...notebookConfigurations(), ...demonstrationConfigurations()];
  if (fresh) await forget([...configurations, ...(allSeeds ? await studyConfigurations() : [])]);

  if (allSeeds) {
    // What is committed came from elsewhere: here all of it is trained anew.
    for (const file of STUDIES) await runStudy(file, { again: true, signal, log: console.error });
  }
  const nameOf = runNames(configurations);
  const { runs, failures } = await openRuns(configurations, { nameOf, log: console.error });
  if (failures.length > 0) throw new UserError(failures.join("\n"));
  await trainAndRunNotebooks(runs, preset, signal);
  console.error(
    "All done. Figures are in figures/, those of another preset or engine in data/figures/.",
  );
}

/**
 * Trains the runs, then runs the notebooks, several side by side.
 * @throws {UserError} where a run or a notebook fails; jobs that do not need it are finished first
 */
async function trainAndRunNotebooks(runs: readonly OpenedRun[], preset: PresetName, signal: AbortSignal) {
  const { jobs: trainings, processes } = await trainingJobs(runs);
  const place = {
    // A cell may train for as long as it takes; a kernel that has died is noticed at once.
    timeoutSeconds: 24 * 3600,
    env: {}, // the kernels inherit preset and engine from our environment
    outputFolder: copiesOf(preset),
  };
  const paths = await numberedNotebooks("notebooks");
  const notebooks = paths.map((path) =>
    notebookJob(path, place, { weight: NOTEBOOK_WEIGHT, after: trainings })
  );
  const jobs = [...trainings, ...await Promise.all(notebooks)];
  console.error(`${trainings.length} trainings, then ${paths.length} notebooks, ${processes} at a time.`);
  await runJobs(jobs, { processes, signal });
  refuseFailed(jobs);
}

/** The weight of a notebook whose models are trained, in epochs of a class; see `Job.weight`. */
const NOTEBOOK_WEIGHT = 60;

/** What the notebooks show beside their own seed. */
const STUDIES = ["iemoji-100", "wrong-variants", "norms", "gamma"]
  .map((name) => join(studiesDirectory(), "first-edition", `${name}.json`));

/** The runs of these studies; several may come to the same run. */
export async function studyConfigurations(): Promise<Configuration[]> {
  return (await Promise.all(STUDIES.map(readStudyPlan))).flatMap(({ configurations }) => configurations);
}

export function notebookConfigurations(): Configuration[] {
  return (["LwM", "LwF-MC", "C"] as const).map((method) => configure({ method }));
}

/**
 * What notebook 05 trains beside them, for one increment: other weights of L_AD, 0 among them.
 */
export function demonstrationConfigurations(): Configuration[] {
  const increments = 1;
  const { learningRate } = configure({ method: "LwM" });
  return [
    configure({ method: "LwF-MC", learningRate, increments }),
    ...[0.1, 1].map((gamma) => configure({ method: "LwM", gamma, increments })),
  ];
}

/** Removes these runs, but what {@linkcode removable} leaves out. @param directory of data sets and runs */
export async function forget(
  configurations: readonly Configuration[],
  directory = dataDirectory(),
): Promise<void> {
  const { runs } = await openRuns(configurations, {
    directory,
    nameOf: ({ method }) => method,
    log: () => {},
  });
  const folders = runs.flatMap(({ folders }) => [folders.base, folders.method]);
  const kept = await keptRuns(directory);
  const chosen = kept.filter(({ listed }) => folders.includes(listed.folder));
  for (const { listed } of removable(chosen, kept)) {
    await Deno.remove(listed.folder, { recursive: true });
  }
}

export async function main(args: string[]): Promise<void> {
  const line = parseCommandLine(args, COMMAND);
  if (line.help) return console.log(line.help);
  refusePositionals(line, COMMAND);
  const { own: { preset, engine }, switches } = line;
  configure({ preset, engine } as Partial<Configuration>); // refuses what is none
  // Kernels and processes of runs inherit these.
  if (preset !== undefined) Deno.env.set("LWM_PRESET", preset);
  if (engine !== undefined) Deno.env.set("LWM_ENGINE", engine);
  await stoppable(
    "What is trained is kept; the same command goes on from there.",
    (signal) => reproduce(switches.has("fresh"), switches.has("all-seeds"), signal),
  );
}

if (import.meta.main) await runCommand(main);
