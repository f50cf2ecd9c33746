/**
 * The statistics that figures and tables print, and the one form in which numbers are written: for people as
 * text, for files as JSON.
 * @module
 */
import { randomStream } from "./random.ts";

/** The ends of an interval. */
export interface Ends {
  /** The lower end. */
  readonly low: number;
  /** The upper end. */
  readonly high: number;
}

/** The arithmetic mean. @throws {RangeError} if there is no value */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("Expected at least one value for a mean but found none.");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The values from which a table or figure shows a mean with its interval: below three their mean alone, since
 * Student's factor for two is 12.7.
 * @throws {RangeError} if there is no value
 */
export function meanBelowThree(values: readonly number[]): readonly number[] {
  return values.length < 3 ? [mean(values)] : values;
}

/** s / √n of at least two values, with s² = Σ (x − x̄)² / (n − 1). */
function standardError(values: readonly number[]): number {
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1)) / Math.sqrt(values.length);
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
  const half = studentQuantile(0.975, values.length - 1) * standardError(values);
  return { mean: center, low: center - half, high: center + half };
}

/**
 * The quantile of Student's t distribution.
 * @param probability between 0.5 and 1, both excluded
 * @param degreesOfFreedom an integer of at least 1
 * @returns t with P(T ≤ t) = probability
 */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  // P(−t ≤ T ≤ t) grows with the angle θ = atan(t / √ν) from 0 at 0 to 1 at π/2: halve the bracket until it
  // is exact.
  const central = 2 * probability - 1;
  let low = 0;
  let high = Math.PI / 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (centralProbability(middle, degreesOfFreedom) < central) low = middle;
    else high = middle;
  }
  return Math.sqrt(degreesOfFreedom) * Math.tan(low);
}

/**
 * P(−t ≤ T ≤ t) as a finite series in θ = atan(t / √ν): Abramowitz and Stegun, equations 26.7.3 and 26.7.4.
 */
function centralProbability(theta: number, degreesOfFreedom: number): number {
  const cosine = Math.cos(theta);
  const odd = degreesOfFreedom % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = 0;
  for (let power = odd ? 1 : 0; power <= degreesOfFreedom - 2; power += 2) {
    sum += term;
    term *= ((power + 1) / (power + 2)) * cosine ** 2;
  }
  return odd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
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
  const degreesOfFreedom = values.length - 1;
  const theta = Math.atan(Math.abs(center) / error / Math.sqrt(degreesOfFreedom));
  return 1 - centralProbability(theta, degreesOfFreedom);
}

/**
 * The 95 % bootstrap interval of a mean: percentiles of the means of samples drawn with replacement. The same
 * values give the same interval. For few values it is too narrow, as all intervals from percentiles.
 * @param values one number a seed
 * @returns undefined for fewer than five values, where it says next to nothing
 */
export function bootstrapInterval(values: readonly number[]): Ends | undefined {
  if (values.length < 5) return undefined;
  const random = randomStream("bootstrap", 1);
  const means = Float64Array.from(
    { length: 10_000 },
    () => mean(values.map(() => values[random.integer(values.length)])),
  ).sort();
  const percentile = (share: number) => {
    const place = share * (means.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, means.length - 1);
    return means[below] + (place - below) * (means[above] - means[below]);
  };
  return { low: percentile((1 - 0.95) / 2), high: percentile((1 + 0.95) / 2) };
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

/** What differences over seeds say about a claim that the true one is positive. */
export type Verdict = "holds" | "does not hold" | "undecided";

/**
 * Judges a claim by Student's interval: it *holds* where the interval lies above zero, *does not hold* where
 * it lies below zero or within the margin around it, and is *undecided* otherwise.
 * @param differences first minus second, one a seed
 * @param margin differences up to this count as none
 */
export function verdict(differences: readonly number[], margin: number): Verdict {
  const interval = confidenceInterval(differences);
  if (interval === undefined) return "undecided";
  if (interval.low > 0) return "holds";
  const none = interval.low >= -margin && interval.high <= margin;
  return interval.high < 0 || none ? "does not hold" : "undecided";
}

/**
 * Spearman's rank correlation: Pearson's correlation of the ranks. Equal values share the mean of their
 * ranks.
 * @param xs at least two numbers
 * @param ys as many
 * @returns between −1 and 1; NaN where all values of one list are equal
 */
export function rankCorrelation(xs: readonly number[], ys: readonly number[]): number {
  const [x, y] = [centeredRanks(xs), centeredRanks(ys)];
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

function centeredRanks(values: readonly number[]): number[] {
  const center = (values.length - 1) / 2;
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal - 1) / 2 - center;
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
  return `${decimal(listOf(shares).map((share) => 100 * share), 1)} %`;
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
  const center = mean(list).toFixed(digits).replace("-", "−");
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

const JSON_DIGITS = 5;
const JSON_LINE = 100;

/**
 * The numbers of a figure as JSON that a person can read and a version control system can compare: small
 * objects and lists of numbers stand in one line. Numbers with a fraction are rounded to five significant
 * digits, typed arrays of numbers become lists, what JSON has no word for (NaN, ∞) becomes null, and bytes
 * (`Uint8Array`: pixels) become text in base 64. Undefined properties are left out.
 */
export function numbersToJson(numbers: unknown): string {
  return write(numbers, "") + "\n";
}

/** Reads {@linkcode numbersToJson}'s text. Bytes come back where the property is called `rgb`. */
export function numbersFromJson(json: string): unknown {
  return JSON.parse(
    json,
    (key, value) => key === "rgb" && typeof value === "string" ? Uint8Array.fromBase64(value) : value,
  );
}

function write(value: unknown, indent: string): string {
  if (typeof value === "number") {
    const rounded = Number.isInteger(value) ? value : Number(value.toPrecision(JSON_DIGITS));
    return Number.isFinite(value) ? String(rounded) : "null";
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  if (value instanceof Uint8Array) return JSON.stringify(value.toBase64());
  const deeper = indent + "  ";
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const list: unknown[] = Array.from(value as ArrayLike<unknown>);
    if (list.every((item) => typeof item !== "object" || item === null)) {
      return `[${list.map((item) => write(item, deeper)).join(", ")}]`;
    }
    return lines("[", list.map((item) => write(item, deeper)), "]", indent);
  }
  const properties = Object.entries(value)
    .filter(([, property]) => property !== undefined)
    .map(([key, property]) => `${JSON.stringify(key)}: ${write(property, deeper)}`);
  const short = `{ ${properties.join(", ")} }`;
  return short.length <= JSON_LINE && !short.includes("\n") ? short : lines("{", properties, "}", indent);
}

function lines(open: string, items: string[], close: string, indent: string): string {
  return `${open}\n${items.map((item) => `${indent}  ${item}`).join(",\n")}\n${indent}${close}`;
}
