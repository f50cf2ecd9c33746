/**
 * `deno task train`: trains one run, all its steps.
 * @module
 */
import { configure } from "../../lib/run/configuration.ts";
import type { StepMetrics } from "../../lib/evaluation/step_metrics.ts";
import type { ImageSet } from "../../lib/data/image_set.ts";
import { headPositions } from "../../lib/data/protocol.ts";
import { ResNet } from "../../lib/model/mod.ts";
import { duration, progressDisplay } from "../../lib/progress.ts";
import type { Run } from "../../lib/run/run.ts";
import { runJobs, trainingJobs } from "../../lib/run/train_runs.ts";
import { median } from "../../lib/statistics.ts";
import { stoppable, unlessStopped } from "../../lib/stop_signals.ts";
import { stepOptions, trainStep } from "../../lib/training/train_step.ts";
import { counted, printable } from "../../lib/table.ts";
import { UserError } from "../../lib/user_error.ts";
import {
  aboutOf,
  type Command,
  defineCommand,
  DIRECTORY,
  fromHere,
  refusePositionals,
  runCommand,
} from "./command_line.ts";
import { folderOf, openRun, stepHeading, stepRow } from "./open_run.ts";

const COMMAND: Command = {
  name: "train",
  usage: "[--FIELD VALUE …] [--directory DIRECTORY] [--dry-run] [--json]",
  about: aboutOf("train"),
  options: {
    ...DIRECTORY,
    "dry-run": "print the classes of each step, time and disk space; train nothing, decode no photo",
    json: "print {run, configuration, plan, metrics} as JSON, and nothing else to the standard output",
  },
  takesFields: true,
};

export const train = defineCommand(COMMAND, async (line, say, result) => {
  refusePositionals(line, COMMAND);
  const configuration = configure(line.fields);
  const trains = !line.switches.has("dry-run");
  const directory = line.own.directory && fromHere(line.own.directory);

  await stoppable("Only the unfinished epoch is lost. The same command resumes there.", async (signal) => {
    const run = await unlessStopped(signal, openRun(configuration, { directory, decode: trains }, say));
    // The folder of one's own images is named by what is in them.
    const isUnknown = configuration.dataset === "folder" && run.dataset.digest === "";
    const folder = isUnknown ? undefined : folderOf(run);
    say(`Run: ${folder ?? "its folder gets a name when the images are prepared"}`);
    const plan = await planOf(run);
    for (const text of planLines(run, plan)) say(text);
    const metrics: StepMetrics[] = [];
    if (trains) {
      if (run.engine.path) say(`Kernels: ${run.engine.path}`);
      say(stepHeading());
      await trainSteps(run, directory, signal, (step) => {
        metrics.push(step);
        say(stepRow(metrics));
      });
    }
    result({ run: folder, configuration: run.configuration, plan, metrics });
  });
});

async function planOf(run: Run) {
  const steps = [];
  for (const [step, ids] of run.steps.entries()) {
    const { epochs } = stepOptions(run.configuration, step, run.dataset);
    const trained = await run.isTrained(step);
    const epochsDone = trained ? epochs : await run.epochsDone(step);
    const iterations = Math.round(run.iterations(step) * (1 - (trained ? 0 : epochsDone / epochs)));
    steps.push({
      classes: ids.map((id) => run.dataset.classNames[id]),
      iterations,
      epochs,
      epochsDone,
      trained,
    });
  }
  const iterations = steps.reduce((sum, step) => sum + (step.trained ? 0 : step.iterations), 0);
  const { depth, widths, stem, seed } = run.configuration;
  const student = new ResNet({ depth, widths, stem }, run.classNames(run.steps.length - 1), seed);
  const weights = student.parameters.values().reduce((sum, { size }) => sum + size, 0);
  // On the disk, without the images: the models, and after each epoch the weights and the optimizer of its
  // step.
  const bytes = 4 * weights * (steps.length + 2);
  // Unknown where the engine is too slow to try.
  const seconds = iterations === 0 || run.engine.name === "cpu"
    ? undefined
    : iterations * await secondsPerIteration(run, student);
  student.dispose();
  return { steps, bytes, seconds };
}

