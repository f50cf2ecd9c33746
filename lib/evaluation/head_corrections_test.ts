import assert from "node:assert/strict";
import { rightAnswers } from "./accuracy.ts";
import { alignedScores, classMeans, nearestMeanScores } from "./head_corrections.ts";

Deno.test("alignedScores() scales the newest weights to the mean norm of the older, and leaves the biases", () => {
  // Columns (3, 4), (0, 1) and (0, 6): norms 5, 1 and 6, so the last is scaled by 3 / 6.
  const head = { weights: Float32Array.of(...[3, 0, 0], ...[4, 1, 6]), bias: Float32Array.of(0, 1, 2) };
  // Features (0, 2): weights give 8, 2 and 12.
  const scores = { classes: 3, logits: Float32Array.of(8, 3, 14), labels: Int32Array.of(0) };
  const aligned = alignedScores(scores, head, 1);
  assert.deepEqual([...aligned.logits], [8, 3, 8]);
  assert.deepEqual([rightAnswers(scores), rightAnswers(aligned)], [[0], [1]]);
  assert.deepEqual(alignedScores(scores, head, 3), scores); // nothing older
});

Deno.test("classMeans() are means of directions, and nearestMeanScores() the cosine to each", () => {
  // Class 0 lies along x with any length, class 1 between the axes.
  const training = {
    pooled: Float32Array.of(...[5, 0], ...[1, 0], ...[0, 9], ...[2, 0]),
    labels: Int32Array.of(0, 0, 1, 1),
  };
  const means = [{ first: 0, end: 1 }, { first: 1, end: 2 }].flatMap((range) => classMeans(training, range));
  const half = Math.sqrt(1 / 2);
  means.forEach((mean, c) =>
    mean.forEach((value, k) => assert.ok(Math.abs(value - [[1, 0], [half, half]][c][k]) < 1e-12))
  );
  const images = { pooled: Float32Array.of(...[4, 1], ...[1, 1], ...[0, 0]), labels: Int32Array.of(0, 1, 1) };
  const scores = nearestMeanScores(images, means);
  assert.deepEqual(rightAnswers(scores), [1, 1, 0]); // no direction: the first class
  assert.ok(Math.abs(scores.logits[3] - 1) < 1e-6);
});
