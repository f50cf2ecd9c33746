/**
 * What a network knows, what it has forgotten, and where it looks. Forward passes end in plain typed arrays;
 * the rest are pure functions of these.
 * @module
 */
export * from "./accuracy.ts";
export * from "./accuracy_within_steps.ts";
export * from "./attention_class_choices.ts";
export * from "./attention_measures.ts";
export * from "./attention_retention.ts";
export * from "./attention_shift.ts";
export * from "./confusion_matrix.ts";
export * from "./forgetting.ts";
export * from "./forward_passes.ts";
export * from "./nearest_classes.ts";
export * from "./predict.ts";
export * from "./probabilities.ts";
export * from "./step_confusion.ts";
export * from "./step_scores.ts";
export * from "./top_columns.ts";
