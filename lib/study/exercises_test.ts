import assert from "node:assert/strict";
import { mock } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { check } from "./exercises.ts";

/** What a check says to an answer. */
async function said(exercise: string, answer: unknown): Promise<string> {
  const log = mock.method(console, "log", () => {});
  const before = tf.memory().numTensors;
  await check(exercise, answer).finally(() => log.mock.restore());
  assert.equal(tf.memory().numTensors, before, "tensors are left behind");
  return String(log.mock.calls[0].arguments[0]);
}

const unit = (Q: tf.Tensor2D) => tf.divNoNan(Q, tf.norm(Q, 2, 1, true));
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]) => sum(values) / values.length;
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** The answers that the notebooks fold, and one that is wrong. */
const ANSWERS: Record<string, [right: unknown, wrong: unknown]> = {
  "newest only": [84.5 / 2, 84.5],
  "step of a class": [
    (id: number, steps: number[][]) => steps.findIndex((ids) => ids.includes(id)),
    (id: number) => id,
  ],
  "map of a class": [
    (A: tf.Tensor4D, W: tf.Tensor2D, c: number) =>
      A.mul(W.slice([0, c], [-1, 1]).reshape([1, 1, 1, -1])).div(A.shape[1] * A.shape[2]).sum(3).relu(),
    (A: tf.Tensor4D) => A.sum(3).relu(),
  ],
  "gradient of L_D": [
    (t: number[], s: number[]) => s.map((z, c) => sigmoid(z) - sigmoid(t[c])),
    (t: number[], s: number[]) => s.map((z, c) => z - t[c]),
  ],
  "L_AD": [
    (Q: tf.Tensor2D, P: tf.Tensor2D) => tf.sum(tf.abs(tf.sub(unit(Q), unit(P))), 1).mean(),
    (Q: tf.Tensor2D, P: tf.Tensor2D) => tf.sum(tf.abs(tf.sub(Q, P)), 1).mean(),
  ],
  "L2": [
    (P: tf.Tensor, Q: tf.Tensor) => tf.sub(P, Q).square().sum(1).sqrt().mean(),
    (P: tf.Tensor, Q: tf.Tensor) => tf.sub(P, Q).abs().sum(1).mean(),
  ],
  "teacher's top": [
    (teacher: tf.Tensor2D) => tf.oneHot(tf.argMax(teacher, 1), teacher.shape[1]),
    (_: tf.Tensor2D, student: tf.Tensor2D) => tf.oneHot(tf.argMax(student, 1), 2),
  ],
  "by age": [(a: number[]) => [a[0], mean(a.slice(1, -1)), a.at(-1)!], (a: number[]) => a],
  "nearest mean": [
    (x: number[], means: number[][]) => {
      const distances = means.map((m) => sum(m.map((value, k) => (value - x[k]) ** 2)));
      return distances.indexOf(Math.min(...distances));
    },
    () => 0,
  ],
  "energy": [
    (map: number[], mask: number[]) => sum(map.map((value, i) => value * mask[i])) / sum(map),
    () => 1,
  ],
  "A": [(a: number[]) => mean(a.slice(1)), mean],
};

for (const [exercise, [right, wrong]] of Object.entries(ANSWERS)) {
  Deno.test(`check() tells a right answer to "${exercise}" from a wrong one`, async () => {
    await tf.setBackend("cpu");
    assert.equal(await said(exercise, right), "Right.");
    assert.match(await said(exercise, wrong), /^Not yet: /);
    assert.match(await said(exercise, undefined), /^Not tried yet/);
  });
}

Deno.test("check() says what an answer throws, and refuses an unknown exercise", async () => {
  const broken = () => {
    throw new Error("no idea");
  };
  assert.match(await said("A", broken), /throws "no idea"/);
  await assert.rejects(check("B", 1), { name: "UserError", message: /one of .*, A, but found "B"/ });
});
