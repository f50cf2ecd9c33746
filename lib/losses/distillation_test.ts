import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { assertClose, testOnEachEngine, valuesOf } from "../engine/testdata/each_engine.ts";
import { randomStream } from "../random.ts";
import { distillationLoss, type DistillationOptions } from "./distillation.ts";
import {
  centralDifferences,
  columns,
  type Matrix,
  rowsOf,
  sigmoidLoss,
  sigmoids,
  softened,
  softmaxLoss,
} from "./testdata/float64.ts";
import golden from "./testdata/golden.json" with { type: "json" };

const OPTIONS: DistillationOptions[] = [
  { kind: "sigmoid", temperature: 1 },
  { kind: "softmax", temperature: 1 },
  { kind: "softmax", temperature: 2 },
];

/** L_D and its gradient in the student's logits. */
async function lossAndGradient(teacher: Matrix, student: Matrix, options: DistillationOptions) {
  const [y, z] = [tf.tensor2d(teacher), tf.tensor2d(student)];
  const { value, grad } = tf.valueAndGrad((z) => distillationLoss(y, z as tf.Tensor2D, options))(z);
  tf.dispose([y, z]);
  const [values, gradient] = await valuesOf(value, grad);
  return { value: values[0], gradient };
}

testOnEachEngine("distillationLoss() gives the golden values and gradients", async () => {
  const expected = [golden.distillationSigmoid, golden.distillationSoftmaxT1, golden.distillationSoftmaxT2];
  for (const [i, options] of OPTIONS.entries()) {
    const { value, gradient } = await lossAndGradient(golden.logits.teacher, golden.logits.student, options);
    assertClose(value, expected[i].value);
    assertClose(gradient, expected[i].gradStudentLogits);
  }
});

testOnEachEngine("distillationLoss() has the gradient that central differences give", async () => {
  const random = randomStream(2, "logits");
  const student = Float64Array.from({ length: 4 * 6 }, () => 2 * random.normal());
  const teacher = rowsOf(Float64Array.from({ length: 4 * 3 }, () => 2 * random.normal()), 3);
  for (const options of [...OPTIONS, { kind: "softmax", temperature: 3 } as const]) {
    const { kind, temperature: T } = options;
    const plain = (x: Float64Array) => {
      const base = columns(rowsOf(x, 6), 0, 3);
      if (kind === "sigmoid") return sigmoidLoss(sigmoids(teacher), base);
      return softmaxLoss(softened(teacher, T), base.map((row) => row.map((z) => z / T)));
    };
    const { value, gradient } = await lossAndGradient(teacher, rowsOf(student, 6), options);
    assertClose(value, plain(student));
    assertClose(gradient, centralDifferences(plain, student));
  }
});

testOnEachEngine(
  "distillationLoss() has no gradient where the student's base scores are the teacher's",
  async () => {
    for (const options of OPTIONS) {
      const { gradient } = await lossAndGradient([[1, -2, 3]], [[1, -2, 3, 9]], options);
      assert.ok(gradient.every((g) => Math.abs(g) < 1e-6), `${options.kind}: ${gradient}`);
    }
  },
);

testOnEachEngine("distillationLoss() sends no gradient into the teacher", async () => {
  const [y, z] = [tf.tensor2d([[1, -2]]), tf.tensor2d([[0, 1, 5]])];
  for (const options of OPTIONS) {
    // The sum gives each score a gradient of 1; the loss must add nothing to it.
    const loss = (y: tf.Tensor) => tf.add(distillationLoss(y as tf.Tensor2D, z, options), tf.sum(y));
    assert.deepEqual([...(await valuesOf(tf.grad(loss)(y)))[0]], [1, 1]);
  }
  tf.dispose([y, z]);
});
