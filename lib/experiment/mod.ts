/** Configurations, presets, and runs that are kept. @module */
export * from "./attention_shift_example.ts";
export * from "./configuration.ts";
export * from "./configuration_schema.ts";
export * from "./dataset.ts";
export * from "./evaluate_step.ts";
export * from "./evaluation_images.ts";
export * from "./figures_directory.ts";
export * from "./files.ts";
export * from "./method_overview_example.ts";
export * from "./presets.ts";
export * from "./progress.ts";
export * from "./run.ts";
export * from "./run_folder.ts";
export * from "./train_runs.ts";
export * from "./what_and_why_example.ts";
