import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useEngine } from "../engine/mod.ts";
import { ResNet } from "../model/mod.ts";
import { randomStream } from "../random.ts";
import type { LossOptions } from "./method.ts";
import { askTeacher } from "./teacher.ts";
import { termGradients } from "./term_gradients.ts";

await useEngine("wasm", { log: () => {} });

const LOSSES: LossOptions = {
  classification: "softmax-new",
  distillation: "softmax",
  temperature: 2,
  beta: 1,
  gamma: 0.5,
  norm: "L1",
  attentionClass: "student-top",
  attentionForm: "normalized",
};

/** A student that has grown by two classes, and a batch of noise with the answers of another network. */
function scene() {
  const random = randomStream("term gradients");
  const shape = { depth: 8, widths: [4, 8, 8], stem: "3x3" } as const;
  const student = new ResNet(shape, ["a", "b", "c"], 1);
  student.growHead(["d", "e"], 1);
  const teacher = new ResNet(shape, ["a", "b", "c"], 2);
  const x = tf.tensor4d(Float32Array.from({ length: 4 * 16 * 16 * 3 }, () => random.normal()), [
    4,
    16,
    16,
    3,
  ]);
  const labels = tf.tensor2d([[0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]]);
  const answers = tf.tidy(() => askTeacher(teacher, x));
  teacher.dispose();
  return { student, batch: { x, labels, teacher: answers, baseClasses: 3 } };
}

Deno.test("termGradients() says which term pulls at which part of the network", async () => {
  const { student, batch } = scene();
  const [L_C, L_D, L_AD, L] = await termGradients(student, batch, "LwM", LOSSES);
  assert.deepEqual([L_C, L_D, L_AD, L].map(({ term }) => term), ["L_C", "βL_D", "γL_AD", "L"]);
  assert.deepEqual(Object.keys(L.norms), ["stem", "stage1", "stage2", "stage3", "head: base", "head: new"]);

  assert.equal(L_C.norms["head: base"], 0, "softmax over the new classes leaves the base columns alone");
  assert.ok(L_C.norms["head: new"] > 0);
  for (const distillation of [L_D, L_AD]) {
    assert.equal(distillation.norms["head: new"], 0, `${distillation.term} knows the base classes only`);
    assert.ok(distillation.norms["head: base"] > 0 && distillation.norms.stem > 0);
  }
  const root = Math.hypot(...Object.values(L.norms));
  assert.ok(Math.abs(L.all - root) < 1e-5 * root);
});

Deno.test("termGradients() scales with the weight, leaves the student as it is, and leaks nothing", async () => {
  const { student, batch } = scene();
  const before = {
    tensors: tf.memory().numTensors,
    mean: student.statistics.get("stem.mean")!.dataSync().slice(),
  };
  const [, , once] = await termGradients(student, batch, "LwM", LOSSES);
  const [, , twice] = await termGradients(student, batch, "LwM", { ...LOSSES, gamma: 1 });
  assert.ok(Math.abs(twice.all / once.all - 2) < 1e-4);
  assert.deepEqual((await termGradients(student, batch, "C", LOSSES)).map(({ term }) => term), ["L_C", "L"]);
  assert.equal(tf.memory().numTensors, before.tensors);
  assert.deepEqual(student.statistics.get("stem.mean")!.dataSync(), before.mean);
});

Deno.test("termGradients() has no base columns in the base step", async () => {
  const { student, batch } = scene();
  const losses = { ...LOSSES, classification: "softmax-all" } as const;
  const [L_C] = await termGradients(student, { ...batch, baseClasses: 0 }, "C", losses);
  assert.deepEqual(Object.keys(L_C.norms), ["stem", "stage1", "stage2", "stage3", "head: new"]);
  tf.dispose([batch.x, batch.labels]);
  student.dispose();
});
