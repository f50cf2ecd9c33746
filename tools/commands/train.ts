/**
 * `deno task train`: trains one run, all its steps.
 * @module
 */
import { configure } from "../../lib/run/configuration.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import type { StepMetrics } from "../../lib/run/evaluate_step.ts";
import { headPositions } from "../../lib/data/protocol.ts";
import { ResNet } from "../../lib/model/mod.ts";
import { clock, progressDisplay } from "../../lib/progress.ts";
import type { Run } from "../../lib/run/run.ts";
import { runJobs, trainingJobs } from "../../lib/run/train_runs.ts";
import { stoppable, unlessStopped } from "../../lib/stop_signals.ts";
import { stepOptions, trainStep } from "../../lib/training/mod.ts";
import { UserError } from "../../lib/user_error.ts";
import {
  type CommandOptions,
  describeFields,
  fromHere,
  type Log,
  parseCommandLine,
  refusePositionals,
  runCommand,
  showPath,
} from "./command_line.ts";
import { openRun, stepHeading, stepRow } from "./run.ts";

const OPTIONS: CommandOptions = {
  command: "train",
  own: ["directory"],
  switches: ["dry-run", "json"],
  takesFields: true,
};

const help = (fields: Partial<Configuration>) =>
  `deno task train [--FIELD VALUE …] [--directory DIRECTORY] [--dry-run] [--json]

Trains one run: M_0, then one model for each increment, each measured when it is trained. It says beforehand
which classes each step brings and how long it will take. It can be stopped at any moment; the same command
goes on from the last finished epoch, and what is trained already is not trained again. Runs lie in
DIRECTORY/runs, where the notebooks keep theirs, too. Exit code: 0, 1 where it fails, 130 after Ctrl-C.

  deno task train --dataset caltech-101 --data PATH --method lwm --seed 1
  deno task train --preset smoke
  deno task train --method lwm --gamma 0.5 --dry-run

--directory DIRECTORY   folder of data sets and runs [data]
--dry-run               print the classes of each step, iterations, time and disk space, and train nothing
--json                  print one JSON object, {run, configuration, plan, metrics}, and nothing else to standard output
--help                  this text

${describeFields(fields)}`;

/** Runs the command; see its help. */
export async function train(args: readonly string[], log: Log = console.log): Promise<void> {
  const line = parseCommandLine(args, OPTIONS);
  if (line.help) return log(help(line.fields));
  refusePositionals(line, OPTIONS);
  const configuration = configure(line.fields);
  const json = line.switches.has("json");
  const say = json ? () => {} : log;

  let preparing = true;
  const kept = () =>
    preparing
      ? "The same command goes on with preparing the images."
      : "Nothing is lost but the unfinished epoch: the same command goes on from there.";
  await stoppable(kept, async (signal) => {
    const run = await unlessStopped(signal, openRun(configuration, line.own, json ? console.error : log));
    preparing = false;
    const folder = showPath(run.steps.length > 1 ? run.folders.method : run.folders.base);
    say(`Run: ${folder}`);
    const plan = await planOf(run);
    for (const text of planLines(plan)) say(text);
    const metrics: StepMetrics[] = [];
    if (!line.switches.has("dry-run")) {
      say(stepHeading());
      await trainSteps(run, line.own.directory && fromHere(line.own.directory), signal, (step) => {
        metrics.push(step);
        say(stepRow(metrics));
      });
    }
    if (json) log(JSON.stringify({ run: folder, configuration: run.configuration, plan, metrics }, null, 1));
  });
}

/** What a training has to do. */
interface TrainingPlan {
  steps: { classes: string[]; iterations: number; trained: boolean }[];
  /** What is missing will take about that long; absent where nothing is, or the engine is too slow to try. */
  seconds?: number;
  /** What the models will take on the disk, without the images. */
  bytes: number;
}

