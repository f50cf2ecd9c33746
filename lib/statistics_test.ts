import assert from "node:assert/strict";
import { confidenceInterval, mean, sampleStandardDeviation, studentQuantile } from "./statistics.ts";

function close(actual: number, expected: number, tolerance: number) {
  assert.ok(Math.abs(actual - expected) <= tolerance, `expected ${expected} but found ${actual}`);
}

Deno.test("mean() is the arithmetic mean and throws on no values", () => {
  assert.equal(mean([1, 2, 6]), 3);
  assert.throws(() => mean([]), RangeError);
});

Deno.test("sampleStandardDeviation() divides by n - 1 and throws on a single value", () => {
  close(sampleStandardDeviation([2, 4, 4, 4, 5, 5, 7, 9]), Math.sqrt(32 / 7), 1e-12);
  assert.throws(() => sampleStandardDeviation([1]), RangeError);
});

Deno.test("studentQuantile() agrees with the printed tables", () => {
  const table: [probability: number, degreesOfFreedom: number, t: number][] = [
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.975, 3, 3.182],
    [0.975, 4, 2.776],
    [0.975, 9, 2.262],
    [0.975, 30, 2.042],
    [0.95, 1, 6.314],
    [0.95, 2, 2.92],
    [0.995, 5, 4.032],
    [0.975, 1000, 1.962],
  ];
  for (const [probability, degreesOfFreedom, t] of table) {
    close(studentQuantile(probability, degreesOfFreedom), t, 5e-4);
  }
});

Deno.test("studentQuantile() throws outside its range", () => {
  assert.throws(() => studentQuantile(0.5, 3), RangeError);
  assert.throws(() => studentQuantile(1, 3), RangeError);
  assert.throws(() => studentQuantile(0.975, 0), RangeError);
  assert.throws(() => studentQuantile(0.975, 1.5), RangeError);
});

Deno.test("confidenceInterval() of three seeds is 4.303 standard errors wide on each side", () => {
  const interval = confidenceInterval([0.4, 0.42, 0.44]);
  assert.ok(interval);
  close(interval.mean, 0.42, 1e-12);
  close(interval.high - interval.mean, 4.3027 * 0.02 / Math.sqrt(3), 1e-5);
  close(interval.mean - interval.low, interval.high - interval.mean, 1e-12);
});

Deno.test("confidenceInterval() knows no spread from one value and none at all from equal values", () => {
  assert.equal(confidenceInterval([0.4]), undefined);
  assert.deepEqual(confidenceInterval([0.5, 0.5, 0.5]), { mean: 0.5, low: 0.5, high: 0.5 });
  assert.throws(() => confidenceInterval([]), RangeError);
});
