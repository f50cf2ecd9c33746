import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { assertClose, testOnEachEngine } from "../engine/testdata/each_engine.ts";
import type { ResNet } from "../model/mod.ts";
import { compareAttentionClasses } from "./attention_class_choices.ts";
import { measureAttentionShifts } from "./attention_shift.ts";
import { NORMALIZATION, randomImages, smallNetwork } from "./testdata/small_world.ts";
import { topColumns } from "./top_columns.ts";

const OPTIONS = { normalization: NORMALIZATION, batchSize: 2, norm: "L1" } as const;
const DRAWS = [0, 1, 2].map((image) => ({ image, view: 0 }));
const SET = randomImages([5, 6, 7]);

testOnEachEngine("compareAttentionClasses() by the student's top class is the L_AD of training", async () => {
  const [teacher, student] = [smallNetwork(["a", "b"], 1), smallNetwork(["a", "b", "c"], 2)];
  const shifts = await measureAttentionShifts(teacher, student, SET, DRAWS, {
    ...OPTIONS,
    distillation: { kind: "softmax", temperature: 1 },
    attention: { norm: "L1" },
  });
  const { differ, studentTop } = await compareAttentionClasses(teacher, student, SET, DRAWS, OPTIONS);
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
  const { differ, studentTop, teacherTop } = await compareAttentionClasses(model, model, SET, DRAWS, OPTIONS);
  assert.equal(differ, 0);
  assert.deepEqual(studentTop, teacherTop);
  model.dispose();
});

testOnEachEngine("compareAttentionClasses() counts maps that are all zero", async () => {
  const [teacher, student] = [smallNetwork(["a", "b"], 1), smallNetwork(["a", "b"], 1)];
  // Features are not negative: where all weights are, nothing speaks for any class.
  setWeights(teacher, (weights) => tf.abs(weights));
  setWeights(student, (weights) => tf.neg(tf.abs(weights)));
  const { studentTop, teacherTop } = await compareAttentionClasses(teacher, student, SET, DRAWS, OPTIONS);
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
