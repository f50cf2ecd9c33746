/**
 * `deno task train`: trains one run, all its steps.
 * @module
 */
import { configure } from "../../lib/run/configuration.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import type { StepMetrics } from "../../lib/run/evaluate_step.ts";
import { progressDisplay } from "../../lib/progress.ts";
import type { Run } from "../../lib/run/run.ts";
import { runJobs, trainingJobs } from "../../lib/run/train_runs.ts";
import { stoppable, unlessStopped } from "../../lib/stop_signals.ts";
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
import { openRun } from "./open_run.ts";
import { stepHeading, stepRow } from "./run_results.ts";

const OPTIONS: CommandOptions = { command: "train", own: ["directory"], takesFields: true };

const help = (fields: Partial<Configuration>) =>
  `deno task train [--FIELD VALUE …] [--directory DIRECTORY]

Trains one run: M_0, then one model for each increment, each measured when it is trained. It can be
stopped at any moment; the same command goes on from the last finished epoch, and what is trained already
is not trained again. Runs lie in DIRECTORY/runs, where the notebooks keep theirs, too.

  deno task train --dataset caltech-101 --data PATH --method lwm --seed 1
  deno task train --preset smoke

--directory DIRECTORY   folder of data sets and runs [data]
--help                  this text

${describeFields(fields)}`;

/** Runs the command; see its help. */
export async function train(args: readonly string[], log: Log = console.log): Promise<void> {
  const line = parseCommandLine(args, OPTIONS);
  if (line.help) return log(help(line.fields));
  refusePositionals(line, OPTIONS);
  const configuration = configure(line.fields);

  let preparing = true;
  const kept = () =>
    preparing
      ? "Images that were not prepared completely are prepared anew by the same command."
      : "Nothing is lost but the unfinished epoch: the same command goes on from there.";
  await stoppable(kept, async (signal) => {
    const run = await unlessStopped(signal, openRun(configuration, line.own, log));
    preparing = false;
    log(`Run: ${showPath(run.steps.length > 1 ? run.folders.method : run.folders.base)}`);
    await trainSteps(run, line.own.directory && fromHere(line.own.directory), signal, log);
  });
}

/** Trains in a process of its own, so that a signal stops it at once however slow the engine is. */
async function trainSteps(
  run: Run,
  directory: string | undefined,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const { method, seed } = run.configuration;
  const metrics: StepMetrics[] = [];
  const display = progressDisplay();
  const showThrough = async (step: number) => {
    // The bar makes room for the rows.
    display.show([]);
    while (metrics.length <= step) {
      metrics.push(await run.metrics(metrics.length));
      log(stepRow(metrics));
    }
  };
  log(stepHeading());
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
