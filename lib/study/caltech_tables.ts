/**
 * The tables of the study on Caltech-101: the results, and what they say about the paper's claims.
 * @module
 */
import { forgetting } from "../evaluation/mod.ts";
import type { TableRow } from "../figures/mod.ts";
import { confidenceInterval, decimal, mean, percent, signed } from "../statistics.ts";
import type { CaltechAccuracy, CaltechRun } from "./caltech_accuracy.ts";
import { type MethodName, methodNames } from "../training/method.ts";

/**
 * Each method over its seeds, as means with Student's 95 % interval, and the upper bound. *average* is the average
 * incremental accuracy, *last* the accuracy after the last step; *images* and *classes* say what the accuracy is the mean of.
 */
export function caltechTable({ runs, controls, upperBound }: CaltechAccuracy): TableRow[] {
  const rows = methodNames().flatMap((method) => {
    const ofMethod = runs.filter((run) => run.method === method);
    return ofMethod.length === 0 ? [] : [rowOf(method, ofMethod)];
  });
  if (controls.length > 0) rows.push(rowOf("LwM, set as LwF-MC", controls));
  return [...rows, {
    "method": "all classes together",
    "seeds": 1,
    "average, images": "",
    "average, classes": "",
    "last, images": percent(upperBound.accuracy),
    "last, classes": percent(upperBound.meanClassAccuracy),
    "forgetting": "",
    "cosine, last": "",
  }];
}

function rowOf(method: string, runs: readonly CaltechRun[]): TableRow {
  const over = (measure: (run: CaltechRun) => number) => runs.map(measure);
  return {
    "method": method,
    "seeds": runs.length,
    "average, images": percent(over(({ accuracy }) => mean(accuracy))),
    "average, classes": percent(over(({ meanClassAccuracy }) => mean(meanClassAccuracy))),
    "last, images": percent(over(({ accuracy }) => lastOf(accuracy))),
    "last, classes": percent(over(({ meanClassAccuracy }) => lastOf(meanClassAccuracy))),
    "forgetting": percent(over(({ accuracyOfSteps }) => forgetting(accuracyOfSteps))),
    "cosine, last": decimal(over(({ attentionCosine }) => lastOf(attentionCosine)), 3),
  };
}

/** A claim says that the first is above the second. */
const PAIRS = [["LwM", "LwF-MC"], ["LwF-MC", "C"], ["LwM", "C"]] as const satisfies [
  MethodName,
  MethodName,
][];

const MEASURES: readonly { name: string; of: (run: CaltechRun) => number; percent: boolean }[] = [
  { name: "average accuracy, images", of: ({ accuracy }) => mean(accuracy), percent: true },
  {
    name: "average accuracy, classes",
    of: ({ meanClassAccuracy }) => mean(meanClassAccuracy),
    percent: true,
  },
  {
    name: "cosine after the last step",
    of: ({ attentionCosine }) => lastOf(attentionCosine),
    percent: false,
  },
];

/**
 * The paper's order of the methods, held against the seeds: the difference within each seed, where both methods have M_0,
 * classes, images and order in common; the mean of the differences with Student's 95 % interval; and what follows. Differences
 * of accuracies are in percentage points.
 */
export function claimsTable({ runs }: CaltechAccuracy): TableRow[] {
  return MEASURES.flatMap(({ name, of, percent }) =>
    PAIRS.flatMap(([first, second]): TableRow[] => {
      const write = (values: number | readonly number[]) =>
        percent ? signed([values].flat().map((value) => 100 * value), 1) : signed(values, 3);
      const differences = pairsOf(runs, first, second)
        .map(([run, other]) => ({ seed: run.seed, value: of(run) - of(other) }));
      if (differences.length === 0) return [];
      const values = differences.map(({ value }) => value);
      return [{
        "measure": name,
        "difference": `${first} − ${second}`,
        ...Object.fromEntries(differences.map(({ seed, value }) => [`seed ${seed}`, write(value)])),
        "mean": write(values),
        "is the first higher?": verdict(values),
      }];
    })
  );
}

/**
 * What L_AD alone adds: {@linkcode claimsTable} for LwM and LwF-MC with the same settings.
 */
export function controlTable({ runs, controls, ...rest }: CaltechAccuracy): TableRow[] {
  return claimsTable({
    ...rest,
    controls,
    runs: [...runs.filter(({ method }) => method === "LwF-MC"), ...controls],
  });
}

/**
 * What differences over seeds say about the sign of the true one.
 *
 * @param differences first minus second, one a seed
 * @returns such as `yes: the interval is above 0`
 */
export function verdict(differences: readonly number[]): string {
  const interval = confidenceInterval(differences);
  if (interval === undefined) return "one seed decides nothing";
  if (interval.low > 0) return "yes: the interval is above 0";
  if (interval.high < 0) return "no: the interval is below 0";
  if (interval.mean > 0) return "only in the mean: the interval holds 0";
  return "not even in the mean; the interval holds 0";
}

/**
 * How well each step's classes are still recognized after the last step, as the mean over the seeds.
 *
 * @returns one entry a method: (steps) shares between 0 and 1
 */
export function lastAccuracyOfSteps({ runs }: CaltechAccuracy): { method: MethodName; shares: number[] }[] {
  return methodNames().map((method) => runs.filter((run) => run.method === method))
    .filter((ofMethod) => ofMethod.length > 0)
    .map((ofMethod) => ({
      method: ofMethod[0].method,
      shares: lastOf(ofMethod[0].accuracyOfSteps)
        .map((_, step) => mean(ofMethod.map(({ accuracyOfSteps }) => lastOf(accuracyOfSteps)[step]))),
    }));
}

/** The runs of two methods with the same seed. */
function pairsOf(
  runs: readonly CaltechRun[],
  first: MethodName,
  second: MethodName,
): [CaltechRun, CaltechRun][] {
  return runs.filter(({ method }) => method === first).flatMap((run): [CaltechRun, CaltechRun][] => {
    const other = runs.find(({ method, seed }) => method === second && seed === run.seed);
    return other === undefined ? [] : [[run, other]];
  });
}

function lastOf<Item>(items: readonly Item[]): Item {
  return items[items.length - 1];
}
