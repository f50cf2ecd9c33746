/**
 * Numbers as people read them, and their mean. A browser loads this; intervals over seeds are in
 * `statistics.ts`.
 * @module
 */

/** The arithmetic mean. @throws {RangeError} if there is no value */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("Expected at least one value for a mean but found none.");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * A number with some decimals and a minus sign as wide as a digit, such as `−0.953`. Halves just missed in
 * binary are rounded away from zero.
 */
export function fixed(value: number, digits: number): string {
  return (value + Math.sign(value) * 1e-7).toFixed(digits).replace("-", "−");
}

/** A share between −1 and 1 in percent, such as `42.3 %`. */
export function inPercent(share: number): string {
  return `${fixed(100 * share, 1)} %`;
}
