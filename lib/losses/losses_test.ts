import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { assertClose, testOnEachEngine, valuesOf } from "../engine/testdata/each_engine.ts";
import { randomStream } from "../random.ts";
import { type ClassificationKind, classificationLoss } from "./classification.ts";
import { centralDifferences, mapLoss, maps, type Matrix, rowsOf } from "./testdata/float64.ts";
import golden from "./testdata/golden.json" with { type: "json" };
import { distillationLoss, type DistillationOptions } from "./distillation.ts";
import { gradCamClosedForm } from "../attention/mod.ts";
import { attentionDistillation, mapDistances, type MapNorm } from "./attention_distillation.ts";
import { type AttentionClass, topBaseClass } from "./attention_class.ts";

const KINDS: ClassificationKind[] = ["softmax-new", "softmax-all", "sigmoid-new", "sigmoid-all"];

/** L_C and its gradient in the logits. */
async function lossAndGradient(
  logits: number[][],
  labels: number[],
  kind: ClassificationKind,
  baseClasses: number,
) {
  const z = tf.tensor2d(logits);
  const y = tf.tensor2d(labels.map((label) => logits[0].map((_, c) => Number(c === label))));
  const { value, grad } = tf.valueAndGrad((z) =>
    classificationLoss(z as tf.Tensor2D, y, { kind, baseClasses })
  )(z);
  tf.dispose([z, y]);
  const [values, gradient] = await valuesOf(value, grad);
  return { value: values[0], gradient };
}

testOnEachEngine("classificationLoss() gives the golden values and gradients", async () => {
  const expected = {
    "softmax-new": golden.classificationSoftmaxNew,
    "softmax-all": golden.classificationSoftmaxAll,
    "sigmoid-new": golden.classificationSigmoidNew,
    "sigmoid-all": golden.classificationSigmoidAll,
  };
  const { student, labels, baseClasses } = golden.logits;
  for (const kind of KINDS) {
    const { value, gradient } = await lossAndGradient(student, labels, kind, baseClasses);
    assertClose(value, expected[kind].value);
    assertClose(gradient, expected[kind].gradStudentLogits);
  }
});

testOnEachEngine("classificationLoss() stays finite where scores are far apart", async () => {
  for (const kind of KINDS) {
    const { value, gradient } = await lossAndGradient([[-90, 0, 90]], [0], kind, 0);
    assertClose(value, kind.startsWith("softmax") ? 180 : 180 + Math.log(2));
    assertClose(gradient, kind.startsWith("softmax") ? [-1, 0, 1] : [-1, 0.5, 1]);
  }
});

const OPTIONS: DistillationOptions[] = [
  { kind: "sigmoid", temperature: 1 },
  { kind: "softmax", temperature: 1 },
  { kind: "softmax", temperature: 2 },
];

/** L_D and its gradient in the student's logits. */
async function distillationAndGradient(teacher: Matrix, student: Matrix, options: DistillationOptions) {
  const [y, z] = [tf.tensor2d(teacher), tf.tensor2d(student)];
  const { value, grad } = tf.valueAndGrad((z) => distillationLoss(y, z as tf.Tensor2D, options))(z);
  tf.dispose([y, z]);
  const [values, gradient] = await valuesOf(value, grad);
  return { value: values[0], gradient };
}

testOnEachEngine("distillationLoss() gives the golden values and gradients", async () => {
  const expected = [golden.distillationSigmoid, golden.distillationSoftmaxT1, golden.distillationSoftmaxT2];
  for (const [i, options] of OPTIONS.entries()) {
    const { value, gradient } = await distillationAndGradient(
      golden.logits.teacher,
      golden.logits.student,
      options,
    );
    assertClose(value, expected[i].value);
    assertClose(gradient, expected[i].gradStudentLogits);
  }
});

testOnEachEngine("distillationLoss() sends no gradient into the teacher", async () => {
  const [y, z] = [tf.tensor2d([[1, -2]]), tf.tensor2d([[0, 1, 5]])];
  for (const options of OPTIONS) {
    // The sum gives each score a gradient of 1; the loss must add nothing to it.
    const loss = (y: tf.Tensor) => tf.add(distillationLoss(y as tf.Tensor2D, z, options), tf.sum(y));
    assert.deepEqual([...(await valuesOf(tf.grad(loss)(y)))[0]], [1, 1]);
  }
  tf.dispose([y, z]);
});

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

