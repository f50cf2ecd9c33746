import assert from "node:assert/strict";
import {
  confidenceInterval,
  decimal,
  holm,
  judge,
  mean,
  percent,
  points,
  signed,
  studentP,
  verdict,
} from "./statistics.ts";

function close(actual: number, expected: number, tolerance: number) {
  assert.ok(Math.abs(actual - expected) <= tolerance, `expected ${expected} but found ${actual}`);
}

Deno.test("mean() is the arithmetic mean and throws on no values", () => {
  assert.equal(mean([1, 2, 6]), 3);
  assert.throws(() => mean([]), RangeError);
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

Deno.test("studentP() is 0.05 at the quantile of the 95 % interval", () => {
  // Mean 2 and standard error 1 with 4 degrees of freedom: t = 2, p = 0.1161 by the printed tables.
  const spread = Math.sqrt(5);
  const shape = [-1, -1, 0, 1, 1].map((x) => 2 + x * spread);
  close(studentP(shape)!, 0.1161, 5e-5);
  // Whatever the values: where the interval touches zero, p is 0.05.
  const interval = confidenceInterval([1, 2, 4, 5])!;
  close(studentP([1, 2, 4, 5].map((x) => x - interval.low))!, 0.05, 1e-9);
  assert.equal(studentP([1]), undefined);
  assert.equal(studentP([0, 0]), 1);
});

Deno.test("holm() multiplies the smallest p by the number of tests, the next by one less, and never falls", () => {
  const adjusted = holm([0.04, 0.01, 0.03, 0.005]);
  [0.06, 0.03, 0.06, 0.02].forEach((expected, i) => close(adjusted[i], expected, 1e-12));
  assert.deepEqual(holm([0.6, 0.9]), [1, 1]);
});

Deno.test("verdict() follows the interval, then the margin of half a point", () => {
  assert.equal(verdict([0.01, 0.012, 0.011]), "gain");
  assert.equal(verdict([-0.01, -0.012, -0.011]), "loss");
  assert.equal(verdict([0.001, -0.001, 0]), "no gain worth having");
  assert.equal(verdict([0.03, -0.01, 0.01]), "undecided");
  assert.equal(verdict([0.03]), "undecided");
});

Deno.test("judge() adjusts over the rows that are tested", () => {
  const gain = [0.01, 0.012, 0.011];
  const [first, second, none] = judge([gain, [0.03, -0.01, 0.01], []]);
  close(first.p!, 2 * studentP(gain)!, 1e-12);
  assert.deepEqual([first.verdict, second.verdict, none], ["gain", "undecided", {
    verdict: "undecided",
    p: undefined,
  }]);
});

Deno.test("judge() calls a gain or a loss weak that Holm's p does not bear out", () => {
  const rows = [[0.01, 0.012, 0.011], [0.01, 0.02, 0.03, 0.03], [-0.01, -0.02, -0.03, -0.03], [0, 0.1, -0.1]];
  assert.deepEqual(judge(rows.slice(0, 2)).map(({ verdict }) => verdict), ["gain", "gain"]);
  assert.deepEqual(judge(rows).map(({ verdict }) => verdict), [
    "gain",
    "gain, weak",
    "loss, weak",
    "undecided",
  ]);
});

Deno.test("percent() and points() give the half width of the 95 % interval, and none for one seed", () => {
  assert.equal(percent([0.4, 0.42, 0.44]), "42.0 ± 5.0 %");
  assert.equal(percent(0.4236), "42.4 %");
  assert.equal(percent((0.69 - 0.07 + 0.67 - 0.295) / 2), "49.8 %"); // 49.75, but just below in binary
  assert.equal(points([0.4236]), "+42.4 points");
  assert.equal(points([-0.4, -0.42, -0.44]), "−42.0 ± 5.0 points");
  assert.equal(decimal([0.953], 3), "0.953");
  assert.equal(signed(-0.0151, 2), "−0.02");
});
