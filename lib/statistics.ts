/**
 * The few statistics that the figures and tables print: mean, sample standard deviation and Student's interval.
 * @module
 */

/** A mean with the ends of its confidence interval. */
export interface Interval {
  /** The center. */
  readonly mean: number;
  /** The lower end. */
  readonly low: number;
  /** The upper end. */
  readonly high: number;
}

/**
 * The arithmetic mean.
 *
 * @param values at least one number
 * @returns their arithmetic mean
 * @throws {RangeError} if there is no value
 */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("Expected at least one value for a mean but found none.");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The standard deviation of the population, estimated from a sample: s² = Σ (x − x̄)² / (n − 1).
 *
 * @param values at least two numbers
 * @throws {RangeError} if there are fewer than two values
 */
export function sampleStandardDeviation(values: readonly number[]): number {
  if (values.length < 2) {
    throw new RangeError(`Expected at least two values for a standard deviation but found ${values.length}.`);
  }
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * Student's confidence interval of a mean: x̄ ± t · s / √n, with t the quantile of n − 1 degrees of freedom.
 * It holds for the few seeds of a study, where ±1.96 standard errors would be far too narrow: for three seeds t = 4.30.
 *
 * @param values one number a seed
 * @param level the probability that the interval covers the true mean, between 0 and 1
 * @returns the interval; undefined for a single value, from which no spread can be known
 * @throws {RangeError} if there is no value
 */
export function confidenceInterval(values: readonly number[], level = 0.95): Interval | undefined {
  const center = mean(values);
  if (values.length === 1) return undefined;
  const standardError = sampleStandardDeviation(values) / Math.sqrt(values.length);
  const half = studentQuantile((1 + level) / 2, values.length - 1) * standardError;
  return { mean: center, low: center - half, high: center + half };
}

/**
 * The quantile of Student's t distribution.
 *
 * @param probability between 0.5 and 1, both excluded
 * @param degreesOfFreedom a positive integer
 * @returns t with P(T ≤ t) = probability
 * @throws {RangeError} if an argument is outside its range
 */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability > 0.5 && probability < 1)) {
    throw new RangeError(`Expected a probability between 0.5 and 1 but found ${probability}.`);
  }
  if (!Number.isInteger(degreesOfFreedom) || degreesOfFreedom < 1) {
    throw new RangeError(
      `Expected degrees of freedom to be a positive integer but found ${degreesOfFreedom}.`,
    );
  }
  // P(−t ≤ T ≤ t) grows with the angle θ = atan(t / √ν) from 0 at 0 to 1 at π/2: halve the bracket until it is exact.
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

/** P(−t ≤ T ≤ t) as a finite series in θ = atan(t / √ν): Abramowitz and Stegun, equations 26.7.3 and 26.7.4. */
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
