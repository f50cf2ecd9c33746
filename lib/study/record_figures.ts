/**
 * From records of runs to the figures that draw them, and the figures of a study.
 * @module
 */
import { join } from "node:path";
import type { AccuracyCurve, MethodRun, MethodRuns } from "../figures/curves.ts";
import type { Figure } from "../figures/kit/svg.ts";
import { FIGURES } from "../figures/registry.ts";
import { figureDirectory, saveFigure, type SaveOptions } from "../figures/save.ts";
import { varyingFields } from "../run/identity.ts";
import { mean } from "../statistics.ts";
import { UserError } from "../user_error.ts";
import { refuseSeveralEngines } from "./comparisons.ts";
import type { RunRecord } from "./run_record.ts";
import { select, type Study, type StudyFigure } from "./study.ts";
import { typicalAttention } from "./typical_image.ts";

/**
 * What the figure `accuracy-curve` draws. Networks that were trained on all classes together become a level.
 * @throws {UserError} where runs differ in more than method and seed
 */
export function accuracyCurveNumbers(records: readonly RunRecord[]): AccuracyCurve {
  refuseSeveralEngines(records);
  const others = varyingFields(records.map(({ configuration }) => configuration));
  if (others.length > 0) {
    throw new UserError(
      `Expected runs that differ in the method and the seed alone but found others in ${
        others.join(", ")
      }. ` +
        'Choose runs with "runs" of the figure in the study, or with `select()`.',
    );
  }
  const incremental = records.filter(isIncremental);
  const together = records.filter((record) => !isIncremental(record));
  const { configuration: { dataset, preset }, engine, metrics } = incremental[0] ?? records[0];
  // Whether five guesses are to be shown, and were counted.
  const top5 = records.every(({ configuration, metrics }) =>
    configuration.topK === 5 && metrics.every(({ accuracyTop5 }) => accuracyTop5 !== undefined)
  );
  return {
    ...{ dataset, preset, engine },
    classesSeen: metrics.map(({ classesSeen }) => classesSeen),
    ...top5 ? { topK: 5 } : {},
    runs: incremental.map((record) => methodRun(record, top5)),
    ...together.length === 0 ? {} : {
      upperBound: {
        accuracy: mean(together.map((record) => methodRun(record, top5).accuracy[0])),
        meanClassAccuracy: mean(together.map(({ metrics: [{ meanClassAccuracy }] }) => meanClassAccuracy)),
      },
    },
  };
}

function isIncremental({ configuration }: RunRecord): boolean {
  return configuration.increments > 0;
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

/** What the figure `attention-retention-curve` draws: the same, and how attention left the objects. */
export function attentionRetentionCurveNumbers(records: readonly RunRecord[]): MethodRuns {
  const curve = accuracyCurveNumbers(records);
  const measured = records.filter(isIncremental);
  const runs = curve.runs.map((run, i) => {
    const ofSteps = measured[i].metrics.map(({ attention }) => attention);
    return {
      ...run,
      // Data sets without masks have neither; older records lack the last.
      pointingGameDrop: ofAllSteps(ofSteps.map(({ pointingGame }) => pointingGame?.drop)),
      energyDrop: ofAllSteps(ofSteps.map(({ energyInside }) => energyInside?.drop)),
      darkMaps: ofAllSteps(ofSteps.map(({ dark, images }) => images ? dark && dark / images : undefined)),
    };
  });
  return { ...curve, runs };
}

function ofAllSteps(values: readonly (number | undefined)[]): number[] | undefined {
  const measured = values.filter((value) => value !== undefined);
  return measured.length < values.length ? undefined : measured;
}

/** How {@linkcode studyFigure} draws. */
export interface StudyFigureOptions extends SaveOptions {
  /** Folder of data sets and runs, for figures that need the models. */
  readonly runs?: string;
}

/**
 * Draws and saves one of a study's figures. That of attention needs the models of the runs, too.
 * @returns the path of its SVG
 * @throws {UserError} where a run is not finished, so that no figure is replaced by one of fewer runs, or the
 * runs cannot be drawn together
 */
export async function studyFigure(
  study: Study,
  { name, kind, runs = [{}], references }: StudyFigure,
  options: StudyFigureOptions = {},
): Promise<string> {
  const planned = study.configurations.map((configuration) => ({ configuration }));
  const asked = new Set(runs.flatMap((selector) => select(planned, selector)));
  const records = [...new Set(runs.flatMap((selector) => select(study.records, selector)))];
  const missing = asked.size - records.length;
  if (missing > 0) {
    throw new UserError(
      `Expected the ${asked.size} runs of the figure to be finished but found ${missing} that are not. ` +
        "Train them with `deno task sweep`.",
    );
  }
  const numbers = kind === "accuracyCurve"
    ? { ...accuracyCurveNumbers(records), references }
    : await typicalAttention(records, options.runs, options.log);
  const directory = options.directory ?? await figureDirectory(name, numbers, options.log);
  await saveFigure(name, FIGURES[kind] as (numbers: object) => Figure, numbers, { ...options, directory });
  return join(directory, `${name}.svg`);
}
