/**
 * A study: `studies/NAME.json` says which runs, comparisons and figures, `studies/NAME.results.json` has the
 * records of the runs.
 *
 *     {
 *       "base": { "dataset": "iemoji-100" },
 *       "grid": { "method": ["LwM", "LwF-MC"], "learningRate": [0.1], "seed": [1, 2, 3] },
 *       "arms": { "M": { "method": "LwM" }, "F": { "method": "LwF-MC" } },
 *       "comparisons": [{ "what": "equal settings", "first": "M", "second": "F" }],
 *       "figures": [{ "name": "accuracy-curve", "kind": "accuracyCurve" }]
 *     }
 *
 * `grid` gives one run for each combination of its values, `runs` one for each entry; `base` holds fields
 * that all share.
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import type { Reference } from "../figures/curves.ts";
import { absolutePath, readJson } from "../files.ts";
import { configure } from "../run/configuration.ts";
import { type Configuration, configurationSchema } from "../run/schema.ts";
import { UserError } from "../user_error.ts";
import {
  bySetting,
  COMPARED,
  type ComparedName,
  type MeasureName,
  readRecords,
  runKey,
  type RunRecord,
} from "./run_record.ts";

/** Says which runs: those whose fields have these values. */
export type Selector = Readonly<Record<string, unknown>>;

/** Two arms of a study that are compared within each seed. */
export interface PlannedComparison {
  /** What is the same in both, or what is asked. */
  readonly what: string;
  /** Name of an arm: runs of one setting. */
  readonly first: string;
  /** Name of another. */
  readonly second: string;
  /** What is compared. */
  readonly measure: ComparedName | MeasureName;
  /** Whether it has a verdict; the others are estimates. */
  readonly tested: boolean;
}

/** The functions of `figures` that draw a study's figures. */
export const FIGURE_KINDS = ["accuracyCurve", "attentionRetention"] as const;

/** A figure of a study. */
export interface StudyFigure {
  /** Name of its files, without their endings. */
  readonly name: string;
  /** The function of `figures` that draws it. */
  readonly kind: typeof FIGURE_KINDS[number];
  /** The runs that it shows; all where it is absent. */
  readonly runs?: readonly Selector[];
  /** Published results that are drawn beside ours. */
  readonly references?: readonly Reference[];
}

/** What a study's file says. */
export interface StudyPlan {
  /** Of the file, without its ending. */
  readonly name: string;
  /** Of the runs, without duplicates. */
  readonly configurations: readonly Configuration[];
  /** By name. */
  readonly arms: Readonly<Record<string, Selector>>;
  /** In the order of the file. */
  readonly comparisons: readonly PlannedComparison[];
  /** In the order of the file. */
  readonly figures: readonly StudyFigure[];
}

/** A study with its results. */
export interface Study extends StudyPlan {
  /** Of the runs that are finished, in the order of the file. */
  readonly records: readonly RunRecord[];
}

const field = z.enum(Object.keys(configurationSchema.shape));
const someFields = z.partialRecord(field, z.unknown());
const values = z.array(z.unknown(), {
  error: ({ input }) =>
    `expected a list of values but found ${JSON.stringify(input)}; write [${JSON.stringify(input)}]`,
}).min(1, "expected one value at least")
  .refine((all) => new Set(all.map(String)).size === all.length, "expected each value once");
const grid = z.partialRecord(field, values);
const schema = z.strictObject({
  base: someFields.default({}),
  grid: z.preprocess((value) => Array.isArray(value) ? value : [value], z.array(grid)).default([]),
  runs: z.array(someFields).default([]),
  arms: z.record(z.string(), someFields).default({}),
  comparisons: z.array(
    z.strictObject({
      what: z.string(),
      first: z.string(),
      second: z.string(),
      measure: z.enum(Object.keys(COMPARED) as (keyof typeof COMPARED)[]).default("accuracyAfterIncrements"),
      tested: z.boolean().default(true),
    }).refine(({ first, second }) => first !== second, "expected two arms but found one"),
  ).default([]),
  figures: z.array(z.strictObject({
    name: z.string().regex(/^[^./\\][^/\\]*$/, "expected a name of a file, without a folder"),
    kind: z.enum(FIGURE_KINDS),
    runs: z.array(someFields).optional(),
    references: z.array(z.strictObject({
      name: z.string(),
      accuracy: z.array(z.number()),
    })).optional(),
  })).refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "expected names once each")
    .default([]),
}).refine(({ grid, runs }) => grid.length + runs.length > 0, 'expected "grid" or "runs" or both');

/**
 * Reads the file of a study.
 * @throws {UserError} where it is absent or damaged, describes a run that cannot be, has a selector that
 * names none of its runs, an arm of several settings, or a comparison of arms that it lacks
 */
