/**
 * `deno task caltech`: the figures and the table of the study on Caltech-101, from its trained runs.
 * @module
 */
import { resolve } from "node:path";
import { type Engine, useEngine } from "../../lib/engine/mod.ts";
import { attentionRetentionFigure, baseAttention } from "../../lib/study/base_attention.ts";
import { caltechAccuracyNumbers } from "../../lib/study/caltech_accuracy.ts";
import { type CaltechAttention, type ImageChoice, typicalImage } from "../../lib/study/caltech_attention.ts";
import { caltechTable, claimsTable, controlTable } from "../../lib/study/caltech_tables.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { dataDirectory, figuresDirectory, readMetrics, runFolders } from "../../lib/run/folder.ts";
import type { MeasuredRun } from "../../lib/study/run_record.ts";
import type { Run } from "../../lib/run/run.ts";
import { accuracyCurve, attentionRetention, saveFigure } from "../../lib/figures/mod.ts";
import { UserError } from "../../lib/user_error.ts";
import {
  type CommandOptions,
  fromHere,
  type Log,
  parseCommandLine,
  runCommand,
  showPath,
} from "./command_line.ts";
import { openRun } from "./open_run.ts";
import { readSweepFile } from "./sweep_file.ts";
import { textTable } from "../../lib/table.ts";
import { type MethodName, methodNames } from "../../lib/training/method.ts";

const OPTIONS: CommandOptions = { command: "caltech", own: ["directory", "out"], takesFields: false };

const HELP = `deno task caltech [FILE] [--directory DIRECTORY] [--out DIRECTORY]

Draws the figures of the study on Caltech-101 and prints its table, from runs that are trained already:

  deno task data caltech-101
  deno task sweep studies/caltech-101.json
  deno task caltech

It writes caltech-101-accuracy and caltech-101-attention as .svg, .png and .json. The image of the second
is chosen by a rule: see typicalImage() in lib/study/caltech_attention.ts.

FILE                    the runs, as for \`deno task sweep\`: the three methods with some seeds, perhaps a second
                        run of LwM a seed with the settings of LwF-MC, and one run on all classes together,
                        which has no increments [studies/caltech-101.json]
--directory DIRECTORY   folder of data sets and runs [data]
--out DIRECTORY         where the figures go [figures; data/figures/PRESET for presets other than default]
--help                  this text`;

/** The paper's picture shows this many increments. */
const INCREMENTS_SHOWN = 4;

/** Runs the command; see its help. */
export async function caltechStudy(args: readonly string[], log: Log = console.log): Promise<void> {
  const { positionals, own, help } = parseCommandLine(args, OPTIONS);
  if (help) return log(HELP);
  if (positionals.length > 1) {
    throw new UserError(
      `Expected one file of a sweep but found ${positionals.join(" ")}; see \`deno task caltech --help\`.`,
    );
  }
  const [given] = positionals;
  const file = given === undefined
    ? resolve(import.meta.dirname!, "../../studies/caltech-101.json")
    : fromHere(given);
  const { methods, controls, joint, shown } = rolesOf(await readSweepFile(file), file);
  const directory = own.directory === undefined ? dataDirectory() : fromHere(own.directory);
  const out = own.out === undefined ? figuresDirectory(joint) : fromHere(own.out);

  const [measuredJoint, ...measured] = await readStudy([joint, ...methods, ...controls], directory, file);
  const accuracy = caltechAccuracyNumbers(
    measured.slice(0, methods.length),
    measuredJoint,
    measured.slice(methods.length),
  );
  await saveFigure(`${joint.dataset}-accuracy`, accuracyCurve, accuracy, { directory: out });
  for (const table of [caltechTable(accuracy), claimsTable(accuracy), controlTable(accuracy)]) {
    if (table.length > 0) log(textTable(table).join("\n") + "\n");
  }

  const attention = await exampleOf(shown, own, log);
  await saveFigure(`${joint.dataset}-attention`, attentionRetention, attention, { directory: out });
  log(describeChoice(attention.choice));
  log(`\nFigures: ${joint.dataset}-accuracy and ${joint.dataset}-attention in ${showPath(out)}`);
}

