/**
 * What might have been measured of runs: for tests.
 * @module
 */
import type { Configuration } from "../../run/schema.ts";
import { configure } from "../../run/configuration.ts";
import type { StepMetrics } from "../../evaluation/step_metrics.ts";
import type { RunRecord } from "../run_record.ts";

/** Two steps, with an accuracy of 0.8 and then `last`, and a cosine of 1 and then `last + 0.1`. */
export function measuredRun(fields: Partial<Configuration>, last: number): RunRecord<StepMetrics> {
  const metrics = [0.8, last].map((accuracy, step) => {
    const cosine = step === 0 ? 1 : last + 0.1;
    const now = { first: 0.9, now: 0.9 * cosine, drop: 0.9 - 0.9 * cosine };
    return {
      step,
      classesSeen: 10 * (step + 1),
      classNames: [[]],
      accuracy,
      accuracyTop5: accuracy,
      accuracyOfSteps: new Array<number>(step + 1).fill(accuracy),
      meanClassAccuracy: accuracy,
      confusion: [],
      attention: { images: 200, cosine, pointingGame: now, energyInside: now },
    };
  });
  return { configuration: configure({ increments: 1, ...fields }), engine: "wasm", metrics };
}
