import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { gradCamClosedForm } from "../attention/mod.ts";
import { assertClose, testOnEachEngine, valuesOf } from "../engine/testdata/each_engine.ts";
import { randomStream } from "../random.ts";
import { attentionDistillation, mapDistances, type MapNorm } from "./attention_distillation.ts";
import { centralDifferences, mapLoss, maps, type Matrix, rowsOf } from "./testdata/float64.ts";
import golden from "./testdata/golden.json" with { type: "json" };

const NORMS: MapNorm[] = ["L1", "L2"];

/** L_AD and its gradient in the student's maps. */
async function ofMaps(teacher: Matrix, student: Matrix, norm: MapNorm) {
  const [q, p] = [tf.tensor2d(teacher), tf.tensor2d(student)];
  const { value, grad } = tf.valueAndGrad((p) => attentionDistillation(q, p as tf.Tensor2D, { norm }))(p);
  tf.dispose([q, p]);
  const [values, gradient] = await valuesOf(value, grad);
  return { value: values[0], gradient: [...gradient] };
}

/** L_AD and its gradients in the student's feature maps and weights. */
async function ofNetwork(
  teacherMaps: tf.Tensor2D,
  features: tf.Tensor4D,
  weights: tf.Tensor2D,
  classes: number[],
  norm: MapNorm,
) {
  const loss = (A: tf.Tensor, W: tf.Tensor) => {
    const studentMaps = gradCamClosedForm(A as tf.Tensor4D, W as tf.Tensor2D, classes);
    return attentionDistillation(teacherMaps, studentMaps.reshape(teacherMaps.shape), { norm });
  };
  const { value, grads } = tf.valueAndGrads(loss)([features, weights]);
  const [values, inFeatures, inWeights] = await valuesOf(value, ...grads);
  return { value: values[0], inFeatures, inWeights };
}

testOnEachEngine(
  "attentionDistillation() gives the golden values and gradients, through α and the features",
  async () => {
    const { student, teacher, topBaseClass } = golden.attention;
    for (const norm of NORMS) {
      const expected = golden[`attentionDistillation${norm}`];
      const [A, W] = [tf.tensor4d(student.features), tf.tensor2d(student.weights)];
      const teacherMaps = tf.tidy(() =>
        gradCamClosedForm(tf.tensor4d(teacher.features), tf.tensor2d(teacher.weights), topBaseClass).reshape([
          5,
          16,
        ])
      ) as tf.Tensor2D;
      const { value, inFeatures, inWeights } = await ofNetwork(teacherMaps, A, W, topBaseClass, norm);
      assertClose(value, expected.mean);
      assertClose(inFeatures, expected.gradStudentFeatures);
      assertClose(inWeights, expected.gradStudentWeights);

      const perImage = tf.tidy(() => {
        const studentMaps = gradCamClosedForm(A, W, topBaseClass).reshape([5, 16]) as tf.Tensor2D;
        return mapDistances(teacherMaps, studentMaps, { norm });
      });
      assertClose((await valuesOf(perImage))[0], expected.perImage);
      tf.dispose([A, W, teacherMaps]);
    }
  },
);

testOnEachEngine("attentionDistillation() has the gradients that central differences give", async () => {
  const random = randomStream(3, "features");
  const [B, H, W, K, C] = [3, 2, 3, 4, 5];
  const A = Float64Array.from({ length: B * H * W * K }, () => Math.abs(random.normal())); // no kink near by
  const weights = Float64Array.from({ length: K * C }, () => random.normal());
  const teacher = rowsOf(Float64Array.from({ length: B * H * W }, () => Math.max(0, random.normal())), H * W);
  const classes = [2, 0, 2];
  const pixels = (A: Float64Array) =>
    rowsOf(A, H * W * K).map((image) => rowsOf(Float64Array.from(image), K));

  for (const norm of NORMS) {
    const plain = (A: Float64Array, weights: Float64Array) =>
      mapLoss(teacher, maps(pixels(A), rowsOf(weights, C), classes), norm);
    const tensors: [tf.Tensor2D, tf.Tensor4D, tf.Tensor2D] = [
      tf.tensor2d(teacher),
      tf.tensor4d(Float32Array.from(A), [B, H, W, K]),
      tf.tensor2d(Float32Array.from(weights), [K, C]),
    ];
    const { value, inFeatures, inWeights } = await ofNetwork(...tensors, classes, norm);
    tf.dispose(tensors);
    assertClose(value, plain(A, weights));
    assertClose(inFeatures, centralDifferences((x) => plain(x, weights), A));
    assertClose(inWeights, centralDifferences((x) => plain(A, x), weights));
  }
});

