/**
 * The one record of a measured run: how it was trained, and what was measured after each step. Tables,
 * figures and the results of studies are made from it.
 * @module
 */
import { z } from "zod";
import { forgetting } from "../evaluation/accuracy.ts";
import { type AttentionRetention, type StepMetrics, stepMetricsSchema } from "../evaluation/step_metrics.ts";
import { digestOf, inWords, readJsonIfThere, writeFilesWhole } from "../files.ts";
import { codeOf } from "../run/folder.ts";
import { settingOf, varyingFields } from "../run/identity.ts";
import { presetValues } from "../run/presets.ts";
import type { Run } from "../run/run.ts";
import { type Configuration, configurationSchema, datasetNames, presetNames } from "../run/schema.ts";
import { mean } from "../statistics.ts";
import { delimitedText } from "../table.ts";
import { methodNamed, methodNames } from "../training/method.ts";

/** What a record keeps of a step: the metrics without what no table needs. Older records lack some. */
export type StepRecord =
  & Pick<StepMetrics, "classesSeen" | "accuracy" | "meanClassAccuracy">
  & Partial<Pick<StepMetrics, "accuracyTop5" | "accuracyOfSteps" | "confusionOfSteps">>
  & Partial<Pick<StepMetrics, "toldAccuracyOfSteps" | "corrected" | "diagnosis">>
  & {
    /** How much is forgotten of the classes of earlier steps. */
    readonly forgetting?: number;
    /** What is left of M_0's attention. */
    readonly attention: Omit<AttentionRetention, "images"> & Partial<Pick<AttentionRetention, "images">>;
  };

/** A run that was measured. */
export interface RunRecord<Step extends StepRecord = StepRecord> {
  /** How it was trained. */
  readonly configuration: Configuration;
  /** What trained it. Engines round differently, so runs of several are never compared. */
  readonly engine: Run["engine"]["name"];
  /** Digest of the code that trained it; older records lack it. */
  readonly code?: string;
  /** (steps) M_0 first. */
  readonly metrics: readonly Step[];
}

/**
 * What was measured of runs.
 * @param runs trained through step t
 * @param through t; default the last step
 * @throws {UserError} where a step is not trained yet
 */
export function measuredRuns(runs: readonly Run[], through?: number): Promise<RunRecord<StepMetrics>[]> {
  return Promise.all(runs.map(async (run) => {
    const steps = run.steps.slice(0, through === undefined ? undefined : through + 1);
    return {
      configuration: run.configuration,
      engine: run.engine.name,
      code: codeOf(run.folders),
      metrics: await Promise.all(steps.map((_, step) => run.metrics(step))),
    };
  }));
}

/** One number that sums up a run, and what it is called. */
export interface Measure {
  /** In tables. */
  readonly title: string;
  /** Whether it is a share, which is written in percent, and its differences in points. */
  readonly share: boolean;
  /** Undefined where it was not measured, such as the pointing game where there are no masks. */
  of(record: RunRecord): number | undefined;
}

const last = ({ metrics }: RunRecord) => metrics[metrics.length - 1];

/** Forgetting after the last step: as it was kept, or from the accuracies where all steps have them. */
function forgettingAfter(metrics: readonly StepRecord[]): number | undefined {
  const ofSteps = metrics.flatMap(({ accuracyOfSteps }) => accuracyOfSteps ? [accuracyOfSteps] : []);
  return metrics.at(-1)?.forgetting ?? (ofSteps.length === metrics.length ? forgetting(ofSteps) : undefined);
}

/** Names of the measures. */
export type MeasureName =
  | "averageAccuracy"
  | "averageMeanClassAccuracy"
  | "averageTop5Accuracy"
  | "lastAccuracy"
  | "newestAccuracy"
  | "forgetting"
  | "attentionCosine"
  | "pointingGame"
  | "energyInside";

