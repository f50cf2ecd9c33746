/**
 * From records and logs of runs to the figures.
 * @module
 */
import { join } from "node:path";
import type { Figure, MethodRun, MethodRuns, ModelLoss, SaveOptions, TrainingCurve } from "../figures/mod.ts";
import type { GammaRuns, Outcome } from "../figures/outcomes.ts";
import { FIGURES } from "../figures/registry.ts";
import { figureDirectory, saveFigure } from "../figures/save.ts";
import type { Run } from "../run/run.ts";
import type { Configuration } from "../run/schema.ts";
import { mean } from "../statistics.ts";
import { methodNamed } from "../training/method.ts";
import type { EpochLog } from "../training/train_step.ts";
import { UserError } from "../user_error.ts";
import { refuseSeveralEngines } from "./comparisons.ts";
import { MEASURES, methodTitle, type RunRecord, varyingFields } from "./run_record.ts";
import { recordsOfFigure, select, type Study, type StudyFigure } from "./study.ts";
import { typicalAttention } from "./typical_image.ts";

/**
 * What the figure `accuracy-curve` draws, as it is kept.
 * @throws {UserError} where runs differ in more than method and seed
 */
export function accuracyCurveNumbers(
  records: readonly RunRecord[],
  top5: boolean = records.every(showsTop5),
): MethodRuns {
  refuseOthers(records, "the method and the seed");
  return {
    ...sharedBy(records),
    classesSeen: records[0].metrics.map(({ classesSeen }) => classesSeen),
    ...top5 ? { topK: 5 } : {},
    runs: records.map((record) => methodRun(record, top5)),
  };
}

/**
 * One run as the curves draw it; with the mean over classes where that says something new, since classes
 * differ in size.
 */
function methodRun({ configuration: { method, seed }, metrics }: RunRecord, top5: boolean): MethodRun {
  const balanced = top5 || metrics.every((step) => Math.abs(step.accuracy - step.meanClassAccuracy) < 1e-6);
  return {
    method,
    seed,
    accuracy: metrics.map(({ accuracy, accuracyTop5 }) => top5 ? accuracyTop5! : accuracy),
    attentionCosine: metrics.map(({ attention }) => attention.cosine),
    ...balanced ? {} : { meanClassAccuracy: metrics.map(({ meanClassAccuracy }) => meanClassAccuracy) },
  };
}

/** Whether five guesses are to be shown, and were counted. */
function showsTop5({ configuration, metrics }: RunRecord): boolean {
  return configuration.topK === 5 && metrics.every(({ accuracyTop5 }) => accuracyTop5 !== undefined);
}

/** What the figure `attention-retention-curve` draws: the same, and how attention left the objects. */
export function attentionRetentionCurveNumbers(records: readonly RunRecord[]): MethodRuns {
  const curve = accuracyCurveNumbers(records);
  const drops = records.map(({ metrics }) => {
    const pointing = metrics.flatMap(({ attention }) => attention.pointingGame ?? []);
    const energy = metrics.flatMap(({ attention }) => attention.energyInside ?? []);
    const dark = metrics.flatMap(({ attention: { dark, images } }) =>
      dark === undefined || !images ? [] : [dark / images]
    );
    const whole = <Value>(values: Value[]) => values.length < metrics.length ? undefined : values;
    return {
      // Data sets without masks have neither; older records lack the last.
      pointingGameDrop: whole(pointing.map(({ drop }) => drop)),
      energyDrop: whole(energy.map(({ drop }) => drop)),
      darkMaps: whole(dark),
    };
  });
  return { ...curve, runs: curve.runs.map((run, i) => ({ ...run, ...drops[i] })) };
}

/**
 * What the figure `gamma` draws. LwF-MC is LwM with γ = 0.
 * @throws {UserError} where runs differ in more than γ and the seed
 */
export function gammaNumbers(records: readonly RunRecord[]): GammaRuns {
  const runs = records.map((record) => ({ gamma: gammaOf(record), ...outcomeOf(record) }));
  refuseOthers(records, "γ and the seed", { gamma: 0 });
  return { ...sharedBy(records), runs };
}

/**
 * What is drawn as the seeds of one setting has to be one.
 * @param values of what the figure tells apart: as if all runs had them, and LwF-MC were LwM
 */
function refuseOthers(records: readonly RunRecord[], allowed: string, values?: Partial<Configuration>): void {
  const alike = records.map(({ configuration }) => ({ ...configuration, ...values }));
  const asOneMethod = values && alike.map((configuration) => ({ ...configuration, method: "LwF-MC" }));
  const others = varyingFields([...alike, ...asOneMethod ?? []]);
  if (others.length === 0) return;
  throw new UserError(
    `Expected runs that differ in ${allowed} alone but found others in ${others.join(", ")}. ` +
      'Choose runs with "runs" of the figure in the study, or with `select()`.',
  );
}

function sharedBy(records: readonly RunRecord[]): { dataset: string; preset: string; engine: string } {
  refuseSeveralEngines(records);
  const [{ configuration: { dataset, preset }, engine }] = records;
  return { dataset, preset, engine };
}

function gammaOf({ configuration }: RunRecord): number {
  return hasAttentionLoss(configuration) ? configuration.gamma : 0;
}

