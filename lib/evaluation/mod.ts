/**
 * Accuracy, forgetting and attention of a network. Forward passes return plain typed arrays; the rest are
 * pure functions of these.
 * @module
 */
export { accuracy, type Fate, fatesOfSteps, forgetting, rightAnswers, stepConfusion } from "./accuracy.ts";
export { energyInside, mapCosine, type ObjectMasks } from "./attention_retention.ts";
export {
  type AttentionClassChoice,
  type AttentionClassComparison,
  compareAttentionClasses,
  findAttentionShifts,
} from "./attention_shift.ts";
export { predict } from "./predict.ts";
export { type OutputKind, stepScores, topColumns } from "./scores.ts";