/** The measures by which runs are compared. */
export const MEASURES = {
  averageAccuracy: shareMeasure(
    "average incremental accuracy",
    ({ metrics }) => mean(metrics.map(({ accuracy }) => accuracy)), // of all steps, M_0 included
  ),
  averageMeanClassAccuracy: shareMeasure(
    "average, mean over classes",
    ({ metrics }) => mean(metrics.map(({ meanClassAccuracy }) => meanClassAccuracy)),
  ),
  averageTop5Accuracy: shareMeasure("average, top 5", ({ metrics }) => {
    // Of five classes or fewer all guesses are right.
    const top5 = metrics.flatMap(({ classesSeen, accuracyTop5 }) =>
      classesSeen <= 5 ? [] : accuracyTop5 ?? []
    );
    return top5.length === metrics.length ? mean(top5) : undefined;
  }),
  lastAccuracy: shareMeasure("accuracy after the last step", (record) => last(record).accuracy),
  forgetting: shareMeasure("forgetting", ({ metrics }) => forgettingAfter(metrics)),
  newestAccuracy: shareMeasure("accuracy of the newest classes", ({ metrics }) => {
    const newest = metrics.slice(1).flatMap(({ accuracyOfSteps }) => accuracyOfSteps?.at(-1) ?? []);
    return newest.length > 0 && newest.length === metrics.length - 1 ? mean(newest) : undefined;
  }),
  attentionCosine: {
    title: "attention cosine",
    share: false,
    of: (record) => last(record).attention.cosine,
  },
  pointingGame: shareMeasure("pointing game", (record) => last(record).attention.pointingGame?.now),
  energyInside: shareMeasure(
    "energy inside the object",
    (record) => last(record).attention.energyInside?.now,
  ),
} satisfies Record<MeasureName, Measure>;

/** Accuracies after a step, one for the classes of each step so far. */
type OfSteps = (step: StepRecord) => readonly number[] | undefined;
const byScore: OfSteps = ({ accuracyOfSteps }) => accuracyOfSteps;
const byAlignedNorms: OfSteps = ({ corrected }) => corrected?.alignedNorms;
const byClassMeans: OfSteps = ({ corrected }) => corrected?.classMeans;
const byProbe: OfSteps = ({ diagnosis }) => diagnosis?.probe;

/**
 * The mean over increments of the mean accuracy of the classes of some steps.
 * @param from the first of these steps; 0 for M_0's classes
 * @param end how many of the last steps do not count; the increments begin where a step is left
 */
function afterIncrements(
  title: string,
  of: OfSteps,
  { from = 0, end = 0, to }: { from?: number; end?: number; to?: number } = {},
) {
  return shareMeasure(title, ({ metrics }) => {
    const later = metrics.slice(Math.max(1, from + end));
    const known = later.flatMap((step) => {
      const ofSteps = of(step);
      return ofSteps === undefined ? [] : mean(ofSteps.slice(from, to ?? ofSteps.length - end));
    });
    return known.length > 0 && known.length === later.length ? mean(known) : undefined;
  });
}

/** Names of what only comparisons use. */
export type ComparedName =
  | "accuracyAfterIncrements"
  | "accuracyWithoutBase"
  | "baseAccuracy"
  | "middleAccuracy"
  | "toldAccuracy"
  | "alignedAccuracy"
  | "alignedWithoutBase"
  | "classMeanAccuracy"
  | "classMeanWithoutBase"
  | "probeAccuracy"
  | "probeWithoutBase";

/**
 * What comparisons are made by: A, the mean accuracy after each increment, without M_0; the same by the age
 * of the classes (base: of step 0, middle: of steps 1 … t − 1); the same as other heads would have it; or a
 * measure.
 */
