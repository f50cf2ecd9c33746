/**
 * The tables of the notebooks: one row a run or a method.
 * @module
 */
import { averageIncrementalAccuracy, type Drop, forgetting } from "../evaluation/mod.ts";
import type {
  DistanceRun,
  DistanceRuns,
  GammaRun,
  GammaRuns,
  MethodRuns,
  ModelLoss,
  TableRow,
  TrainingCurve,
} from "../figures/mod.ts";
import { decimal, mean, percent, points, signed } from "../statistics.ts";
import type { Configuration } from "../run/schema.ts";
import type { MeasuredRun } from "./run_record.ts";
import type { Run } from "../run/run.ts";
import { methodNamed, methodNames } from "../training/method.ts";

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

/** After step t: accuracy over all classes seen and over each step's classes, and how much attention is retained. */
export function accuracyTable(runs: readonly MeasuredRun[], step: number): TableRow[] {
  return runs.map(({ configuration, metrics }) => {
    const { accuracy, accuracyOfSteps, attention } = metrics[step];
    const ofSteps = accuracyOfSteps.map((value, s) => [`classes of step ${s}`, percent(value)]);
    return {
      method: methodTitle(configuration),
      "all classes seen": percent(accuracy),
      ...Object.fromEntries(ofSteps),
      "attention cosine": attention.cosine.toFixed(3),
    };
  });
}

/**
 * The terms of the loss in step t, as means over the first and the last epoch.
 *
 * @throws {UserError} where the step is not trained yet
 */
export function lossTable(runs: readonly Run[], step: number): Promise<TableRow[]> {
  const terms = runs.flatMap(({ configuration }) => Object.keys(methodNamed(configuration.method).terms));
  return Promise.all(runs.map(async (run) => {
    const log = await run.log(step);
    const [first, last] = [log[0], log[log.length - 1]];
    const change = (term: string) =>
      first[term] === undefined ? "" : `${first[term].toFixed(3)} → ${last[term].toFixed(3)}`;
    return {
      method: methodTitle(run.configuration),
      ...Object.fromEntries(new Set(terms).values().map((term) => [term, change(term)])),
      "L, weighed": change("L"),
    };
  }));
}

/** The losses of some runs' step t, as the figure of the training draws them. */
export async function trainingCurveOf(runs: readonly Run[], step: number): Promise<TrainingCurve> {
  const logs = await Promise.all(runs.map((run) => run.log(step)));
  const models = runs.map(({ configuration }, i): ModelLoss => {
    const { method } = configuration;
    // M_0 has no teacher, and so no other term.
    const terms = Object.entries(methodNamed(method).terms).filter(([name]) =>
      logs[i][0][name] !== undefined
    );
    return {
      model: step === 0 ? "M_{0}" : `${methodTitle(configuration)}, M_{${step}}`,
      terms: Object.fromEntries(terms.map(([name, { weight }]) => {
        const subscripted = name.replace(/_(\w+)$/, "_{$1}");
        const label = weight === undefined ? subscripted : `${weight.symbol} · ${subscripted}`;
        return [label, logs[i].map((epoch) => (weight?.value(configuration) ?? 1) * epoch[name])];
      })),
    };
  });
  return { xLabel: "epoch", x: logs[0].map(({ epoch }) => epoch), models };
}

/** All that was measured of each run, up to its last step. */
export function stateTable(runs: readonly MeasuredRun[]): TableRow[] {
  return runs.map(({ configuration, metrics }) => {
    const { attention } = metrics[metrics.length - 1];
    const accuracies = metrics.map(({ accuracy }) => accuracy);
    const change = (drop: Drop | undefined) => drop === undefined ? "" : points(-drop.drop);
    return {
      method: methodTitle(configuration),
      ...Object.fromEntries(accuracies.map((value, step) => [`M_${step}`, percent(value)])),
      "average": percent(averageIncrementalAccuracy(accuracies)),
      "forgetting": percent(forgetting(metrics.map(({ accuracyOfSteps }) => accuracyOfSteps))),
      "cosine": attention.cosine.toFixed(3),
      "pointing game": change(attention.pointingGame),
      "inside object": change(attention.energyInside),
    };
  });
}

