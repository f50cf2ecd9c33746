import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { gradCamClosedForm } from "../attention/mod.ts";
import { assertClose, testOnEachEngine, valuesOf } from "../engine/testdata/each_engine.ts";
import { allDraws, readBatch } from "../data/batches.ts";
import { useEngine } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { nearestClasses, ofFirstClasses, predict } from "./predict.ts";
import { NORMALIZATION, randomImages, smallNetwork } from "./testdata/small_world.ts";
import { probabilities, topColumns } from "./scores.ts";
import type { ResNet } from "../model/mod.ts";
import { mapCosine } from "./attention_retention.ts";
import { compareAttentionClasses, measureAttentionShifts } from "./attention_shift.ts";

const HEAD_POSITIONS = Int32Array.of(2, 0, 1); // class 1 was learned first, then 2, then 0
const PREDICT_OPTIONS = { normalization: NORMALIZATION, headPositions: HEAD_POSITIONS };

testOnEachEngine("predict() gives scores and true-class maps, the same for any batch size", async () => {
  const model = smallNetwork(["b", "c", "a"], 0);
  const set = randomImages([0, 1, 2, 1, 0]);
  const { x } = readBatch(set, allDraws(set), NORMALIZATION);
  const expected = tf.tidy(() => {
    const { logits, features } = model.forward(tf.tensor4d(x, [5, 8, 8, 3]));
    return [logits, gradCamClosedForm(features, model.head.weights, [2, 0, 1, 0, 2])] as tf.Tensor[];
  });
  const [expectedLogits, expectedMaps] = await valuesOf(...expected);

  for (const batchSize of [2, 5, 99]) {
    const predictions = await predict(model, set, { ...PREDICT_OPTIONS, batchSize });
    assert.deepEqual([...predictions.labels], [2, 0, 1, 0, 2]);
    assert.deepEqual([predictions.classes, ...predictions.mapSize], [3, 2, 2]);
    assertClose(predictions.logits, expectedLogits);
    assertClose(predictions.maps, expectedMaps);
  }
  model.dispose();
});

Deno.test("predict() feeds batches of one size only and tells how far it is", async () => {
  await useEngine("cpu", { log: () => {} });
  const model = smallNetwork(["b", "c", "a"], 0);
  const sizes: number[] = [];
  const forward = model.forward.bind(model);
  model.forward = (x, training) => {
    sizes.push(x.shape[0]);
    return forward(x, training);
  };
  const progress: number[][] = [];
  const onProgress = (done: number, total: number) => void progress.push([done, total]);
  await predict(model, randomImages([0, 1, 2, 1, 0]), { ...PREDICT_OPTIONS, batchSize: 2, onProgress });
  assert.deepEqual(sizes, [2, 2, 2]);
  assert.deepEqual(progress, [[2, 5], [4, 5], [5, 5]]);
  model.dispose();
});

Deno.test("predict() throws on a class that the model does not know, and on no images", async () => {
  await useEngine("cpu", { log: () => {} });
  const model = smallNetwork(["b", "c"], 0);
  await assert.rejects(
    () => predict(model, randomImages([1, 0]), { ...PREDICT_OPTIONS, batchSize: 2 }),
    UserError,
  );
  await assert.rejects(
    () => predict(model, randomImages([]), { ...PREDICT_OPTIONS, batchSize: 2 }),
    UserError,
  );
  model.dispose();
});

Deno.test("predict() refuses scores and maps that are no numbers, and says of which image", async () => {
  await useEngine("cpu", { log: () => {} });
  const model = smallNetwork(["b", "c"], 0);
  (model.head.bias as tf.Tensor as tf.Variable).assign(tf.tensor1d([0, NaN]));
  await assert.rejects(() => predict(model, randomImages([1, 2]), { ...PREDICT_OPTIONS, batchSize: 2 }), {
    name: "UserError",
    message:
      /^Expected finite numbers from the network but found NaN in the logits of image 0 of random images\./,
  });
  model.dispose();
});

Deno.test("ofFirstClasses() keeps the images of the classes learned first, in their order", () => {
  const predictions = {
    classes: 2,
    logits: Float32Array.of(1, 2, 3, 4, 5, 6),
    labels: Int32Array.of(0, 1, 0),
    maps: Float32Array.of(7, 8, 9),
    mapSize: [1, 1] as const,
  };
  assert.deepEqual(ofFirstClasses(predictions, 1), {
    classes: 2,
    logits: Float32Array.of(1, 2, 5, 6),
    labels: Int32Array.of(0, 0),
    maps: Float32Array.of(7, 9),
    mapSize: [1, 1],
  });
});

