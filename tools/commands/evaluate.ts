/**
 * `deno task evaluate`: measures a run's models again.
 * @module
 */
import { markdownTable } from "../../lib/table.ts";
import type { StepMetrics } from "../../lib/evaluation/step_metrics.ts";
import { percent } from "../../lib/statistics.ts";
import { UserError } from "../../lib/user_error.ts";
import { aboutOf, type Command, defineCommand, runCommand } from "./command_line.ts";
import { ENGINE, folderOf, openNamedRun, stepHeading, stepRow } from "./open_run.ts";

const COMMAND: Command = {
  name: "evaluate",
  usage: "RUN [--data PATH] [--engine NAME] [--json]",
  about: aboutOf("evaluate"),
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
  say(LEGEND);
  say(modelTable(metrics));
  const missing = run.steps.length - metrics.length;
  if (missing > 0) {
    say(`\nNot trained yet: ${missing} of ${run.steps.length} steps. \`deno task train\` trains them.`);
  }
  result({ run: folder, configuration: run.configuration, metrics });
});

const LEGEND = `
Each model's accuracy on the classes of each step, and its attention to the classes of step 0. Cosine: between its
maps and those of M_0. Where masks are known: pointing game, how often the peak of the map lies on the object;
inside, which part of the map lies on it.
`;

function modelTable(metrics: readonly StepMetrics[]): string {
  return markdownTable(metrics.map(({ step: t, accuracyOfSteps, attention }) => ({
    model: `M_${t}`,
    ...Object.fromEntries(
      metrics.map((_, step) => [`step ${step}`, step <= t ? percent(accuracyOfSteps[step]) : ""]),
    ),
    cosine: attention.cosine.toFixed(3),
    "pointing game": attention.pointingGame ? percent(attention.pointingGame.now) : "–",
    inside: attention.energyInside ? percent(attention.energyInside.now) : "–",
  })));
}

if (import.meta.main) await runCommand(evaluate);
