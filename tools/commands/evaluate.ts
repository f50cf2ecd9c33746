/**
 * `deno task evaluate`: measures a run's models again.
 * @module
 */
import { markdownTable } from "../../lib/table.ts";
import type { StepMetrics } from "../../lib/evaluation/step_metrics.ts";
import type { Run } from "../../lib/run/run.ts";
import { percent } from "../../lib/statistics.ts";
import { UserError } from "../../lib/user_error.ts";
import { type Command, defineCommand, runCommand } from "./command_line.ts";
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

/** Measures all models that are trained, and prints the tables. */
export const evaluate = defineCommand(COMMAND, async (line, say, result) => {
  const run = await openNamedRun(line, COMMAND, say);
  const folder = folderOf(run);
  if (!await run.hasModel(0)) {
    throw new UserError(
      `Expected trained models in ${folder} but found none. Train it with \`deno task train\`.`,
    );
  }
  say(`Run: ${folder}`);
  if (run.engine.name !== run.configuration.engine) {
    say(`Trained on ${run.configuration.engine}: what ${run.engine.name} measures is not kept.`);
  }
  say(stepHeading());
  const metrics: StepMetrics[] = [];
  for (let step = 0; step < run.steps.length && await run.hasModel(step); step++) {
    metrics.push(await run.evaluate(step));
    say(stepRow(metrics));
  }
  say("\nAccuracy of each model on the classes of each step\n");
  say(accuracyTable(run, metrics));
  say(ATTENTION);
  say(attentionTable(metrics));
  const missing = run.steps.length - metrics.length;
  if (missing > 0) {
    say(`\nNot trained yet: ${missing} of ${run.steps.length} steps. \`deno task train\` trains them.`);
  }
  result({ run: folder, configuration: run.configuration, metrics });
});

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