/** How attention to the base classes' objects changed, from M_0 to the last step that was measured. */
export function attentionTable(runs: readonly MeasuredRun[]): TableRow[] {
  return runs.flatMap(({ configuration, metrics }) =>
    metrics.map(({ attention: { cosine, pointingGame, energyInside } }, step) => ({
      method: methodTitle(configuration),
      model: `M_${step}`,
      "cosine to M_0": cosine.toFixed(3),
      "peak on the object": pointingGame === undefined ? "" : percent(pointingGame.now),
      "attention inside the object": energyInside === undefined ? "" : percent(energyInside.now),
    }))
  );
}

/** Each method over its seeds: means with Student's 95 % interval where there are several seeds. */
export function seedTable({ runs }: MethodRuns): TableRow[] {
  return methodNames().map((method) => runs.filter((run) => run.method === method))
    .filter((ofMethod) => ofMethod.length > 0)
    .map((ofMethod) => ({
      method: ofMethod[0].method,
      seeds: ofMethod.length,
      "average incremental accuracy": percent(ofMethod.map(({ accuracy }) => mean(accuracy))),
      "accuracy after the last step": percent(
        ofMethod.map(({ accuracy }) => accuracy[accuracy.length - 1]),
      ),
      "attention cosine after the last step": decimal(
        ofMethod.map(({ attentionCosine }) => attentionCosine[attentionCosine.length - 1]),
        3,
      ),
    }));
}

/**
 * The difference of two methods in each seed, which have classes, images and M_0 in common, so that what makes seeds
 * differ does not count.
 *
 * @param first such as LwM
 * @param second such as LwF-MC
 */
export function pairedTable(
  { runs }: MethodRuns,
  pairs: readonly (readonly [first: Configuration["method"], second: Configuration["method"]])[],
): TableRow[] {
  return pairs.map(([first, second]) => {
    const both = runs.flatMap((run) => {
      const other = runs.find(({ method, seed }) => method === second && seed === run.seed);
      return run.method === first && other !== undefined ? [[run, other]] : [];
    });
    const last = (values: readonly number[]) => values[values.length - 1];
    const accuracies = both.map(([run, other]) => mean(run.accuracy) - mean(other.accuracy));
    const cosines = both.map(([run, other]) => last(run.attentionCosine) - last(other.attentionCosine));
    return {
      difference: `${first} − ${second}`,
      seeds: both.length,
      "average incremental accuracy": points(accuracies),
      "of them higher": accuracies.filter((value) => value > 0).length,
      "attention cosine": signed(cosines, 3),
      "of them closer": cosines.filter((value) => value > 0).length,
    };
  });
}

/** LwF-MC, and LwM with each norm and γ, over their seeds; and what they gain over LwF-MC in each seed. */
export function distanceTable({ runs }: DistanceRuns): TableRow[] {
  const settingOf = ({ distance, gamma }: DistanceRun) =>
    distance === "none" ? "LwF-MC" : `LwM, ${distance}, γ = ${gamma}`;
  return outcomeTable({ setting: "method", gain: "gain over LwF-MC, within seeds" }, runs, settingOf);
}

/** LwM with each γ over its seeds; and what it gains over γ = 0 in each seed. */
export function gammaTable({ runs }: GammaRuns): TableRow[] {
  const rising = [...runs].sort((a, b) => a.gamma - b.gamma);
  return outcomeTable(
    { setting: "γ", gain: "gain over γ = 0, within seeds" },
    rising,
    ({ gamma }) => String(gamma),
  );
}

function outcomeTable<Outcome extends GammaRun>(
  headings: { setting: string; gain: string },
  runs: readonly Outcome[],
  settingOf: (run: Outcome) => string,
): TableRow[] {
  return [...new Set(runs.map(settingOf))].map((setting) => {
    const ofSetting = runs.filter((run) => settingOf(run) === setting);
    const gains = ofSetting.flatMap((run) => {
      const without = runs.find(({ gamma, seed }) => gamma === 0 && seed === run.seed);
      return run.gamma === 0 || without === undefined
        ? []
        : [run.averageIncrementalAccuracy - without.averageIncrementalAccuracy];
    });
    return {
      [headings.setting]: setting,
      seeds: ofSetting.length,
      "average incremental accuracy": percent(ofSetting.map((run) => run.averageIncrementalAccuracy)),
      [headings.gain]: gains.length === 0 ? "" : points(gains),
      "attention cosine after the last step": decimal(ofSetting.map((run) => run.attentionCosine), 3),
    };
  });
}
