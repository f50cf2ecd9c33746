/**
 * Accuracy, forgetting and attention of a network. Forward passes return plain typed arrays; the rest are pure functions of
 * these.
 * @module
 */
export { accuracy, accuracyWithinSteps, confusionMatrix, forgetting, stepConfusion } from "./accuracy.ts";
export { energyInside, mapCosine, type ObjectMasks } from "./attention_retention.ts";
export {
  type AttentionClassChoice,
  type AttentionClassComparison,
  type AttentionShiftOptions,
  type AttentionShiftSearch,
  compareAttentionClasses,
  findAttentionShifts,
} from "./attention_shift.ts";
export { type NearestClass, type NearestClassesOptions } from "./nearest_classes.ts";
export { predict } from "./predict.ts";
export { type OutputKind, stepScores, topColumns } from "./scores.ts";
