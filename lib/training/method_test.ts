import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { allClassMaps, gradCamClosedForm } from "../attention/mod.ts";
import { useEngine } from "../engine/mod.ts";
import { attentionDistillation, classificationLoss, distillationLoss } from "../losses/mod.ts";
import { type BatchOutputs, type LossOptions, lossTerms, type MethodName, totalLoss } from "./method.ts";

await useEngine("wasm", { log: () => {} });

const OPTIONS: LossOptions = {
  classification: "softmax-new",
  distillation: "softmax",
  temperature: 2,
  beta: 0.5,
  gamma: 0.25,
  norm: "L1",
  attentionClass: "student-top",
  attentionForm: "normalized",
};

/** Three images, two base classes and two new ones, maps of 2 × 2 pixels. */
function outputs(): BatchOutputs {
  const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, "float32", seed);
  const features = tf.relu(normal([3, 2, 2, 5], 1)) as tf.Tensor4D;
  const weights = normal([5, 4], 2) as tf.Tensor2D;
  const teacherFeatures = tf.relu(normal([3, 2, 2, 5], 3)) as tf.Tensor4D;
  const teacherWeights = normal([5, 2], 4) as tf.Tensor2D;
  const scores = (a: tf.Tensor4D, w: tf.Tensor2D): tf.Tensor2D =>
    tf.matMul(tf.mean(a, [1, 2]) as tf.Tensor2D, w);
  return {
    student: { logits: scores(features, weights), features },
    weights,
    labels: tf.tensor2d([0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0], [3, 4]),
    baseClasses: 2,
    teacher: {
      logits: scores(teacherFeatures, teacherWeights),
      maps: allClassMaps(teacherFeatures, teacherWeights),
      pooled: tf.mean(teacherFeatures, [1, 2]),
    },
  };
}

const value = (t: tf.Tensor) => t.dataSync()[0];

Deno.test("C, LwF-MC and LwM differ by exactly one term each", () => {
  tf.tidy(() => {
    const terms = (method: MethodName) => Object.keys(lossTerms(method, outputs(), OPTIONS));
    assert.deepEqual(terms("C"), ["L_C"]);
    assert.deepEqual(terms("LwF-MC"), ["L_C", "L_D"]);
    assert.deepEqual(terms("LwM"), ["L_C", "L_D", "L_AD"]);
  });
});

Deno.test("totalLoss() is L_C + β · L_D + γ · L_AD", () => {
  tf.tidy(() => {
    const terms = { L_C: tf.scalar(1), L_D: tf.scalar(10), L_AD: tf.scalar(100) };
    assert.equal(value(totalLoss("LwM", terms, OPTIONS)), 1 + 0.5 * 10 + 0.25 * 100);
    assert.equal(value(totalLoss("LwF-MC", terms, OPTIONS)), 6);
    assert.equal(value(totalLoss("C", terms, OPTIONS)), 1);
  });
});

Deno.test("the terms of LwM are the losses of the paper on the same tensors", () => {
  tf.tidy(() => {
    const batch = outputs();
    const { student, teacher, labels, weights } = batch;
    const terms = lossTerms("LwM", batch, OPTIONS);
    assert.equal(
      value(terms.L_C),
      value(classificationLoss(student.logits, labels, { kind: "softmax-new", baseClasses: 2 })),
    );
    assert.equal(
      value(terms.L_D),
      value(distillationLoss(teacher!.logits, student.logits, { kind: "softmax", temperature: 2 })),
    );

    // L_AD by hand: for each image the student's best base class, and the two maps of it.
    const logits = student.logits.arraySync();
    const b = logits.map((row) => row[0] >= row[1] ? 0 : 1);
    const studentMaps = gradCamClosedForm(student.features, weights, b).reshape([3, 4]) as tf.Tensor2D;
    const maps = teacher!.maps.arraySync();
    const teacherMaps = tf.tensor2d(b.map((c, i) => maps[i][c]));
    const expected = value(attentionDistillation(teacherMaps, studentMaps, { norm: "L1" }));
    assert.ok(Math.abs(value(terms.L_AD) - expected) < 1e-6);
  });
});

Deno.test("Pooled adds γ times the distance of the normalized pooled features", () => {
  tf.tidy(() => {
    const { student, teacher } = outputs();
    const means = (t: tf.Tensor) =>
      (t.arraySync() as number[][]).map((row) => row.map((v) => v / Math.hypot(...row)));
    const [ofTeacher, ofStudent] = [means(teacher!.pooled), means(tf.mean(student.features, [1, 2]))];
    const distances = ofStudent.map((row, i) =>
      row.reduce((sum, value, k) => sum + Math.abs(value - ofTeacher[i][k]), 0)
    );
    const { L_P, ...others } = lossTerms("Pooled", outputs(), OPTIONS);
    assert.ok(Math.abs(value(L_P) - distances.reduce((sum, d) => sum + d) / 3) < 1e-6);
    assert.deepEqual(Object.keys(others), ["L_C", "L_D"]);
    assert.equal(
      value(totalLoss("Pooled", { L_C: tf.scalar(1), L_D: tf.scalar(10), L_P: tf.scalar(100) }, OPTIONS)),
      31,
    );
  });
});
