import assert from "node:assert/strict";
import type { StepMetrics } from "../../lib/run/evaluate_step.ts";
import { stepHeading, stepRow } from "./run_results.ts";

const METRICS: StepMetrics[] = [
  {
    step: 0,
    classesSeen: 2,
    classNames: [["a", "b"]],
    accuracyTop5: 1,
    accuracy: 0.8,
    accuracyOfSteps: [0.8],
    meanClassAccuracy: 0.7,
    confusion: [],
    attention: { images: 4, cosine: 1 },
  },
  {
    step: 1,
    classesSeen: 4,
    classNames: [["a", "b"], ["c", "d"]],
    accuracyTop5: 1,
    accuracy: 0.4,
    accuracyOfSteps: [0.2, 0.6],
    meanClassAccuracy: 0.5,
    confusion: [],
    attention: { images: 4, cosine: 0.9 },
  },
];

Deno.test("stepRow() stands under its heading", () => {
  assert.equal(stepHeading(), "step  classes  accuracy  mean of classes  average  forgetting  cosine");
  assert.equal(stepRow(METRICS), "   1        4    40.0 %           50.0 %   60.0 %      60.0 %    0.90");
});
