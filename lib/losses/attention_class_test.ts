import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { assertClose, testOnEachEngine, valuesOf } from "../engine/testdata/each_engine.ts";
import { type AttentionClass, topBaseClass } from "./attention_class.ts";
import golden from "./testdata/golden.json" with { type: "json" };

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

testOnEachEngine(
  "topBaseClass() takes the student's highest base score, whatever the new classes score",
  async () => {
    assert.deepEqual(await chosen(STUDENT, TEACHER, [3, 3, 3], "student-top"), [[0, 1, 0], [1, 0, 0], [
      0,
      0,
      1,
    ]]);
  },
);

testOnEachEngine("topBaseClass() takes the teacher's highest score for studies", async () => {
  assert.deepEqual(await chosen(STUDENT, TEACHER, [3, 3, 3], "teacher-top"), [[1, 0, 0], [0, 0, 1], [
    0,
    1,
    0,
  ]]);
});

testOnEachEngine(
  "topBaseClass() takes the image's own class where it is a base class, else the student's",
  async () => {
    assert.deepEqual(await chosen(STUDENT, TEACHER, [0, 3, 1], "ground-truth"), [[1, 0, 0], [1, 0, 0], [
      0,
      1,
      0,
    ]]);
  },
);

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
