/**
 * Accuracy, forgetting and attention of a network. Forward passes return plain typed arrays; the rest are
 * pure functions of these.
 * @module
 */
export { accuracy, type Fate, fatesOfSteps, forgetting, rightAnswers, stepConfusion } from "./accuracy.ts";
export { energyInside, type ObjectMasks } from "./attention_retention.ts";
export {
  type AttentionClassChoice,
  type AttentionClassComparison,
  compareAttentionClasses,
} from "./attention_shift.ts";
export { predict } from "./predict.ts";
export { type OutputKind, topColumns } from "./scores.ts";
