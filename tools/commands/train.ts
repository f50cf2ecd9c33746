/**
 * `deno task train`: trains one run, all its steps.
 * @module
 */
import { configure } from "../../lib/run/configuration.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import type { StepMetrics } from "../../lib/run/evaluate_step.ts";
import { progressDisplay } from "../../lib/progress.ts";
import { runProgressLine } from "../../lib/run/run_process.ts";
import type { Run } from "../../lib/run/run.ts";
import {
  type CommandOptions,
  describeFields,
  type Log,
  parseCommandLine,
  refusePositionals,
  runCommand,
  showPath,
} from "./command_line.ts";
import { openRun, untilInterrupted } from "./open_run.ts";
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

  const goOn = "Stopped. Nothing is lost but the unfinished epoch: the same command goes on from there.";
  await untilInterrupted(goOn, async () => {
    const run = await openRun(configuration, line.own, log);
    log(`Run: ${showPath(run.steps.length > 1 ? run.folders.method : run.folders.base)}`);
    await trainSteps(run, log);
  });
}

async function trainSteps(run: Run, log: Log): Promise<void> {
  const { method, seed } = run.configuration;
  const display = progressDisplay();
  const metrics: StepMetrics[] = [];
  log(stepHeading());
  for (let step = 0; step < run.steps.length; step++) {
    const startedAt = performance.now();
    let doneBefore: number | undefined;
    await run.train(step, {
      onProgress(progress) {
        const line = runProgressLine(progress, run.steps.length);
        doneBefore ??= line.done;
        display.show([{ ...line, label: `${method}, seed ${seed}`, startedAt, doneBefore }]);
      },
    });
    // The bar makes room for the row.
    display.show([]);
    await display.finish();
    metrics.push(await run.metrics(step));
    log(stepRow(metrics));
  }
}

if (import.meta.main) await runCommand(train);
