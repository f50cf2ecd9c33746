/** Configurations, presets, and runs that are kept. @module */
export * from "./configuration.ts";
export { configurationHelp, type FieldHelp } from "./configuration_help.ts";
export * from "./schema.ts";
export * from "./evaluate_step.ts";
export * from "../files.ts";
export * from "./presets.ts";
export * from "../progress.ts";
export * from "./run.ts";
export * from "./folder.ts";
export * from "./train_runs.ts";
