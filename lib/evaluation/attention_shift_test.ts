import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { assertClose, testOnEachEngine } from "../engine/testdata/each_engine.ts";
import type { ResNet } from "../model/mod.ts";
import { mapCosine } from "./attention_retention.ts";
import {
  type AttentionShift,
  compareAttentionClasses,
  findAttentionShifts,
  measureAttentionShifts,
} from "./attention_shift.ts";
import { topColumns } from "./scores.ts";
import { NORMALIZATION, randomImages, smallNetwork } from "./testdata/small_world.ts";

const OPTIONS = {
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
    const shifts = await measureAttentionShifts(teacher, student, SET, DRAWS, OPTIONS);
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
  const [shift] = await measureAttentionShifts(model, model, randomImages([0, 0, 0]), DRAWS, OPTIONS);
  assertClose(shift.distillation, shift.leastDistillation);
  assert.ok(shift.attentionDistillation < 1e-6);
  model.dispose();
}, ["wasm"]);

function shift(image: number, excess: number, attentionDistillation: number): AttentionShift {
  return {
    draw: { image, view: 0 },
    classId: image,
    topBaseClass: 0,
    teacherLogits: Float32Array.of(0),
    studentLogits: Float32Array.of(0),
    teacherMap: Float32Array.of(1),
    studentMap: Float32Array.of(1),
    mapSize: [1, 1],
    distillation: 0.5 + excess,
    leastDistillation: 0.5,
    attentionDistillation,
    cosine: 1,
  };
}

const SHIFTS = [shift(0, 0, 1), shift(1, 0.25, 3), shift(2, 1, 9), shift(3, 0.125, 2), shift(4, 2, 8)];
const images = (shifts: AttentionShift[]) => shifts.map(({ draw }) => draw.image);

Deno.test("findAttentionShifts() ranks by L_AD the images whose L_D is close to its least", () => {
  assert.deepEqual(images(findAttentionShifts(SHIFTS, { largestExcess: 0.25, count: 2 })), [1, 3]);
  assert.deepEqual(images(findAttentionShifts(SHIFTS, { largestExcess: 0.25, count: 9 })), [1, 3, 0]);
});

Deno.test("findAttentionShifts() starts with the best of the images asked for", () => {
  const startWith = ({ draw }: AttentionShift) => draw.image === 0 || draw.image === 3;
  assert.deepEqual(images(findAttentionShifts(SHIFTS, { largestExcess: 0.25, count: 2, startWith })), [3, 1]);
});

Deno.test("findAttentionShifts() starts with the smallest L_D where none of those asked for is within bounds", () => {
  const startWith = ({ draw }: AttentionShift) => draw.image === 2 || draw.image === 4;
  assert.deepEqual(images(findAttentionShifts(SHIFTS, { largestExcess: 0.25, count: 2, startWith })), [2, 1]);
});

Deno.test("findAttentionShifts() takes one image a class", () => {
  const ofClass0 = (shifts: AttentionShift[]) => shifts.map((shift) => ({ ...shift, classId: 0 }));
  const shifts = [...ofClass0(SHIFTS.slice(0, 3)), ...SHIFTS.slice(3)];
  assert.deepEqual(images(findAttentionShifts(shifts, { largestExcess: 0.25, count: 9 })), [1, 3]);
});

testOnEachEngine("compareAttentionClasses() by the student's top class is the L_AD of training", async () => {
  const [teacher, student] = [smallNetwork(["a", "b"], 1), smallNetwork(["a", "b", "c"], 2)];
  const shifts = await measureAttentionShifts(teacher, student, SET, DRAWS, OPTIONS);
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

testOnEachEngine("compareAttentionClasses() sees no difference between a model and itself", async () => {
  const model = smallNetwork(["a", "b"], 1);
  const { differ, studentTop, teacherTop } = await compareAttentionClasses(model, model, SET, DRAWS, CHOICE);
  assert.equal(differ, 0);
  assert.deepEqual(studentTop, teacherTop);
  model.dispose();
}, ["wasm"]);

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