export const COMPARED: Readonly<Record<ComparedName | MeasureName, Measure>> = {
  accuracyAfterIncrements: shareMeasure(
    "A",
    ({ metrics }) => mean(metrics.slice(1).map(({ accuracy }) => accuracy)),
  ),
  accuracyWithoutBase: afterIncrements("A without M_0's classes", byScore, { from: 1 }),
  baseAccuracy: afterIncrements("accuracy of M_0's classes", byScore, { to: 1 }),
  middleAccuracy: afterIncrements("accuracy of the classes between", byScore, { from: 1, end: 1 }),
  toldAccuracy: afterIncrements("accuracy, told the step", ({ toldAccuracyOfSteps }) => toldAccuracyOfSteps),
  alignedAccuracy: afterIncrements("A, norms aligned", byAlignedNorms),
  alignedWithoutBase: afterIncrements("A, norms aligned, without M_0's classes", byAlignedNorms, { from: 1 }),
  classMeanAccuracy: afterIncrements("A, nearest class mean", byClassMeans),
  classMeanWithoutBase: afterIncrements("A, nearest class mean, without M_0's classes", byClassMeans, {
    from: 1,
  }),
  probeAccuracy: afterIncrements("A, linear probe", byProbe),
  probeWithoutBase: afterIncrements("A, linear probe, without M_0's classes", byProbe, { from: 1 }),
  ...MEASURES,
};

function shareMeasure<Value extends number | undefined>(title: string, of: (record: RunRecord) => Value) {
  return { title, share: true, of };
}

/** The same text for the same setting. */
export function settingKey(configuration: Configuration): string {
  return JSON.stringify(settingOf(configuration));
}

/** The same text for runs of one seed and one order of classes: they can be compared in pairs. */
export function unitKey({ seed, classOrder }: Configuration): string {
  return JSON.stringify([seed, classOrder]);
}

/**
 * Whether two runs have the same M_0, by what was measured of it. The configuration does not tell: oneDNN
 * rounds differently on another kind of processor, so an M_0 that is trained anew there is another one.
 */
export function shareFirstModel([a]: readonly StepRecord[], [b]: readonly StepRecord[]): boolean {
  // Older records lack some of them, and data sets without masks the last.
  const measured = (
    { accuracy, meanClassAccuracy, accuracyTop5, attention }: StepRecord,
  ) => [accuracy, meanClassAccuracy, accuracyTop5, attention.images, attention.energyInside?.now];
  const others = measured(b);
  return measured(a).every((value, i) =>
    value === others[i] || value === undefined || others[i] === undefined
  );
}

/** The same text for the same run, whatever engine trains it. */
export function runKey(configuration: Configuration): string {
  return `${unitKey(configuration)} ${settingKey(configuration)}`;
}

/**
 * Records of one setting together; in the order of the methods, then as they come; one network on all classes
 * last.
 */
export function bySetting<Item extends Pick<RunRecord, "configuration">>(records: readonly Item[]): Item[][] {
  const position = ([{ configuration: { method, increments } }]: Item[]) =>
    increments === 0 ? methodNames().length : methodNames().indexOf(method);
  return [...Map.groupBy(records, ({ configuration }) => settingKey(configuration)).values()]
    .sort((a, b) => position(a) - position(b));
}

/** The records of those settings of which no planned run is missing. */
export function finishedSettings(
  records: readonly RunRecord[],
  planned: readonly Configuration[],
): RunRecord[] {
  const known = new Set(records.map(({ configuration }) => runKey(configuration)));
  const unfinished = new Set(planned.filter((one) => !known.has(runKey(one))).map(settingKey));
  return records.filter(({ configuration }) => !unfinished.has(settingKey(configuration)));
}

/** The method's name, with what is not the paper's in its L_AD. */
export function methodTitle(
  { method, norm, attentionClass, attentionForm }:
    & Pick<Configuration, "method">
    & Partial<Pick<Configuration, "norm" | "attentionClass" | "attentionForm">>,
): string {
  if (!methodNamed(method).fields.includes("attentionForm")) return method;
  const other = [[norm, "L1"], [attentionClass, "student-top"], [attentionForm, "normalized"]]
    .filter(([value, usual]) => value !== undefined && value !== usual).map(([value]) => value);
  return [method, ...other].join(", ");
}

