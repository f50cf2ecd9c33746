import assert from "node:assert/strict";
import { rightAnswers } from "./accuracy.ts";
import { PROBE_SHRINKAGE, probeScores } from "./linear_probe.ts";

const close = (found: ArrayLike<number>, expected: number[]) =>
  Array.from(found).forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-6, `${found}`));

Deno.test("probeScores() is ridge regression with an intercept", () => {
  // x = 1 of class 0 and x = 3 of class 1: mean 2, variance 1, covariance with class 1 half of 1.
  const training = { pooled: Float32Array.of(1, 3), labels: Int32Array.of(0, 1) };
  const images = { pooled: Float32Array.of(2, 4), labels: Int32Array.of(0, 1) };
  const slope = 0.5 / (1 + PROBE_SHRINKAGE);
  const { classes, logits } = probeScores(training, 2, images);
  assert.equal(classes, 2);
  close(logits, [0.5, 0.5, 0.5 - 2 * slope, 0.5 + 2 * slope]);
});

Deno.test("probeScores() solves for correlated features", () => {
  // Variances 1 and 2, covariance 1 (mean variance 1.5); covariances with class 1: 0.5 and 0.5.
  const training = {
    pooled: Float32Array.of(...[-1, -2], ...[-1, 0], ...[1, 0], ...[1, 2]),
    labels: Int32Array.of(0, 0, 1, 1),
  };
  const [a, d, b] = [1 + 1.5 * PROBE_SHRINKAGE, 2 + 1.5 * PROBE_SHRINKAGE, 1];
  const weights = [0.5 * (d - b), 0.5 * (a - b)].map((w) => w / (a * d - b * b));
  const images = { pooled: Float32Array.of(...[1, 0], ...[0, 1]), labels: Int32Array.of(1, 1) };
  const { logits } = probeScores(training, 2, images);
  close([logits[1], logits[3]], weights.map((w) => 0.5 + w));
});

Deno.test("probeScores() of features that are all the same guesses the most frequent class", () => {
  const training = { pooled: new Float32Array(3), labels: Int32Array.of(0, 1, 1) };
  assert.deepEqual(rightAnswers(probeScores(training, 2, training)), [0, 1, 1]);
});
