/**
 * `deno task evaluate`: measures a run's models again.
 * @module
 */
import { configure } from "../../lib/run/configuration.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import type { StepMetrics } from "../../lib/run/evaluate_step.ts";
import type { Run } from "../../lib/run/run.ts";
import { UserError } from "../../lib/user_error.ts";
import { type CommandOptions, fromHere, type Log, parseCommandLine, runCommand } from "./command_line.ts";
import { describeFields } from "./configuration_fields.ts";
import { openRun, showPath, untilInterrupted } from "./open_run.ts";
import { percent, stepHeading, stepRow } from "./run_results.ts";
import { textTable } from "./text_table.ts";

const OPTIONS: CommandOptions = { command: "evaluate", own: ["directory"], takesFields: true };

const help = (fields: Partial<Configuration>) =>
  `deno task evaluate RUN
deno task evaluate [--FIELD VALUE …] [--directory DIRECTORY]

Measures every model of a run again from its checkpoint, keeps the numbers in the run's folder, and prints
them. The run is named by its folder, or by the options that it was trained with.

  deno task evaluate data/runs/iemoji-100/seed1-LwM-…
  deno task evaluate --dataset caltech-101 --data PATH --method lwm --seed 1

--directory DIRECTORY   folder of data sets and runs [data]
--help                  this text

${describeFields(fields)}`;

/** Runs the command; see its help. */
export async function evaluate(args: readonly string[], log: Log = console.log): Promise<void> {
  const line = parseCommandLine(args, OPTIONS);
  const { fields, own, positionals } = line;
  if (line.help) return log(help(fields));
  const options = [...Object.keys(fields), ...Object.keys(own)];
  if (positionals.length > 1 || positionals.length === 1 && options.length > 0) {
    const found = [...positionals, ...options.map((name) => `--${name}`)].join(" ");
    throw new UserError(
      `Expected the folder of one run, or the options that it was trained with, but found ${found}. ` +
        "Call `deno task evaluate` once for each run.",
    );
  }
  await untilInterrupted("Stopped. Steps that were not measured again keep their numbers.", async () => {
    const run = await openRun(
      positionals.length === 1 ? fromHere(positionals[0]) : configure(fields),
      own,
      log,
    );
    await evaluateRun(run, log);
  });
}

async function evaluateRun(run: Run, log: Log): Promise<void> {
  const folder = showPath(run.steps.length > 1 ? run.folders.method : run.folders.base);
  if (!await run.hasModel(0)) {
    throw new UserError(
      `Expected trained models in ${folder} but found none. Train the run first: \`deno task train\` with the same options.`,
    );
  }
  log(`Run: ${folder}`);
  let trained = 1;
  while (trained < run.steps.length && await run.hasModel(trained)) trained++;
  // Before any number is replaced.
  await run.keepImages(trained - 1);
  log(stepHeading());
  const metrics: StepMetrics[] = [];
  for (let step = 0; step < trained; step++) {
    metrics.push(await run.evaluate(step));
    log(stepRow(metrics));
  }

  log("\nAccuracy of the classes of each step");
  for (const row of stepTable(metrics, ({ accuracyOfSteps }) => accuracyOfSteps.map(percent))) log(row);
  log(
    "\nAttention to M_0's classes: cosine to M_0's maps, and where masks are known, how often the peak lies on the object",
  );
  log("and how much of the attention does");
  for (const row of attentionTable(metrics)) log(row);

  const missing = run.steps.length - metrics.length;
  if (missing > 0) {
    log(`\nNot trained yet: ${missing} of ${run.steps.length} steps. \`deno task train\` goes on.`);
  }
}

/** One row for M_0, M_1 …; cells that a model does not have yet are empty. */
function stepTable(metrics: readonly StepMetrics[], cells: (step: StepMetrics) => string[]): string[] {
  const rows = metrics.map((step) => {
    const row = cells(step);
    return [`M_${step.step}`, ...metrics.map((_, i) => row[i] ?? "")];
  });
  const headings = ["", ...metrics.map((_, step) => `step ${step}`)];
  return textTable(["left", ...metrics.map(() => "right" as const)], [headings, ...rows]);
}

function attentionTable(metrics: readonly StepMetrics[]): string[] {
  const rows = metrics.map(({ step, attention: { cosine, pointingGame, energyInside } }) => [
    `M_${step}`,
    cosine.toFixed(3),
    pointingGame ? percent(pointingGame.now) : "–",
    energyInside ? percent(energyInside.now) : "–",
  ]);
  return textTable(["left", "right", "right", "right"], [["", "cosine", "pointing game", "inside"], ...rows]);
}

if (import.meta.main) await runCommand(evaluate);
