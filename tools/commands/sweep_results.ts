/**
 * The results of a sweep as tables.
 * @module
 */
import type { Configuration } from "../../lib/run/schema.ts";
import { readMetrics } from "../../lib/run/folder.ts";
import { showPath } from "./command_line.ts";
import { type RunResults, runResults } from "./run_results.ts";
import { settingOf, varyingFields } from "./setting.ts";
import type { SweepRun } from "./sweep_plan.ts";

/** One run in the table of results. */
export interface SweepRow {
  /** As in {@linkcode SweepRun}, like the next two. */
  name: string;
  /** What became of it. */
  status: SweepRun["state"];
  /** Why it failed. */
  failure?: string;
  /** Where its models after M_0 are, M_0's where there are no others; as seen from where the command was called. */
  folder: string;
  /** With the engine by name. */
  configuration: Configuration;
  /** Of the steps that are finished; absent where none is. */
  results?: RunResults;
}

/** Reads what was measured. */
export function sweepRows(runs: readonly SweepRun[]): Promise<SweepRow[]> {
  return Promise.all(runs.map(async ({ name, state, failure, folders, configuration }) => {
    const steps = configuration.increments + 1;
    const metrics = await readMetrics(folders, steps);
    return {
      name,
      status: state,
      failure,
      folder: showPath(steps > 1 ? folders.method : folders.base),
      configuration,
      results: metrics.length > 0 ? runResults(metrics) : undefined,
    };
  }));
}

/** The same as tab-separated values: what tells the runs apart, and what they come to. */
export function sweepTsv(rows: readonly SweepRow[]): string {
  const fields = varyingFields(rows.map(({ configuration }) => configuration));
  const measures = ["averageAccuracy", "lastAccuracy", "forgetting", "lastAttentionCosine"] as const;
  const headings = ["method", "seed", ...fields, "status", "steps", ...measures, "folder"];
  const lines = rows.map(({ configuration, status, results, folder }) => {
    const setting = settingOf(configuration);
    return [
      configuration.method,
      configuration.seed,
      ...fields.map((field) => setting[field] ?? ""),
      status,
      results?.accuracy.length ?? 0,
      ...measures.map((measure) => results?.[measure].toFixed(5) ?? ""),
      folder,
    ].join("\t");
  });
  return [headings.join("\t"), ...lines].join("\n") + "\n";
}