async function chosen(
  student: number[][],
  teacher: number[][],
  labels: number[],
  choice: Exclude<AttentionClass, "all">,
) {
  const scores = {
    studentLogits: tf.tensor2d(student),
    teacherLogits: tf.tensor2d(teacher),
    labels: tf.tensor2d(labels.map((label) => student[0].map((_, c) => Number(c === label)))),
  };
  const [rows] = await valuesOf(topBaseClass(scores, choice));
  tf.dispose(Object.values(scores));
  const width = teacher[0].length;
  return labels.map((_, i) => [...rows.subarray(i * width, (i + 1) * width)]);
}

const STUDENT = [[1, 3, 2, 9], [5, 4, 3, 9], [0, 0, 1, -9]]; // 3 base classes and a new one
const TEACHER = [[7, 1, 1], [1, 1, 7], [1, 7, 1]];

testOnEachEngine("topBaseClass() takes the top class of student or teacher, or the image's own", async () => {
  const oneHot = (classes: number[]) => classes.map((b) => [0, 1, 2].map((c) => Number(c === b)));
  const cases = [
    ["student-top", [3, 3, 3], [1, 0, 2]], // whatever the new class scores
    ["teacher-top", [3, 3, 3], [0, 2, 1]],
    ["ground-truth", [0, 3, 1], [0, 0, 1]], // where it is a base class, else the student's
  ] as const;
  for (const [choice, labels, expected] of cases) {
    assert.deepEqual(await chosen(STUDENT, TEACHER, [...labels], choice), oneHot([...expected]));
    assert.deepEqual(await chosen([[1, 9]], [[7]], [1], choice), [[1]], "of one base class");
  }
});

testOnEachEngine("topBaseClass() draws every base class alike, and the same for the same keys", async () => {
  const studentLogits = tf.zeros([900, 4]) as tf.Tensor2D;
  const teacherLogits = tf.zeros([900, 3]) as tf.Tensor2D;
  const drawn = (...randomKeys: number[]) =>
    topBaseClass({ studentLogits, teacherLogits, randomKeys }, "random");
  const [first, again, next] = await valuesOf(drawn(1, 0, 0), drawn(1, 0, 0), drawn(1, 0, 1));
  for (const c of [0, 1, 2]) {
    const count = first.filter((value, i) => i % 3 === c && value === 1).length;
    assert.ok(count > 250 && count < 350, `${count} of class ${c}`);
  }
  assert.deepEqual(again, first);
  assert.notDeepEqual(next, first);
  tf.dispose([studentLogits, teacherLogits]);
});

testOnEachEngine("topBaseClass() chooses as the golden program does", async () => {
  const { student, teacher, topBaseClass: expected } = golden.attention;
  const logits = ({ features, weights, bias }: typeof student) =>
    tf.tidy(() =>
      tf.add(tf.matMul(tf.mean(tf.tensor4d(features), [1, 2]), tf.tensor2d(weights)), bias) as tf.Tensor2D
    );
  const scores = {
    studentLogits: logits(student),
    teacherLogits: logits(teacher),
    labels: tf.zeros([5, 7]) as tf.Tensor2D,
  };
  const oneHot = topBaseClass(scores, "student-top");
  const indices = tf.argMax(oneHot, 1);
  assertClose((await valuesOf(indices))[0], expected, 0);
  tf.dispose([...Object.values(scores), oneHot]);
});

testOnEachEngine("topBaseClass() is a constant: no gradient flows through the choice", async () => {
  const z = tf.tensor2d(STUDENT);
  const teacherLogits = tf.tensor2d(TEACHER);
  const gradient = tf.grad((z) => {
    const b = topBaseClass(
      { studentLogits: z as tf.Tensor2D, teacherLogits, labels: z as tf.Tensor2D },
      "student-top",
    );
    return tf.sum(tf.mul(b, tf.slice(z, [0, 0], [3, 3])));
  })(z);
  assert.deepEqual([...(await valuesOf(gradient))[0]], [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]);
  tf.dispose([z, teacherLogits]);
});