async function planOf(run: Run): Promise<TrainingPlan> {
  const steps: TrainingPlan["steps"] = [];
  for (const [step, ids] of run.steps.entries()) {
    steps.push({
      classes: ids.map((id) => run.dataset.classNames[id]),
      iterations: run.iterations(step),
      trained: await run.isTrained(step),
    });
  }
  const iterations = steps.reduce((sum, step) => sum + (step.trained ? 0 : step.iterations), 0);
  const { depth, widths, stem, seed } = run.configuration;
  const student = new ResNet({ depth, widths, stem }, run.classNames(run.steps.length - 1), seed);
  try {
    const weights = Array.from(student.parameters.values(), ({ size }) => size).reduce((a, b) => a + b);
    // The models, and after each epoch the weights and the optimizer of the step that is trained.
    const bytes = 4 * weights * (steps.length + 2);
    if (iterations === 0 || run.engine.name === "cpu") return { steps, bytes };
    return { steps, bytes, seconds: iterations * await secondsPerIteration(run) };
  } finally {
    student.dispose();
  }
}

/** Tries iterations of the base step for about three seconds. */
async function secondsPerIteration(run: Run): Promise<number> {
  const { seed, views, batchSize, depth, widths, stem } = run.configuration;
  const set = run.dataset.open("train", run.steps[0], { seed, views });
  const tried = async (batchSize: number, most: number): Promise<number> => {
    const student = new ResNet({ depth, widths, stem }, run.classNames(0), seed);
    const times = [performance.now()];
    await trainStep(
      { student, set, headPosition: headPositions(run.classOrder), teacher: null },
      { ...stepOptions(run.configuration, 0, run.dataset), batchSize },
      {
        onProgress: () => times.push(performance.now()),
        shouldStop: () =>
          times.length > most || times.at(-1)! - times[0] > (times.length > 8 ? 3000 : 10_000),
      },
    );
    student.dispose();
    // The first ones are slow: code is compiled. The median of the rest leaves out pauses.
    const durations = times.slice(1).map((time, i) => (time - times[i]) / 1000);
    const later = durations.slice(Math.floor(durations.length / 2)).sort((a, b) => a - b);
    return later[Math.floor(later.length / 2)];
  };
  const few = Math.min(4, batchSize);
  const estimate = await tried(few, 2) * batchSize / few;
  return estimate > 10 ? estimate : await tried(batchSize, 30);
}

function planLines({ steps, seconds, bytes }: TrainingPlan): string[] {
  const lines = steps.map(({ classes, iterations, trained }, step) =>
    `Step ${step}: ${trained ? "trained" : `${iterations} iterations`}, ${classes.length} classes: ${
      classes.join(", ")
    }`
  );
  const time = seconds === undefined
    ? ""
    : `About ${clock(seconds)} on this machine, ${steps.length} ${steps.length === 1 ? "model" : "models"}, `;
  return seconds === undefined && steps.every(({ trained }) => trained)
    ? lines
    : [...lines, `${time || "Models: "}${(bytes / 1e6).toFixed(1)} MB.`];
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
  const { method, seed } = run.configuration;
  const display = progressDisplay();
  let next = 0;
  const showThrough = async (step: number) => {
    // The bar makes room for the rows.
    display.show([]);
    while (next <= step) onStep(await run.metrics(next++));
  };
  const configuration = { ...run.configuration, engine: run.engine.name };
  const planned = { name: `${method}, seed ${seed}`, configuration, folders: run.folders };
  let shown = Promise.resolve();
  const { jobs, processes } = await trainingJobs([planned], {
    directory,
    onStep: (_, step) => shown = shown.then(() => showThrough(step)),
  });
  await runJobs(jobs, { processes, signal, display });
  await shown;
  for (const { failure } of jobs) if (failure !== undefined) throw new UserError(failure);
  await showThrough(run.steps.length - 1);
}

if (import.meta.main) await runCommand(train);