export async function readStudyPlan(path: string): Promise<StudyPlan> {
  const content = await readJson(path, {
    schema,
    holds: "a study",
    remedy: "`deno task sweep --help` has an example.",
  });
  const { base, grid, runs, arms, comparisons, figures } = located(content, dirname(path)) as typeof content;
  const asked = [...grid.flatMap(combinations), ...runs].map((run) =>
    configureRun({ ...base, ...run }, path)
  );
  for (const field of ["engine", "preset"] as const) {
    const found = new Set(asked.map((run) => run[field]));
    if (found.size === 1) continue;
    throw new UserError(
      `Expected one ${field} in ${path} but found ${[...found].join(" and ")}. Make a study for each.`,
    );
  }
  // Of those that are the same run, such as LwF-MC with another γ, the one with the most increments.
  const configurations = [...Map.groupBy(asked, runKey).values()]
    .map((same) => same.reduce((most, other) => other.increments > most.increments ? other : most));
  for (const [name, arm] of Object.entries(arms)) {
    refuseNamingNone(configurations, [arm], `arm "${name}" in ${path}`);
    if (settingsNamed(configurations, arm) > 1) {
      throw new UserError(
        `Expected arm "${name}" in ${path} to be one setting but found several that ${
          JSON.stringify(arm)
        } names. Add fields that tell them apart.`,
      );
    }
  }
  const unknown = comparisons.flatMap(({ first, second }) => [first, second])
    .find((name) => !Object.hasOwn(arms, name));
  if (unknown !== undefined) {
    throw new UserError(
      `Expected comparisons of the arms ${Object.keys(arms).join(", ") || "(none)"} in ${path} ` +
        `but found "${unknown}". Add it to "arms", or correct the name.`,
    );
  }
  for (const { name, runs = [] } of figures) {
    refuseNamingNone(configurations, runs, `"${name}" in ${path}`);
  }
  return { name: basename(path, ".json"), configurations, arms, comparisons, figures };
}

/** With the places of images, `data`, seen from the study's folder. */
function located(value: unknown, folder: string, key?: string): unknown {
  if (typeof value === "string") return key === "data" && value ? absolutePath(value, folder) : value;
  if (Array.isArray(value)) return value.map((item) => located(item, folder, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, located(item, folder, name)]));
}

/** Refuses selectors of an arm or a figure that name no run, since they would leave it out. */
function refuseNamingNone(all: readonly Configuration[], selectors: readonly Selector[], place: string) {
  const wrong = selectors.find((selector) => settingsNamed(all, selector) === 0);
  if (wrong === undefined) return;
  const found = Object.keys(wrong).map((field) => {
    const values = all.map((configuration) => JSON.stringify(configuration[field as keyof Configuration]));
    return `${field} ${[...new Set(values)].join(" or ")}`;
  });
  throw new UserError(
    `Expected ${place} to name runs of the study but found ${JSON.stringify(wrong)}, which none has. ` +
      `They have ${found.join("; ")}. Correct it.`,
  );
}

function settingsNamed(all: readonly Configuration[], selector: Selector): number {
  return bySetting(select(all.map((configuration) => ({ configuration })), selector)).length;
}

/** Every combination; the last field changes fastest. */
function combinations(grid: Readonly<Record<string, unknown[] | undefined>>): Selector[] {
  return Object.entries(grid).reduce<Selector[]>(
    (all, [field, values = []]) =>
      all.flatMap((fields) => values.map((value) => ({ ...fields, [field]: value }))),
    [{}],
  );
}

function configureRun(fields: Selector, path: string): Configuration {
  try {
    return configure(fields);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`In ${path}, run ${JSON.stringify(fields)}: ${error.message}`);
  }
}

export function studiesDirectory(): string {
  return resolve(import.meta.dirname!, "../../studies");
}

export function resultsPath(name: string, directory: string): string {
  return join(directory, `${name}.results.json`);
}

/**
 * Reads a study and its results. Needs neither the data set nor a trained run.
 * @param name of the study below the folder, such as `first-edition/iemoji-100`
 * @throws {UserError} where a file is absent or damaged
 */
export async function readStudy(name: string, directory: string = studiesDirectory()): Promise<Study> {
  const plan = await readStudyPlan(join(directory, `${name}.json`));
  return { ...plan, records: recordsOf(plan, await readRecords(resultsPath(name, directory))) };
}

/**
 * Reads all studies of a folder, in the order of their names. Other JSON files, such as those of figures, are
 * passed over.
 * @param onDamaged told why a file is passed over
 * @throws {UserError} where a file is damaged and nobody is told
 */
export async function readStudies(
  directory: string = studiesDirectory(),
  onDamaged?: (message: string) => void,
): Promise<Study[]> {
  const names = Array.from(Deno.readDirSync(directory), ({ name }) => name)
    .filter((name) => name.endsWith(".json") && !name.endsWith(".results.json"))
    .filter((name) => /^(?!.*"figure":).*"(grid|runs)"/s.test(Deno.readTextFileSync(join(directory, name))));
  const studies = names.sort().map(async (name) => {
    try {
      return [await readStudy(basename(name, ".json"), directory)];
    } catch (error) {
      if (!onDamaged || !(error instanceof UserError)) throw error;
      onDamaged(`Passed over ${name}: ${error.message}`);
      return [];
    }
  });
  return (await Promise.all(studies)).flat();
}

/**
 * The records of a study's runs.
 * @param kept later ones replace earlier ones of the same run, if they have all steps
 * @returns in the order of the study, cut to the steps that it asks for; runs that are not finished are left
 * out
 */
export function recordsOf({ configurations }: StudyPlan, kept: readonly RunRecord[]): RunRecord[] {
  const found = Map.groupBy(kept, ({ configuration }) => runKey(configuration));
  return configurations.flatMap((configuration) => {
    const steps = configuration.increments + 1;
    const record = found.get(runKey(configuration))?.findLast(({ metrics }) => metrics.length >= steps);
    return record === undefined ? [] : [{ ...record, metrics: record.metrics.slice(0, steps) }];
  });
}

/** The items whose configurations have the values of the selector. */
export function select<Item extends { readonly configuration: Configuration }>(
  items: readonly Item[],
  selector: Selector,
): Item[] {
  return items.filter(({ configuration }) =>
    Object.entries(selector).every(([field, value]) =>
      JSON.stringify(configuration[field as keyof Configuration]) === JSON.stringify(value)
    )
  );
}
