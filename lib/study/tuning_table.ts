/**
 * The tables by which β, γ and the learning rates were chosen.
 * @module
 */
import { join, resolve } from "node:path";
import { z } from "zod";
import type { TableRow } from "../figures/mod.ts";
import type { Configuration } from "../run/schema.ts";
import { readJson } from "../files.ts";
import { mean, percent } from "../statistics.ts";
import { methodIdentity } from "../run/identity.ts";
import { methodNames } from "../training/method.ts";

const SCHEMA = z.object({
  runs: z.array(z.object({
    status: z.string(),
    // Whatever fields there were when it was tuned.
    configuration: z.looseObject({ method: z.string(), seed: z.int() }),
    results: z.object({
      averageAccuracy: z.number(),
      lastAccuracy: z.number(),
      lastAttentionCosine: z.number(),
    }).optional(),
  })),
});

/** A run as `deno task sweep` reports it. */
export type TuningRun = z.infer<typeof SCHEMA>["runs"][number];

/**
 * Reads a table of tuning that comes with the project: `studies/tuning-NAME.results.json`.
 *
 * @param dataset such as `caltech-101`
 * @param directory the folder of such files
 * @returns the runs that are finished
 * @throws {UserError} where it is not there, or damaged
 */
export async function readTuning(
  dataset: string,
  directory: string = resolve(import.meta.dirname!, "../../studies"),
): Promise<TuningRun[]> {
  const path = join(directory, `tuning-${dataset}.results.json`);
  const { runs } = await readJson(path, {
    schema: SCHEMA,
    holds: "the table of tuning",
    remedy: `Restore it with git, or make it: \`deno task sweep studies/tuning-${dataset}.json\`.`,
  });
  return runs.filter(({ status, results }) => status === "finished" && results !== undefined);
}

/**
 * One row a setting, as means over its seeds; in each method the best average incremental accuracy comes first.
 *
 * @param runs finished, all on validation images
 */
export function tuningTable(runs: readonly TuningRun[]): TableRow[] {
  const settings = runs.map((run) => ({ run, setting: settingOf(run) }));
  const fields = varyingFields(settings.map(({ setting }) => setting));
  return methodNames().flatMap((method) => {
    const ofMethod = settings.filter(({ run }) => run.configuration.method === method);
    const groups = [...Map.groupBy(ofMethod, ({ setting }) => JSON.stringify(setting)).values()];
    return groups.map((group) => {
      const over = (measure: Measure) => mean(group.map(({ run }) => run.results![measure]));
      return { setting: group[0].setting, seeds: group.length, over };
    }).sort((a, b) => b.over("averageAccuracy") - a.over("averageAccuracy"))
      .map(({ setting, seeds, over }): TableRow => ({
        method,
        ...Object.fromEntries(fields.map((field) => [TITLES[field] ?? field, String(setting[field] ?? "")])),
        seeds,
        "average incremental accuracy": percent(over("averageAccuracy")),
        "accuracy after the last step": percent(over("lastAccuracy")),
        "attention cosine": over("lastAttentionCosine").toFixed(3),
      }));
  });
}

/**
 * What L_AD adds where all else is the same: each setting of LwM beside LwF-MC with the same β, learning rate and seeds. Means over
 * the seeds; settings that LwF-MC was not tried with are left out.
 *
 * @param runs finished, all on validation images
 */
export function attentionLossTable(runs: readonly TuningRun[]): TableRow[] {
  const key = (run: TuningRun) => JSON.stringify(settingOf(run));
  const partners = new Map(
    runs.filter(({ configuration }) => configuration.method === "LwF-MC")
      .map((run) => [`${run.configuration.seed} ${key(run)}`, run]),
  );
  const pairs = runs.filter(({ configuration }) => configuration.method === "LwM").flatMap((run) => {
    const { configuration } = run;
    const without: TuningRun = { ...run, configuration: { ...configuration, method: "LwF-MC" } };
    const partner = partners.get(`${configuration.seed} ${key(without)}`);
    return partner === undefined ? [] : [{ run, partner }];
  });
  const settings = [...Map.groupBy(pairs, ({ run }) => key(run)).values()];
  return settings.map((group) => {
    const { learningRate, beta, gamma } = group[0].run.configuration as unknown as Configuration;
    const over = (measure: Measure) => ({
      with: mean(group.map(({ run }) => run.results![measure])),
      without: mean(group.map(({ partner }) => partner.results![measure])),
    });
    const accuracy = over("averageAccuracy");
    const cosine = over("lastAttentionCosine");
    return { learningRate, beta, gamma, seeds: group.length, accuracy, cosine };
  }).sort((a, b) => b.beta - a.beta || a.learningRate - b.learningRate || a.gamma - b.gamma)
    .map(({ learningRate, beta, gamma, seeds, accuracy, cosine }): TableRow => ({
      "learning rate": learningRate,
      β: beta,
      γ: gamma,
      seeds,
      "accuracy of LwF-MC": percent(accuracy.without),
      "of LwM": percent(accuracy.with),
      "cosine of LwF-MC": cosine.without.toFixed(3),
      "cosine of LwM": cosine.with.toFixed(3),
    }));
}

type Measure = "averageAccuracy" | "lastAccuracy" | "lastAttentionCosine";

const TITLES: Record<string, string> = { beta: "β", gamma: "γ", learningRate: "learning rate" };

/** The fields that the method uses, but for the seed. */
function settingOf({ configuration }: TuningRun): Record<string, unknown> {
  // The engine is the same in all.
  const { seed: _, ...setting } = methodIdentity(configuration as unknown as Configuration, "onednn");
  return setting;
}

/** Fields in which settings of one method differ. */
function varyingFields(settings: readonly Record<string, unknown>[]): string[] {
  const fields = [...new Set(settings.flatMap(Object.keys))];
  const ofMethods = [...Map.groupBy(settings, ({ method }) => method).values()];
  return fields.filter((field) =>
    ofMethods.some((group) => new Set(group.map((setting) => JSON.stringify(setting[field]))).size > 1)
  );
}
