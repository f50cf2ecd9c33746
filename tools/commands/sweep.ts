/**
 * `deno task sweep`: many runs on all cores.
 * @module
 */
import { basename, dirname, join } from "node:path";
import { writeFileWhole, writeJson } from "../../lib/files.ts";
import { percent } from "../../lib/statistics.ts";
import { Stopped } from "../../lib/stop_signals.ts";
import { UserError } from "../../lib/user_error.ts";
import {
  type CommandOptions,
  fromHere,
  type Log,
  parseCommandLine,
  runCommand,
  showPath,
} from "./command_line.ts";
import { readSweepFile } from "./sweep_file.ts";
import { planSweep, type SweepRun, trainSweep } from "./sweep_plan.ts";
import { type SweepRow, sweepRows, sweepTsv } from "./sweep_results.ts";
import { textTable } from "../../lib/table.ts";

const OPTIONS: CommandOptions = { command: "sweep", own: ["directory", "out"], takesFields: false };

const HELP = `deno task sweep FILE [--out DIRECTORY] [--directory DIRECTORY]

Trains many runs, one process each, as many at a time as there are cores. A run that fails stops none of
the others; it is reported at the end, and the exit code is 1. The sweep can be stopped at any moment: the
same command passes over what is finished and goes on from the last finished epoch of the rest. M_0 is
trained once for all runs that share it.

FILE is JSON: fields of the configuration (see \`deno task train --help\`) that all runs share, lists of
values of which every combination is a run, and single runs; "grid" or "runs" may be left out, and "base".

  {
    "base": { "dataset": "iemoji-100", "evaluateOn": "validation" },
    "grid": { "gamma": [0.1, 0.3], "seed": [1, 2, 3] },
    "runs": [{ "method": "LwF-MC", "seed": 1 }]
  }

The results are written as NAME.results.json and NAME.results.tsv, whenever a run is finished.

--out DIRECTORY         where the results go [beside FILE]
--directory DIRECTORY   folder of data sets and runs [data]
--help                  this text`;

/** Runs the command; see its help. */
export async function sweep(args: readonly string[], log: Log = console.log): Promise<void> {
  const { positionals, own, help } = parseCommandLine(args, OPTIONS);
  if (help) return log(HELP);
  if (positionals.length !== 1) {
    throw new UserError(
      `Expected the file of one sweep but found ${
        positionals.join(" ") || "none"
      }; see \`deno task sweep --help\`.`,
    );
  }
  const file = fromHere(positionals[0]);
  const out = own.out === undefined ? dirname(file) : fromHere(own.out);
  const results = join(out, `${basename(file, ".json")}.results`);

  const configurations = await readSweepFile(file);
  const directory = own.directory === undefined ? undefined : fromHere(own.directory);
  const runs = await planSweep(configurations, { directory, log });
  const waiting = runs.filter(({ state }) => state === "waiting").length;
  const finished = runs.filter(({ state }) => state === "finished").length;
  const doubles = configurations.length - runs.length;
  log(
    `${count(runs.length)}: ${finished} finished before, ${waiting} to train.` +
      (doubles > 0 ? ` ${doubles} more in the file come to the same.` : ""),
  );

  const writeResults = async () => {
    const rows = await sweepRows(runs);
    await writeJson(`${results}.json`, { runs: rows });
    await writeFileWhole(`${results}.tsv`, sweepTsv(rows));
    return rows;
  };
  const stopped = await trainSweep(runs, { directory, onChange: writeResults }).catch((error) => {
    if (error instanceof Stopped) return error;
    throw error;
  });
  const rows = await writeResults();

  log("");
  for (const line of summary(rows)) log(line);
  log(`\nResults: ${showPath(results)}.json and .tsv`);
  if (stopped) throw stopped;
  const failed = runs.filter(({ state }) => state === "failed");
  if (failed.length > 0) throw new UserError(report(failed, runs.length));
}

function summary(rows: readonly SweepRow[]): string[] {
  return textTable(rows.map(({ name, status, results }) => {
    // Averages over fewer steps would look as if they could be compared with the others.
    const finished = status === "finished" ? results : undefined;
    const share = (value?: number) => value === undefined ? "" : percent(value);
    return {
      "run": name,
      "state": status,
      "average accuracy": share(finished?.averageAccuracy),
      "last accuracy": share(finished?.lastAccuracy),
      "forgetting": share(finished?.forgetting),
      "cosine": finished?.lastAttentionCosine.toFixed(2) ?? "",
    };
  }));
}

function report(failed: readonly SweepRun[], all: number): string {
  const lines = failed.map(({ name, failure }) => `  ${name}: ${failure}`);
  return `${failed.length} of ${count(all)} failed:\n${lines.join("\n")}`;
}

function count(runs: number): string {
  return `${runs} run${runs === 1 ? "" : "s"}`;
}

if (import.meta.main) await runCommand(sweep);
