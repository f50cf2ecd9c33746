/** Many runs: the record of a measured run, studies, claims, tables, and the numbers of the figures. @module */
export * from "./attention_shift.ts";
export * from "./base_attention.ts";
export * from "./claims.ts";
export * from "./figure_numbers.ts";
export * from "./method_overview.ts";
export * from "./run_record.ts";
export * from "./study.ts";
export * from "./tables.ts";
export * from "./typical_image.ts";
export * from "./what_and_why.ts";
export { watchTraining } from "./watch_training.ts";