testOnEachEngine("nearestClasses() gives the highest scores, each with its own map", async () => {
  const model = smallNetwork(["a", "b", "c"], 1);
  const set = randomImages([0, 1]);
  const options = { normalization: NORMALIZATION, batchSize: 4 };
  const draws = [{ image: 1, view: 0 }];
  const [nearest] = await nearestClasses(model, set, draws, { ...options, count: 3, outputs: "softmax" });

  const { logits } = await predict(model, set, { ...options, headPositions: Int32Array.of(0, 1) });
  const scores = probabilities(logits.subarray(3, 6), "softmax");
  assertClose(nearest.map(({ column }) => scores[column]), [...scores].sort((a, b) => b - a));
  assertClose(nearest.map(({ score }) => score), [...scores].sort((a, b) => b - a));

  for (const { column, className, map, mapSize } of nearest) {
    assert.equal(className, model.classNames[column]);
    assert.deepEqual(mapSize, [2, 2]);
    const { maps } = await predict(model, set, { ...options, headPositions: Int32Array.of(column, column) });
    assertClose(map, maps.subarray(4));
  }
  model.dispose();
});

const SHIFT_OPTIONS = {
  normalization: NORMALIZATION,
  batchSize: 2,
  distillation: { kind: "softmax", temperature: 2 },
  attention: { norm: "L1" },
} as const;
const SET = randomImages([5, 6, 7]);
const CHOICE = { normalization: NORMALIZATION, batchSize: 2, norm: "L1" } as const;
const DRAWS = [0, 1, 2].map((image) => ({ image, view: 0 }));

testOnEachEngine(
  "measureAttentionShifts() compares both models on the student's top base class",
  async () => {
    const [teacher, student] = [smallNetwork(["a", "b"], 1), smallNetwork(["a", "b", "c"], 2)];
    const shifts = await measureAttentionShifts(teacher, student, SET, DRAWS, SHIFT_OPTIONS);
    assert.deepEqual(shifts.map(({ draw, classId }) => [draw.image, classId]), [[0, 5], [1, 6], [2, 7]]);
    for (const shift of shifts) {
      assert.deepEqual([shift.teacherLogits.length, shift.studentLogits.length], [2, 2]);
      assert.equal(shift.topBaseClass, topColumns(shift.studentLogits, 1)[0]);
      assert.equal(shift.cosine, mapCosine(shift.teacherMap, shift.studentMap));
      assert.ok(shift.distillation > shift.leastDistillation);
    }
    teacher.dispose();
    student.dispose();
  },
);

testOnEachEngine("measureAttentionShifts() finds no shift between a model and itself", async () => {
  const model = smallNetwork(["a", "b"], 1);
  const [shift] = await measureAttentionShifts(model, model, randomImages([0, 0, 0]), DRAWS, SHIFT_OPTIONS);
  assertClose(shift.distillation, shift.leastDistillation);
  assert.ok(shift.attentionDistillation < 1e-6);
  model.dispose();
}, ["wasm"]);

testOnEachEngine("compareAttentionClasses() by the student's top class is the L_AD of training", async () => {
  const [teacher, student] = [smallNetwork(["a", "b"], 1), smallNetwork(["a", "b", "c"], 2)];
  const shifts = await measureAttentionShifts(teacher, student, SET, DRAWS, SHIFT_OPTIONS);
  const { differ, studentTop } = await compareAttentionClasses(teacher, student, SET, DRAWS, CHOICE);
  assertClose(
    studentTop.attentionDistillation,
    shifts.reduce((sum, shift) => sum + shift.attentionDistillation, 0) / 3,
  );
  const others = shifts.filter((shift) => shift.topBaseClass !== topColumns(shift.teacherLogits, 1)[0]);
  assert.equal(differ, others.length / 3);
  teacher.dispose();
  student.dispose();
});

testOnEachEngine("compareAttentionClasses() counts maps that are all zero", async () => {
  const [teacher, student] = [smallNetwork(["a", "b"], 1), smallNetwork(["a", "b"], 1)];
  // Features are not negative: where all weights are, nothing speaks for any class.
  setWeights(teacher, (weights) => tf.abs(weights));
  setWeights(student, (weights) => tf.neg(tf.abs(weights)));
  const { studentTop, teacherTop } = await compareAttentionClasses(teacher, student, SET, DRAWS, CHOICE);
  for (const { darkStudentMaps, darkTeacherMaps } of [studentTop, teacherTop]) {
    assert.deepEqual([darkStudentMaps, darkTeacherMaps], [1, 0]);
  }
  teacher.dispose();
  student.dispose();
});

function setWeights({ head }: ResNet, change: (weights: tf.Tensor2D) => tf.Tensor): void {
  const changed = tf.tidy(() => change(head.weights));
  (head.weights as tf.Tensor as tf.Variable).assign(changed);
  changed.dispose();
}
