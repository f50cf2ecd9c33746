/**
 * `deno task evaluate`: measures a run's models again.
 * @module
 */
import { markdownTable } from "../../lib/table.ts";
import { configure } from "../../lib/run/configuration.ts";
import type { StepMetrics } from "../../lib/run/evaluate_step.ts";
import type { Run } from "../../lib/run/run.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { percent } from "../../lib/statistics.ts";
import { UserError } from "../../lib/user_error.ts";
import {
  type CommandOptions,
  describeFields,
  fromHere,
  type Log,
  parseCommandLine,
  runCommand,
  showPath,
} from "./command_line.ts";
import { openRun, stepHeading, stepRow } from "./run.ts";

const OPTIONS: CommandOptions = {
  command: "evaluate",
  own: ["directory"],
  switches: ["json"],
  takesFields: true,
};

const help = (fields: Partial<Configuration>) =>
  `deno task evaluate RUN [--data PATH] [--engine NAME] [--json]
deno task evaluate [--FIELD VALUE …] [--directory DIRECTORY] [--json]

Measures every model of a run again from its checkpoint, keeps the numbers in the run's folder, and prints
them. The run is given by its folder, or by the options that it was trained with. Of a run that is given by its
folder, --data says where its images lie now, and --engine what evaluates it; the numbers of another engine than
the one that trained it are printed and not kept. Exit code: 0, or 1 where there is nothing to measure.

  deno task evaluate data/runs/iemoji-100/seed1-LwM-…
  deno task evaluate --dataset caltech-101 --data PATH --method lwm --seed 1
  deno task evaluate --method lwm --seed 1 --json > lwm.json

--directory DIRECTORY   folder of data sets and runs [data]
--json                  print one JSON object, {run, configuration, metrics}, and nothing else to standard output
--help                  this text

${describeFields(fields)}`;

/** Runs the command; see its help. */
export async function evaluate(args: readonly string[], log: Log = console.log): Promise<void> {
  const line = parseCommandLine(args, OPTIONS);
  const { fields, own, switches, positionals } = line;
  if (line.help) return log(help(fields));
  const { data, engine, ...others } = fields;
  const options = [...Object.keys(others), ...Object.keys(own)];
  if (positionals.length > 1 || positionals.length === 1 && options.length > 0) {
    const found = [...positionals, ...options.map((name) => `--${name}`)].join(" ");
    throw new UserError(
      `Expected the folder of one run, or the options that it was trained with, but found ${found}. ` +
        "Call `deno task evaluate` once for each run.",
    );
  }
  const json = switches.has("json");
  const run = await openRun(
    positionals.length === 1 ? fromHere(positionals[0]) : configure(fields),
    { ...own, data, engine },
    json ? console.error : log,
  );
  const metrics = await evaluateRun(run, json ? () => {} : log);
  if (json) log(JSON.stringify({ run: folderOf(run), configuration: run.configuration, metrics }, null, 1));
}

function folderOf({ steps, folders }: Run): string {
  return showPath(steps.length > 1 ? folders.method : folders.base);
}

/** Measures all models that are trained, and prints the tables. */
async function evaluateRun(run: Run, log: Log): Promise<StepMetrics[]> {
  if (!await run.hasModel(0)) {
    throw new UserError(
      `Expected trained models in ${
        folderOf(run)
      } but found none. Train the run first: \`deno task train\` with the ` +
        "same options.",
    );
  }
  log(`Run: ${folderOf(run)}`);
  if (run.engine.name !== run.configuration.engine) {
    log(`Trained on ${run.configuration.engine}: what ${run.engine.name} measures is not kept.`);
  }
  let trained = 1;
  while (trained < run.steps.length && await run.hasModel(trained)) trained++;
  log(stepHeading());
  const metrics: StepMetrics[] = [];
  for (let step = 0; step < trained; step++) {
    metrics.push(await run.evaluate(step));
    log(stepRow(metrics));
  }

  log("\nAccuracy of each model on the classes of each step\n");
  log(accuracyTable(run, metrics));
  log(
    "\nAttention to the classes of step 0. Cosine: between each model's maps and those of M_0. Where masks are known:",
  );
  log(
    "pointing game, how often the peak of the map lies on the object; inside, which part of the map lies on it.\n",
  );
  log(attentionTable(metrics));

  const missing = run.steps.length - metrics.length;
  if (missing > 0) {
    log(`\nNot trained yet: ${missing} of ${run.steps.length} steps. \`deno task train\` trains them.`);
  }
  return metrics;
}

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
