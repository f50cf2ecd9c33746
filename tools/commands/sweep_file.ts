/**
 * The file of a sweep: which runs.
 *
 *     { "base": { "preset": "smoke" }, "grid": { "gamma": [0, 0.1], "seed": [1, 2, 3] }, "runs": [{ "method": "C" }] }
 *
 * `grid` gives one run for each combination of its values, `runs` one for each entry; `base` holds the fields that all share.
 * @module
 */
import { configure } from "../../lib/run/configuration.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { readFileIfThere } from "../../lib/files.ts";
import { UserError } from "../../lib/user_error.ts";
import { fieldNames } from "../../lib/run/configuration_help.ts";
import { readField } from "./command_line.ts";

type Fields = Record<string, unknown>;

/**
 * Reads the runs of a sweep.
 *
 * @throws {UserError} where the file is not there, is no sweep, or describes a run that cannot be
 */
export async function readSweepFile(path: string): Promise<Configuration[]> {
  const bytes = await readFileIfThere(path);
  if (bytes === null) {
    throw new UserError(
      `Expected the file of a sweep but found no ${path}. See \`deno task sweep --help\` for what it says.`,
    );
  }
  return sweepRuns(parse(new TextDecoder().decode(bytes), path), path);
}

/** The file is written by hand: what the parser says helps to find the slip. */
function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(
      `Expected ${path} to be JSON but found a slip: ${(error as SyntaxError).message}. Correct it; ` +
        "`deno task sweep --help` has an example.",
    );
  }
}

/**
 * The runs that a sweep's file describes.
 *
 * @param content of the file
 * @param name of the file, for messages
 * @returns the runs of the grid, of which the last field changes fastest, then those of the list
 * @throws {UserError} where it is no sweep, or describes a run that cannot be
 */
export function sweepRuns(content: unknown, name: string): Configuration[] {
  const isPart = (part: string) => ["base", "grid", "runs"].includes(part);
  if (
    !isFields(content) || !Object.keys(content).every(isPart) || !("grid" in content || "runs" in content)
  ) {
    const keys = isFields(content) ? Object.keys(content).join(", ") || "nothing" : typeName(content);
    throw wrong(name, 'an object with "grid" or "runs" or both, and perhaps "base"', keys);
  }
  const { base = {}, grid, runs = [] } = content;
  if (!isFields(base)) throw wrong(name, '"base" to be an object of fields', typeName(base));
  if (!Array.isArray(runs) || !runs.every(isFields)) {
    const entry = Array.isArray(runs) ? runs.find((run) => !isFields(run)) : runs;
    throw wrong(name, '"runs" to be a list of objects of fields', typeName(entry));
  }
  const all = [...grid === undefined ? [] : combinations(grid, name), ...runs];
  if (all.length === 0) throw wrong(name, "at least one run", "none");
  return all.map((fields) => configureRun({ ...base, ...fields }, name));
}

function combinations(grid: unknown, name: string): Fields[] {
  if (!isFields(grid)) throw wrong(name, '"grid" to be an object of lists', typeName(grid));
  let all: Fields[] = [{}];
  for (const [field, values] of Object.entries(grid)) {
    if (!Array.isArray(values) || values.length === 0) {
      const found = Array.isArray(values) ? "an empty list" : typeName(values);
      throw wrong(name, `"grid" to have a list of values for "${field}"`, found);
    }
    all = all.flatMap((fields) => values.map((value) => ({ ...fields, [field]: value })));
  }
  return all;
}

/** Words are read as on the command line: in any case, and paths from where the command was called. */
function configureRun(fields: Fields, name: string): Configuration {
  const unknown = Object.keys(fields).find((field) => !fieldNames.includes(field));
  if (unknown !== undefined) {
    throw wrong(name, "only fields of a configuration", `"${unknown}"`);
  }
  const read = Object.entries(fields).map((
    [field, value],
  ) => [field, typeof value === "string" ? readField(field, value) : value]);
  try {
    return configure(Object.fromEntries(read));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`In ${name}, run ${JSON.stringify(fields)}: ${error.message}`);
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : JSON.stringify(value);
}

function wrong(name: string, expected: string, found: string): UserError {
  return new UserError(
    `Expected ${expected} in ${name} but found ${found}. Correct the file; \`deno task sweep --help\` has an example.`,
  );
}
