/**
 * The tables of records: one row a run, a setting, or a comparison.
 * @module
 */
import { forgetting } from "../evaluation/accuracy.ts";
import type { Drop, StepMetrics } from "../evaluation/step_metrics.ts";
import { describeSetting, FIELD_TITLES, settingOf, varyingFields } from "../run/identity.ts";
import { decimal, mean, percent, points, signed } from "../statistics.ts";
import type { TableRow } from "../table.ts";
import type { MethodName } from "../training/method.ts";
import { type Comparison, refuseSeveralEngines } from "./comparisons.ts";
import {
  bySetting,
  type Measure,
  type MeasureName,
  MEASURES,
  methodTitle,
  type RunRecord,
} from "./run_record.ts";

/** All that was measured of each run, up to its last step. */
export function stateTable(runs: readonly RunRecord<StepMetrics>[]): TableRow[] {
  return runs.map(({ configuration, metrics }) => {
    const { attention } = metrics[metrics.length - 1];
    const accuracies = metrics.map(({ accuracy }) => accuracy);
    const change = (drop: Drop | undefined) => drop === undefined ? "" : points(-drop.drop);
    return {
      method: methodTitle(configuration),
      ...Object.fromEntries(accuracies.map((value, step) => [`M_${step}`, percent(value)])),
      "average": percent(mean(accuracies)),
      "forgetting": percent(forgetting(metrics.map(({ accuracyOfSteps }) => accuracyOfSteps))),
      "cosine": attention.cosine.toFixed(3),
      "pointing game": change(attention.pointingGame),
      "energy inside": change(attention.energyInside),
    };
  });
}

/**
 * One row a setting: means over its seeds with Student's 95 % interval. The columns are the fields in which
 * settings of one method differ, and what was measured.
 * @param options what is shown; by default all that was measured
 * @throws {UserError} where runs of several engines would be compared
 */
export function settingsTable(
  records: readonly RunRecord[],
  options: { measures?: readonly MeasureName[] } = {},
): TableRow[] {
  refuseSeveralEngines(records);
  const settings = bySetting(records);
  const fields = varyingFields(settings.map(([{ configuration }]) => configuration));
  const measures = options.measures?.map((name): Measure => MEASURES[name]) ?? measuresOf(records);
  return settings.map((setting) => {
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
        // Below three values their mean alone: Student's factor for two is 12.7.
        const values = measured.length < 3 ? [mean(measured)] : measured;
        return [title, share ? percent(values) : decimal(values, 3)];
      })),
    };
  });
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

/** One row a comparison: the differences in points where they are those of shares, and what follows. */
export function comparisonsTable(rows: readonly Comparison[]): TableRow[] {
  return rows.map(({ data, what, of, differences, unit, seeds, planned, verdict, p }) => ({
    "data set": data,
    "comparison": what,
    of,
    "mean, 95 % interval": differences.length === 0
      ? ""
      : unit === 100
      ? points(differences)
      : signed(differences, 3),
    "seeds": seeds === planned ? `${planned}` : `${seeds} of ${planned}`,
    verdict,
    "p (Holm)": p === undefined ? "" : p < 0.001 ? "< 0.001" : p.toFixed(3),
  }));
}
