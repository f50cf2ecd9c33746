/**
 * The tables of the notebooks: one row a run or a method.
 * @module
 */
import { averageIncrementalAccuracy, forgetting } from "../evaluation/accuracy.ts";
import type { Drop, StepMetrics } from "../evaluation/step_metrics.ts";
import type { ModelLoss, TrainingCurve } from "../figures/mod.ts";
import type { Run } from "../run/run.ts";
import type { Configuration } from "../run/schema.ts";
import { decimal, mean, meanBelowThree, percent, points } from "../statistics.ts";
import { type Table, table } from "../table.ts";
import { type MethodName, methodNamed, methodNames } from "../training/method.ts";
import type { EpochLog } from "../training/train_step.ts";
import { refuseSeveralEngines } from "./claims.ts";
import {
  bySetting,
  describeSetting,
  FIELD_TITLES,
  type Measure,
  type MeasureName,
  MEASURES,
  type RunRecord,
  settingOf,
  varyingFields,
} from "./run_record.ts";

/** The method's name, with what is not the paper's in its L_AD. */
export function methodTitle(
  { method, norm, attentionClass, attentionForm }:
    & Pick<Configuration, "method">
    & Partial<Pick<Configuration, "norm" | "attentionClass" | "attentionForm">>,
): string {
  if (!methodNamed(method).fields.includes("attentionForm")) return method;
  const other = [[norm, "L1"], [attentionClass, "student-top"], [attentionForm, "normalized"]]
    .filter(([value, usual]) => value !== undefined && value !== usual).map(([value]) => value);
  return [method, ...other].join(", ");
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

/** All that was measured of each run, up to its last step. */
export function stateTable(runs: readonly RunRecord<StepMetrics>[]): Table {
  return table(runs.map(({ configuration, metrics }) => {
    const { attention } = metrics[metrics.length - 1];
    const accuracies = metrics.map(({ accuracy }) => accuracy);
    const change = (drop: Drop | undefined) => drop === undefined ? "" : points(-drop.drop);
    return {
      method: methodTitle(configuration),
      ...Object.fromEntries(accuracies.map((value, step) => [`M_${step}`, percent(value)])),
      "average": percent(averageIncrementalAccuracy(accuracies)),
      "forgetting": percent(forgetting(metrics.map(({ accuracyOfSteps }) => accuracyOfSteps))),
      "cosine": attention.cosine.toFixed(3),
      "pointing game": change(attention.pointingGame),
      "inside object": change(attention.energyInside),
    };
  }));
}

/** How {@linkcode settingsTable} is made. */
export interface SettingsTableOptions {
  /** Whether the best average incremental accuracy of each method comes first. */
  readonly bestFirst?: boolean;
  /** What is shown; by default all that was measured. */
  readonly measures?: readonly MeasureName[];
}

/**
 * One row a setting: means over its seeds with Student's 95 % interval. The columns are the fields in which
 * settings of one method differ, and what was measured.
 * @throws {UserError} where runs of several engines would be compared
 */
export function settingsTable(records: readonly RunRecord[], options: SettingsTableOptions = {}): Table {
  refuseSeveralEngines(records);
  const settings = bySetting(records);
  if (options.bestFirst) {
    const average = (setting: readonly RunRecord[]) => mean(setting.map(MEASURES.averageAccuracy.of));
    const method = ([{ configuration }]: readonly RunRecord[]) => methodNames().indexOf(configuration.method);
    settings.sort((a, b) => method(a) - method(b) || average(b) - average(a));
  }
  const fields = varyingFields(settings.map(([{ configuration }]) => configuration));
  const measures = options.measures?.map((name): Measure => MEASURES[name]) ?? measuresOf(records);
  return table(settings.map((setting) => {
    const { configuration } = setting[0];
    const values = settingOf(configuration);
    const together = configuration.increments === 0;
    return {
      method: together ? describeSetting(configuration, []) : configuration.method,
      ...Object.fromEntries(
        fields.map((field) => [FIELD_TITLES[field] ?? field, together ? "" : String(values[field] ?? "")]),
      ),
      seeds: setting.length,
      ...Object.fromEntries(measures.map(({ title, share, of }) => {
        const measured = setting.flatMap((record) => of(record) ?? []);
        // Of one step alone there is no average, and nothing to forget or to retain.
        if (measured.length < setting.length || together && title !== MEASURES.lastAccuracy.title) {
          return [title, ""];
        }
        const values = meanBelowThree(measured);
        return [title, share ? percent(values) : decimal(values, 3)];
      })),
    };
  }));
}

/** The measures that say something about these runs. */
function measuresOf(records: readonly RunRecord[]): Measure[] {
  const { averageAccuracy, averageMeanClassAccuracy } = MEASURES;
  const balanced = records.every((record) =>
    Math.abs(averageAccuracy.of(record) - averageMeanClassAccuracy.of(record)) < 1e-6
  );
  // What only some settings have compares nothing.
  const incremental = records.filter(({ configuration }) => configuration.increments > 0);
  return Object.values(MEASURES).filter((measure: Measure) =>
    incremental.every((record) => measure.of(record) !== undefined) &&
    !(balanced && measure === averageMeanClassAccuracy)
  );
}

/**
 * How well each step's classes are still recognized after the last step, as the mean over the seeds.
 * @returns one entry a setting: (steps) shares between 0 and 1
 */
export function lastAccuracyOfSteps(
  records: readonly RunRecord[],
): { method: MethodName; shares: number[] }[] {
  return bySetting(records).map((setting) => {
    const last = setting.map(({ metrics }) => metrics[metrics.length - 1].accuracyOfSteps ?? []);
    return {
      method: setting[0].configuration.method,
      shares: last[0].map((_, step) => mean(last.map((ofSteps) => ofSteps[step]))),
    };
  });
}
