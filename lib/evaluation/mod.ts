/**
 * What a network knows, what it has forgotten, and where it looks. Forward passes end in plain typed arrays;
 * the rest are pure functions of these.
 * @module
 */
export * from "./accuracy.ts";
export * from "./attention_retention.ts";
export * from "./attention_shift.ts";
export * from "./confusion.ts";
export * from "./nearest_classes.ts";
export * from "./predict.ts";
export * from "./scores.ts";