testOnEachEngine(
  "attentionDistillation() takes an all-zero map for the zero vector, with a finite gradient",
  async () => {
    const map = [0, 3, 4, 0]; // 2-norm 5, so its 1-norm after normalization is 7/5
    const zero = [0, 0, 0, 0];
    for (const norm of NORMS) {
      const length = norm === "L1" ? 1.4 : 1;
      const studentZero = await ofMaps([map], [zero], norm);
      assertClose(studentZero.value, length);
      assert.deepEqual(studentZero.gradient.map(Math.abs), zero);

      const teacherZero = await ofMaps([zero], [map], norm);
      assertClose(teacherZero.value, length);
      assert.ok(teacherZero.gradient.every(Number.isFinite));

      const bothZero = await ofMaps([zero], [zero], norm);
      assert.equal(bothZero.value, 0);
      assert.deepEqual(bothZero.gradient.map(Math.abs), zero);

      // One broken image in a batch must not spoil the others.
      const mixed = await ofMaps([map, map], [zero, [1, 1, 0, 0]], norm);
      const alone = await ofMaps([map], [[1, 1, 0, 0]], norm);
      assertClose(mixed.gradient.slice(4), alone.gradient.map((g) => g / 2));
    }
  },
);

testOnEachEngine("attentionDistillation() stays finite through a map that its ReLU has zeroed", async () => {
  const features = tf.ones([1, 2, 2, 1]) as tf.Tensor4D;
  const weights = tf.tensor2d([[-1]]);
  const teacherMaps = tf.tensor2d([[0, 1, 2, 3]]);
  for (const norm of NORMS) {
    const { value, inFeatures, inWeights } = await ofNetwork(teacherMaps, features, weights, [0], norm);
    assertClose(value, norm === "L1" ? 6 / Math.sqrt(14) : 1);
    assert.deepEqual([...inFeatures, ...inWeights].map(Math.abs), [0, 0, 0, 0, 0]);
  }
  tf.dispose([features, weights, teacherMaps]);
});

testOnEachEngine(
  "attentionDistillation() stays finite for maps so small that their squares vanish",
  async () => {
    for (const norm of NORMS) {
      for (const scale of [1e-6, 1e-11, 1e-18, 1e-30]) {
        const { value, gradient } = await ofMaps([[1, 2]], [[scale, scale]], norm);
        assert.ok(
          Number.isFinite(value) && gradient.every(Number.isFinite),
          `${norm} at ${scale}: ${gradient}`,
        );
      }
    }
  },
);

testOnEachEngine(
  "attentionDistillation() is zero, with no gradient, for maps that differ by scale only",
  async () => {
    for (const norm of NORMS) {
      // Powers of two scale without rounding, so that nothing but the rule for equal maps is at work.
      const { value, gradient } = await ofMaps([[1, 2, 0, 3]], [[4, 8, 0, 12]], norm);
      assert.equal(value, 0);
      assert.deepEqual(gradient.map(Math.abs), [0, 0, 0, 0]);
    }
  },
);

testOnEachEngine("attentionDistillation() sends no gradient into the teacher", async () => {
  const [q, p] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[2, 1]])];
  for (const norm of NORMS) {
    // The sum gives each number of q a gradient of 1; the loss must add nothing to it.
    const loss = (q: tf.Tensor) => tf.add(attentionDistillation(q as tf.Tensor2D, p, { norm }), tf.sum(q));
    assert.deepEqual([...(await valuesOf(tf.grad(loss)(q)))[0]], [1, 1]);
  }
  tf.dispose([q, p]);
});
