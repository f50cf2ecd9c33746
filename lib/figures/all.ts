/**
 * Every figure: a function each, and the numbers that it draws.
 * @module
 */
export { attentionGrid, attentionRetention } from "./attention_maps.ts";
export * from "./attention_shift.ts";
export * from "./confusion_matrix.ts";
export * from "./contact_sheet.ts";
export * from "./curves.ts";
export * from "./engine_throughput.ts";
export * from "./forgetting.ts";
export * from "./gamma_effect.ts";
export * from "./method_overview.ts";
export * from "./outcomes.ts";
export * from "./step_bars.ts";
export * from "./training_curve.ts";
export { twoByTwo } from "./two_by_two.ts";
export * from "./what_and_why.ts";
