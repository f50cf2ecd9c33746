/**
 * Accuracy by the age of the classes. *Base* classes are those of M_0, *newest* ones those of the step that was
 * just learned, *middle* ones all between.
 * @module
 */
import type { Ages } from "../figures/ages.ts";
import { confidenceInterval, mean } from "../statistics.ts";
import { type RunRecord, unitKey } from "./run_record.ts";
import { select, type Study } from "./study.ts";

/** Base, middle and newest, each between 0 and 1. */
export type SharesOfAges = readonly [base: number, middle: number, newest: number];

/** The mean over the increments; for the middle classes over those from step 2 on, since step 1 has none. */
export function accuracyByAge({ metrics }: RunRecord): SharesOfAges {
  const increments = metrics.slice(1).map(({ accuracyOfSteps = [] }) => accuracyOfSteps);
  return [
    mean(increments.map(([base]) => base)),
    mean(increments.slice(1).map((ofSteps) => mean(ofSteps.slice(1, -1)))),
    mean(increments.map((ofSteps) => ofSteps.at(-1) ?? NaN)),
  ];
}

/** What the figure `ages` draws: these arms of studies, in the seeds that all of them have. */
export function agesNumbers(
  studies: readonly { readonly title: string; readonly study: Study }[],
  arms: readonly string[],
): Ages["datasets"] {
  return studies.map(({ title, study }) => {
    const runs = arms.map((arm) =>
      new Map(select(study.records, study.arms[arm]).map((run) => [unitKey(run.configuration), run]))
    );
    const units = [...runs[0].keys()].filter((unit) => runs.every((ofArm) => ofArm.has(unit)));
    const values = units.map((unit) => runs.map((ofArm) => accuracyByAge(ofArm.get(unit)!)));
    return {
      dataset: `${title}, ${units.length} seeds`,
      arms: arms.map((label, arm) => ({
        label,
        method: runs[arm].get(units[0])!.configuration.method,
        shares: [0, 1, 2].map((age) => {
          const all = mean(values.flat().map((shares) => shares[age]));
          const within = values.map((ofUnit) =>
            ofUnit[arm][age] - mean(ofUnit.map((shares) => shares[age])) + all
          );
          return confidenceInterval(within)!;
        }),
      })),
    };
  });
}