/** The runs of a study by what they are for. */
interface Roles {
  /** With increments. */
  methods: Configuration[];
  /** Further runs of LwM, of seeds that have one already. */
  controls: Configuration[];
  /** On all classes together. */
  joint: Configuration;
  /** One run a method, all with the first seed: what the picture shows. */
  shown: Configuration[];
}

function rolesOf(configurations: readonly Configuration[], file: string): Roles {
  const withIncrements = configurations.filter(({ increments }) => increments > 0);
  const isFirst = (run: Configuration) =>
    run === withIncrements.find(({ method, seed }) => method === run.method && seed === run.seed);
  const controls = withIncrements.filter((run) => run.method === "LwM" && !isFirst(run));
  const methods = withIncrements.filter((run) => !controls.includes(run));
  const joints = configurations.filter(({ increments }) => increments === 0);
  const seed = Math.min(...methods.map((configuration) => configuration.seed));
  const of = (method: MethodName) => methods.find((run) => run.method === method && run.seed === seed);
  const missing = methodNames().find((method) => of(method) === undefined);
  if (missing !== undefined || joints.length !== 1) {
    throw new UserError(
      `Expected ${file} to name runs of ${
        methodNames().join(", ")
      } with the same seeds, and one run on all classes together ` +
        `(increments 0), but found ${
          missing === undefined ? `${joints.length} such` : `none of ${missing}`
        }. ` +
        "Correct the file.",
    );
  }
  return { methods, controls, joint: joints[0], shown: methodNames().map((method) => of(method)!) };
}

/**
 * What was measured, read without opening the data set.
 *
 * @throws {UserError} where runs are not finished
 */
async function readStudy(
  configurations: readonly Configuration[],
  directory: string,
  file: string,
): Promise<MeasuredRun[]> {
  const { engine } = configurations[0];
  const name = engine === "auto" ? (await useEngine(engine)).name : engine as Engine["name"];
  const runs = await Promise.all(configurations.map(async (configuration): Promise<MeasuredRun> => {
    const folders = await runFolders(configuration, name, directory);
    return { configuration, metrics: await readMetrics(folders, configuration.increments + 1) };
  }));
  const unfinished = runs.filter(({ configuration, metrics }) => metrics.length <= configuration.increments);
  if (unfinished.length > 0) {
    const named = unfinished.map(({ configuration: { method, seed, increments }, metrics }) =>
      `${increments === 0 ? "all classes together" : method}, seed ${seed} (${metrics.length} of ${
        increments + 1
      } steps)`
    );
    throw new UserError(
      `Expected the ${runs.length} runs of ${
        showPath(file)
      } to be finished but found ${unfinished.length} that are not: ` +
        `${named.join("; ")}. Train them with \`deno task sweep ${showPath(file)}\`.`,
    );
  }
  return runs;
}

/** Asks the models of the first increments where they look, and chooses an image. */
async function exampleOf(
  configurations: readonly Configuration[],
  place: { directory?: string },
  log: Log,
): Promise<CaltechAttention> {
  const runs: Run[] = [];
  for (const configuration of configurations) {
    // They share engine and images, of which the first says all there is to say.
    runs.push(await openRun(configuration, place, runs.length === 0 ? log : () => {}));
  }
  const through = Math.min(INCREMENTS_SHOWN, runs[0].steps.length - 1);
  const attention = await baseAttention(runs, through);
  const { image, choice } = typicalImage(attention);
  return { ...attentionRetentionFigure(attention, [image]), seed: configurations[0].seed, choice };
}

function describeChoice(choice: ImageChoice): string {
  const { className, testImages, recognizedByFirst, recognizedByLast, medianDifference, difference } = choice;
  const counts = recognizedByLast.map(({ method, images }) => `${images} after ${method}`);
  return `The picture shows ${className}: of its ${testImages} test images M_0 recognizes ${recognizedByFirst}, ` +
    `the last model shown ${counts.join(", ")}. LwM's cosine minus LwF-MC's is ${
      difference.toFixed(3)
    } in it, ` +
    `and ${medianDifference.toFixed(3)} in the median of all that M_0 recognizes.`;
}

if (import.meta.main) await runCommand(caltechStudy);
