/**
 * `deno task evaluate`: measures a run's models again.
 * @module
 */
import { markdownTable } from "../../lib/table.ts";
import type { StepMetrics } from "../../lib/evaluation/step_metrics.ts";
import type { Run } from "../../lib/run/run.ts";
import { percent } from "../../lib/statistics.ts";
import { UserError } from "../../lib/user_error.ts";
import { type Command, type Log, parseCommandLine, runCommand, warn } from "./command_line.ts";
import { ENGINE, folderOf, openNamedRun, stepHeading, stepRow } from "./open_run.ts";

const COMMAND: Command = {
  name: "evaluate",
  usage: "RUN [--data PATH] [--engine NAME] [--json]",
  about:
    `Measures every model of a run again from its checkpoint, prints the numbers, and keeps them in the run's folder.
Numbers of another engine than the one that trained the run are only printed. Exit code: 0, or 1 where there is
nothing to measure.

  deno task train --preset smoke --seed 99
  deno task evaluate data/runs/iemoji-100/seed99-LwM-*
  deno task evaluate data/runs/iemoji-100/seed99-LwM-* --json > lwm.json`,
  options: {
    "data PATH": "where the run's images lie now, if they have moved",
    ...ENGINE,
    json: "print {run, configuration, metrics} as JSON, and nothing else to the standard output",
  },
};

export async function evaluate(args: readonly string[], log: Log = console.log): Promise<void> {
  const line = parseCommandLine(args, COMMAND);
  if (line.help) return log(line.help);
  const json = line.switches.has("json");
  const run = await openNamedRun(line, COMMAND, json ? warn : log);
  const metrics = await evaluateRun(run, json ? () => {} : log);
  if (json) log(JSON.stringify({ run: folderOf(run), configuration: run.configuration, metrics }, null, 1));
}

/** Measures all models that are trained, and prints the tables. */
async function evaluateRun(run: Run, log: Log): Promise<StepMetrics[]> {
  if (!await run.hasModel(0)) {
    const folder = folderOf(run);
    throw new UserError(
      `Expected trained models in ${folder} but found none. Train it with \`deno task train\`.`,
    );
  }
  log(`Run: ${folderOf(run)}`);
  if (run.engine.name !== run.configuration.engine) {
    log(`Trained on ${run.configuration.engine}: what ${run.engine.name} measures is not kept.`);
  }
  log(stepHeading());
  const metrics: StepMetrics[] = [];
  for (let step = 0; step < run.steps.length && await run.hasModel(step); step++) {
    metrics.push(await run.evaluate(step));
    log(stepRow(metrics));
  }

  log("\nAccuracy of each model on the classes of each step\n");
  log(accuracyTable(run, metrics));
  log(ATTENTION);
  log(attentionTable(metrics));

  const missing = run.steps.length - metrics.length;
  if (missing > 0) {
    log(`\nNot trained yet: ${missing} of ${run.steps.length} steps. \`deno task train\` trains them.`);
  }
  return metrics;
}

const ATTENTION = `
Attention to the classes of step 0. Cosine: between each model's maps and those of M_0. Where masks are known:
pointing game, how often the peak of the map lies on the object; inside, which part of the map lies on it.
`;

/** One row for the classes of each step, one column for each model that knows them. */
function accuracyTable(run: Run, metrics: readonly StepMetrics[]): string {
  return markdownTable(metrics.map((_, step) => {
    const models = metrics.map(({ accuracyOfSteps }, t) =>
      [`M_${t}`, step <= t ? percent(accuracyOfSteps[step]) : ""] as const
    );
    const classes = run.steps[step].map((id) => run.dataset.classNames[id]);
    return { step, ...Object.fromEntries(models), classes: classes.join(", ") };
  }));
}

function attentionTable(metrics: readonly StepMetrics[]): string {
  return markdownTable(metrics.map(({ step, attention: { cosine, pointingGame, energyInside } }) => ({
    model: `M_${step}`,
    cosine: cosine.toFixed(3),
    "pointing game": pointingGame ? percent(pointingGame.now) : "–",
    inside: energyInside ? percent(energyInside.now) : "–",
  })));
}

if (import.meta.main) await runCommand(evaluate);