/** Tries iterations of the base step for about three seconds, two at least. */
async function secondsPerIteration(run: Run, student: ResNet): Promise<number> {
  const { seed, views } = run.configuration;
  // It does not matter what is in the images, and they may not be decoded yet.
  const read: ImageSet["read"] = (image, _, target) => {
    for (let i = 0; i < target.length; i++) target[i] = 97 * image + 31 * i;
  };
  const set = { ...run.dataset.open("train", run.steps[0], { seed, views }), read };
  const dataset = { ...run.dataset, mean: [0.5, 0.5, 0.5], std: [0.3, 0.3, 0.3] } as const;
  const times = [performance.now()];
  const onProgress = () => {
    times.push(performance.now());
    if (times.length > 30 || times.length > 2 && times.at(-1)! - times[0] > 3000) throw times;
  };
  await trainStep(
    { student, set, headPosition: headPositions(run.classOrder), teacher: null },
    stepOptions(run.configuration, 0, dataset),
    { onProgress },
  ).catch((ended) => {
    if (ended !== times) throw ended;
  });
  // The first ones are slow: code is compiled. The median of the rest leaves out pauses.
  const durations = times.slice(1).map((time, i) => (time - times[i]) / 1000);
  return median(durations.slice(durations.length >> 1));
}

function planLines(run: Run, { steps, seconds, bytes }: Awaited<ReturnType<typeof planOf>>): string[] {
  const lines = steps.map(({ classes, iterations, epochs, epochsDone, trained }, step) => {
    const resumes = epochsDone > 0 ? `resumes at epoch ${epochsDone + 1} of ${epochs}, ` : "";
    const what = trained ? "trained" : `${resumes}${counted(iterations, "iteration")}`;
    return `Step ${step}: ${what}, ${counted(classes.length, "class")}: ${classes.map(printable).join(", ")}`;
  });
  if (steps[0].classes.length === 1) lines.push("M_0 has no second class to choose, so it is always right.");
  const learned = new Set(run.steps.flat());
  const left = run.dataset.classNames.filter((_, id) => !learned.has(id));
  if (left.length > 0 && run.configuration.dataset === "folder") {
    lines.push(`Not learned: ${counted(left.length, "class")}: ${left.map(printable).join(", ")}`);
  }
  if (steps.every(({ trained }) => trained)) return lines;
  const time = seconds === undefined ? "" : `About ${duration(seconds)} on this machine. `;
  return [...lines, `${time}${counted(steps.length, "model")}, ${(bytes / 1e6).toFixed(1)} MB.`];
}

/**
 * Trains in a process of its own, so that a signal stops it at once however slow the engine is.
 * @param onStep is given what was measured after each step, also of steps that were trained before
 */
async function trainSteps(
  run: Run,
  directory: string | undefined,
  signal: AbortSignal,
  onStep: (metrics: StepMetrics) => void,
): Promise<void> {
  const { configuration, folders } = run;
  const display = progressDisplay();
  let next = 0;
  const showThrough = async (step: number) => {
    while (next <= step) {
      const metrics = await run.metrics(next++);
      display.above(() => onStep(metrics));
    }
  };
  /** Settled when the rows of all steps that are trained stand above the bar. */
  let shown = Promise.resolve();
  const planned = {
    name: `${configuration.method}, seed ${configuration.seed}`,
    configuration,
    folders,
    onStep(step: number) {
      shown = shown.then(() => showThrough(step));
      shown.catch(() => {}); // runJobs() waits for it, and throws its error
    },
  };
  const { jobs, processes } = await trainingJobs([planned], directory);
  await runJobs(jobs, { processes, signal, display, onChange: () => shown });
  for (const { failure } of jobs) if (failure !== undefined) throw new UserError(failure);
  await showThrough(run.steps.length - 1);
}

if (import.meta.main) await runCommand(train);
