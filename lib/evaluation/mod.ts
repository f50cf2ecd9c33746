/**
 * Accuracy, forgetting and attention of a network. Forward passes return plain typed arrays; the rest are pure functions of
 * these.
 * @module
 */
export { accuracy, accuracyWithinSteps, forgetting } from "./accuracy.ts";
export {
  type AttentionMaps,
  type AttentionRetention,
  type Drop,
  energyInside,
  mapCosine,
  type ObjectMasks,
} from "./attention_retention.ts";
export {
  type AttentionClassChoice,
  type AttentionClassComparison,
  type AttentionShift,
  type AttentionShiftOptions,
  type AttentionShiftSearch,
  compareAttentionClasses,
  findAttentionShifts,
} from "./attention_shift.ts";
export { confusionMatrix, stepConfusion } from "./confusion.ts";
export { type NearestClass, type NearestClassesOptions } from "./nearest_classes.ts";
export { type ForwardOptions, predict, type Predictions, type PredictOptions } from "./predict.ts";
export { type LabeledScores, type OutputKind, stepScores, topColumns } from "./scores.ts";