const measured = stepMetricsSchema.shape;
const step = z.strictObject({
  classesSeen: measured.classesSeen,
  accuracy: measured.accuracy,
  accuracyTop5: measured.accuracyTop5.optional(),
  meanClassAccuracy: measured.meanClassAccuracy,
  accuracyOfSteps: measured.accuracyOfSteps.optional(),
  forgetting: z.number().min(-1).max(1).optional(),
  attention: measured.attention.partial({ images: true }).strict(),
  confusionOfSteps: measured.confusionOfSteps,
  toldAccuracyOfSteps: measured.toldAccuracyOfSteps,
  corrected: measured.corrected,
  diagnosis: measured.diagnosis,
});
const preset = z.object({
  preset: z.enum(presetNames),
  dataset: z.enum(datasetNames),
  method: configurationSchema.shape.method,
});
const keptConfiguration = configurationSchema.partial({ code: true });
const records = z.strictObject({
  runs: z.array(z.strictObject({
    configuration: z.record(z.string(), z.unknown()).transform((found, context) => {
      const { data: start } = preset.safeParse(found);
      // Fields that the schema did not have when it was trained are those of the preset: new fields change
      // nothing there. The order stays, so that a file that is read and written keeps its bytes.
      const complete = { ...found, ...start && presetValues(start), ...found };
      const { error } = keptConfiguration.safeParse(complete, { error: inWords });
      for (const { path, message } of error?.issues ?? []) {
        context.addIssue({ code: "custom", path, message });
      }
      return complete as unknown as Configuration;
    }),
    engine: configurationSchema.shape.engine.exclude(["auto"]),
    code: z.string().regex(/^[0-9a-f]{6}$/).optional(),
    metrics: z.array(step).min(1),
  })),
});

/**
 * Reads the results of a study: `NAME.results.json`.
 * @returns no records where there is no such file
 * @throws {UserError} where it is damaged
 */
export async function readRecords(path: string): Promise<RunRecord[]> {
  const kept = await readJsonIfThere(path, {
    schema: records,
    holds: "the results of a study",
    remedy: "Restore it with git, or delete it and run the study again.",
    sealed: true,
  });
  return kept?.runs ?? [];
}

/**
 * Writes the results of a study, one line a step, with a digest. No digit is lost. Beside them goes
 * `NAME.results.tsv`, for spreadsheets.
 */
export async function writeRecords(path: string, records: readonly RunRecord[]): Promise<void> {
  const runs = records.map(({ configuration, metrics, ...rest }) =>
    [
      `  { "configuration": ${JSON.stringify(configuration)},`,
      ...Object.entries(rest).map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)},`),
      '    "metrics": [',
      metrics.map((_, t) => `      ${JSON.stringify(stepRecord(metrics.slice(0, t + 1)))}`).join(",\n"),
      "    ] }",
    ].join("\n")
  );
  const list = `"runs": [\n${runs.join(",\n")}\n] }\n`;
  const digest = digestOf(JSON.parse(`{ ${list}`));
  const files = [
    [path, `{ "digest": "${digest}", ${list}`],
    [path.replace(/json$/, "tsv"), tsv(records)],
  ] as const;
  await writeFilesWhole(files, "write the results of the study");
}

/** One line a run: what tells the runs apart, and what was measured. */
function tsv(records: readonly RunRecord[]): string {
  const fields = varyingFields(records.map(({ configuration }) => configuration));
  const measures = Object.keys(MEASURES) as MeasureName[];
  const rows = records.map((record) => {
    const { configuration, engine, metrics } = record;
    const setting = settingOf(configuration);
    return {
      ...{ method: configuration.method, seed: configuration.seed },
      ...Object.fromEntries(fields.map((field) => [field, `${setting[field] ?? ""}`])),
      ...{ engine, steps: metrics.length },
      ...Object.fromEntries(measures.map((name) => [name, MEASURES[name].of(record)?.toFixed(5) ?? ""])),
    };
  });
  return delimitedText(rows, "\t");
}

/** What a record keeps of the last of these steps, with forgetting where it is known. */
function stepRecord(metrics: readonly StepRecord[]): StepRecord {
  return z.object(step.shape).parse({ ...metrics.at(-1), forgetting: forgettingAfter(metrics) });
}
