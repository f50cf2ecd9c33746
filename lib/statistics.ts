/**
 * The statistics over seeds that figures and tables print, as numbers and as text.
 * @module
 */
import jstat from "jstat";
import { fixed, inPercent, mean } from "./numbers.ts";

export { mean };

/** The ends of an interval. */
export interface Ends {
  /** The lower end. */
  readonly low: number;
  /** The upper end. */
  readonly high: number;
}

/** The value in the middle, or the mean of the two in the middle; NaN where there is none. */
export function median(values: readonly number[]): number {
  return values.length === 0 ? NaN : jstat.median([...values]);
}

/** s / √n of at least two values. */
function standardError(values: readonly number[]): number {
  return jstat.stdev([...values], true) / Math.sqrt(values.length);
}

/**
 * Student's 95 % confidence interval of a mean: x̄ ± t · s / √n, with t the quantile of n − 1 degrees of
 * freedom. It holds for the few seeds of a study, where ±1.96 standard errors would be far too narrow: for
 * three seeds t = 4.30.
 * @param values one number a seed
 * @returns the interval; undefined for a single value, from which no spread can be known
 * @throws {RangeError} if there is no value
 */
export function confidenceInterval(values: readonly number[]): Ends & { mean: number } | undefined {
  const center = mean(values);
  if (values.length === 1) return undefined;
  const half = jstat.studentt.inv(0.975, values.length - 1) * standardError(values);
  return { mean: center, low: center - half, high: center + half };
}

/**
 * The two-sided p value of Student's t test: how often means as far from zero would be found if the true one
 * were zero.
 * @returns undefined for a single value
 * @throws {RangeError} if there is no value
 */
export function studentP(values: readonly number[]): number | undefined {
  const center = mean(values);
  if (values.length === 1) return undefined;
  const error = standardError(values);
  if (error === 0) return center === 0 ? 1 : 0;
  return 2 * jstat.studentt.cdf(-Math.abs(center) / error, values.length - 1);
}

/**
 * Holm's adjustment of several p values, which keeps the probability of any false finding below the level of
 * each test.
 */
export function holm(pValues: readonly number[]): number[] {
  const rising = [...pValues.keys()].sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  rising.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[index]));
    adjusted[index] = largest;
  });
  return adjusted;
}

/** What differences over seeds say. */
export type Verdict = "gain" | "gain, weak" | "loss" | "loss, weak" | "no gain worth having" | "undecided";

/** Differences up to half a point count as none. */
const MARGIN = 0.005;

/**
 * Judges differences by Student's 95 % interval, in this order: a *gain* where it lies above zero, a *loss*
 * where it lies below, *no gain worth having* where it stays within half a point, *undecided* otherwise.
 * @param differences first minus second, one a seed
 */
export function verdict(differences: readonly number[]): Verdict {
  const interval = differences.length > 1 && confidenceInterval(differences);
  if (!interval) return "undecided";
  if (interval.low > 0) return "gain";
  if (interval.high < 0) return "loss";
  return interval.low >= -MARGIN && interval.high <= MARGIN ? "no gain worth having" : "undecided";
}

/**
 * Judges the rows of one table together.
 * @param rows differences, one a seed
 * @returns for each row its verdict, and the p value of its t test, adjusted by Holm's method over all rows;
 * a row of fewer than two seeds is not tested. A gain or loss is *weak* where that p is above 0.05
 */
export function judge(rows: readonly (readonly number[])[]): { verdict: Verdict; p?: number }[] {
  const tested = rows.filter(({ length }) => length > 1);
  const adjusted = holm(tested.map((row) => studentP(row)!));
  return rows.map((row) => {
    const p = adjusted[tested.indexOf(row)];
    const word = verdict(row);
    return { verdict: p > 0.05 && (word === "gain" || word === "loss") ? `${word}, weak` : word, p };
  });
}

/**
 * A share in percent; of several seeds the mean with Student's 95 % interval.
 * @param shares one between −1 and 1, or one a seed
 * @returns such as `42.3 %` or `42.3 ± 1.2 %`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { percent } from "lwm";
 *
 * assert.equal(percent(0.4231), "42.3 %");
 * assert.equal(percent([0.4, 0.42, 0.44]), "42.0 ± 5.0 %"); // three seeds
 * ```
 */
export function percent(shares: number | readonly number[]): string {
  if (typeof shares === "number") return inPercent(shares);
  return `${decimal(shares.map((share) => 100 * share), 1)} %`;
}

/**
 * A difference of shares in percentage points, with its sign: `+1.0 points`, or of several seeds
 * `−1.0 ± 2.1 points`.
 */
export function points(differences: number | readonly number[]): string {
  return `${signed(listOf(differences).map((difference) => 100 * difference), 1)} points`;
}

/**
 * A number with some decimals, such as `0.953`; of several seeds the mean with Student's 95 % interval,
 * `0.953 ± 0.012`.
 */
export function decimal(values: number | readonly number[], digits: number): string {
  const list = listOf(values);
  const interval = confidenceInterval(list);
  const center = fixed(mean(list), digits);
  return interval === undefined ? center : `${center} ± ${(interval.high - interval.mean).toFixed(digits)}`;
}

/** As {@linkcode decimal}, with a sign before a positive number too: for differences. */
export function signed(values: number | readonly number[], digits: number): string {
  const written = decimal(values, digits);
  return written.startsWith("−") ? written : `+${written}`;
}

function listOf(values: number | readonly number[]): readonly number[] {
  return typeof values === "number" ? [values] : values;
}
