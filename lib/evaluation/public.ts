/**
 * What notebooks and users measure: accuracy, forgetting and attention of a network. Forward passes return
 * plain typed arrays; the rest are pure functions of these.
 * @module
 */
export { accuracy, type Fate, fatesOfSteps, forgetting, rightAnswers, stepConfusion } from "./accuracy.ts";
export { energyInside, type ObjectMasks } from "./attention_retention.ts";
export { predict } from "./predictions.ts";
export { type OutputKind, topColumns } from "./scores.ts";
