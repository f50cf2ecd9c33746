/** Many runs: the record of a measured run, tables, and the numbers of the figures. @module */
export * from "./attention_shift.ts";
export * from "./base_attention.ts";
export * from "./caltech_accuracy.ts";
export * from "./caltech_attention.ts";
export * from "./caltech_tables.ts";
export * from "./run_record.ts";
export * from "./method_overview.ts";
export * from "./tables.ts";
export * from "./study.ts";
export * from "./tuning_table.ts";
export * from "./what_and_why.ts";