/** @throws {UserError} where the method is neither LwM nor LwF-MC, which is LwM without L_AD */
function hasAttentionLoss({ method }: Configuration): boolean {
  if (method === "LwM" || method === "LwF-MC") return method === "LwM";
  throw new UserError(
    "Expected runs of LwM and of LwF-MC, which is LwM without L_AD, but found one of " +
      `${method}. Leave it out with "runs" of the figure in the study.`,
  );
}

function outcomeOf(record: RunRecord): Outcome {
  return {
    seed: record.configuration.seed,
    averageIncrementalAccuracy: MEASURES.averageAccuracy.of(record),
    attentionCosine: MEASURES.attentionCosine.of(record),
  };
}

/** How {@linkcode studyFigure} draws. */
export interface StudyFigureOptions extends SaveOptions {
  /** Folder of data sets and runs, for figures that need the models. */
  readonly runs?: string;
}

/** What each figure draws, by its function. */
const NUMBERS: Readonly<
  Record<
    StudyFigure["kind"],
    (
      records: RunRecord[],
      figure: StudyFigure,
      study: Study,
      options: StudyFigureOptions,
    ) => object | Promise<object>
  >
> = {
  accuracyCurve: curveWithLevels,
  attentionRetention: (records, _figure, _study, { runs, log }) => typicalAttention(records, runs, log),
  attentionRetentionCurve: attentionRetentionCurveNumbers,
  gamma: gammaNumbers,
};

/**
 * With the accuracy of one network that was trained on all classes together, and published results, where the
 * study has them.
 */
function curveWithLevels(records: RunRecord[], { joint, references }: StudyFigure, study: Study) {
  const together = joint === undefined ? [] : select(study.records, joint);
  const top5 = [...records, ...together].every(showsTop5);
  const upperBound = together.length === 0 ? undefined : {
    accuracy: mean(together.map((record) => methodRun(record, top5).accuracy[0])),
    meanClassAccuracy: mean(together.map(({ metrics: [{ meanClassAccuracy }] }) => meanClassAccuracy)),
  };
  return { ...accuracyCurveNumbers(records, top5), ...{ upperBound, references } };
}

/**
 * Draws one of a study's figures, and saves it if all of its runs are finished, so that a figure is never
 * replaced by one of fewer runs. Those of attention need the models of the runs, too.
 * @returns the figure, how many of its runs are not finished, and the path of its SVG if it was saved
 * @throws {UserError} where none of its runs is finished, or they cannot be drawn together
 */
export async function studyFigure(
  study: Study,
  name: string,
  options: StudyFigureOptions = {},
): Promise<{ figure: Figure; missing: number; path?: string }> {
  const found = study.figures.find((figure) => figure.name === name);
  if (found === undefined) {
    const names = study.figures.map(({ name }) => name).join(", ");
    throw new UserError(
      `Expected one of the figures ${names} of the study ${study.name} but found ${name}. Choose one of them.`,
    );
  }
  const { kind, runs = [{}], joint } = found;
  const records = recordsOfFigure(study, found);
  const planned = study.configurations.map((configuration) => ({ configuration }));
  const missing = [...runs, ...joint === undefined ? [] : [joint]].reduce(
    (count, selector) => count + select(planned, selector).length - select(study.records, selector).length,
    0,
  );
  const draw = FIGURES[kind] as (numbers: object) => Figure;
  const numbers = await NUMBERS[kind](records, found, study, options);
  if (missing > 0) return { figure: draw(numbers), missing };
  const directory = options.directory ?? await figureDirectory(name, sharedBy(records), options.log);
  const figure = await saveFigure(name, draw, numbers, { ...options, directory });
  return { figure, missing, path: join(directory, `${name}.svg`) };
}

/** The losses of some runs' step t, as the figure of the training draws them. */
export async function trainingCurveNumbers(runs: readonly Run[], step: number): Promise<TrainingCurve> {
  const logs = runs.map(async (run) => ({ configuration: run.configuration, log: await run.log(step) }));
  return trainingCurveOfLogs(await Promise.all(logs), step);
}

/** The same of logs, which need not be of equal length. */
export function trainingCurveOfLogs(
  logs: readonly { configuration: Configuration; log: readonly EpochLog[] }[],
  step: number,
): TrainingCurve {
  const models = logs.map(({ configuration, log }): ModelLoss => {
    const { method } = configuration;
    // M_0 has no teacher, and so no other term.
    const terms = Object.entries(methodNamed(method).terms).filter(([name]) => log[0][name] !== undefined);
    return {
      model: step === 0 ? "M_{0}" : `${methodTitle(configuration)}, M_{${step}}`,
      terms: Object.fromEntries(terms.map(([name, { weight }]) => {
        const subscripted = name.replace(/_(\w+)$/, "_{$1}");
        const label = weight === undefined ? subscripted : `${weight.symbol} · ${subscripted}`;
        return [label, log.map((epoch) => (weight?.value(configuration) ?? 1) * epoch[name])];
      })),
    };
  });
  const longest = logs.reduce((a, b) => a.log.length > b.log.length ? a : b).log;
  return { xLabel: "epoch", x: longest.map(({ epoch }) => epoch), models };
}
