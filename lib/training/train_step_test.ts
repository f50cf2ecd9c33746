import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { ImageSet } from "../data/image_set.ts";
import { useEngine } from "../engine/mod.ts";
import { ResNet } from "../model/mod.ts";
import { randomStream } from "../random.ts";
import { type StepOptions, type StepState, trainStep } from "./train_step.ts";

await useEngine("wasm", { log: () => {} });

/**
 * Small images of `classIds`, which a network learns in seconds: each mostly of its class's color, with noise
 * that depends on the view.
 */
function coloredImages(classIds: readonly number[], imagesPerClass = 8, views = 2): ImageSet {
  const size = 16;
  const labels = Int32Array.from(
    { length: classIds.length * imagesPerClass },
    (_, i) => classIds[i % classIds.length],
  );
  return {
    name: "colors",
    count: labels.length,
    size,
    views,
    labels,
    read(image, view, target) {
      const random = randomStream("colors", image, view);
      const bright = labels[image] % 3;
      for (let i = 0; i < target.length; i++) target[i] = (i % 3 === bright ? 128 : 0) + random.integer(128);
    },
  };
}

/** The channel statistics of the images above, roughly. */
const COLOR_STATISTICS = { mean: [0.4, 0.4, 0.4], std: [0.3, 0.3, 0.3] } as const;

const OPTIONS: StepOptions = {
  step: 0,
  method: "C",
  losses: {
    classification: "softmax-all",
    distillation: "softmax",
    temperature: 2,
    beta: 1,
    gamma: 0.5,
    norm: "L1",
    attentionClass: "student-top",
    attentionForm: "normalized",
  },
  epochs: 3,
  learningRate: 0.05,
  batchSize: 8,
  sgd: { momentum: 0.9, weightDecay: 5e-4, maxNorm: 5 },
  drawsPerEpoch: 1,
  cacheTeacher: true,
  normalization: COLOR_STATISTICS,
  seed: 1,
};
const headPosition = Int32Array.from([0, 1, 2, 3]);

const newModel = () => new ResNet({ depth: 8, widths: [4, 8, 8], stem: "3x3" }, ["a", "b"], 1);

/** A trained teacher, and a student that has just grown by two classes. */
async function teacherAndStudent() {
  const teacher = newModel();
  await trainStep({ student: teacher, set: coloredImages([0, 1]), headPosition, teacher: null }, OPTIONS);
  const student = teacher.clone();
  student.growHead(["c", "d"], 1);
  return { teacher, student };
}

const weightsOf = (model: ResNet) => Array.from(model.tensors().values(), (t) => t.dataSync().slice());

Deno.test("trainStep() with a teacher logs L_D and L_AD, never changes the teacher, and leaks nothing", async () => {
  const before = tf.memory().numTensors;
  const { teacher, student } = await teacherAndStudent();
  const frozen = weightsOf(teacher);
  const log = await trainStep({ student, set: coloredImages([2, 3]), headPosition, teacher }, {
    ...OPTIONS,
    step: 1,
    method: "LwM",
  });
  for (const { L, L_C, L_D, L_AD } of log) {
    assert.ok(L_D! > 0 && L_AD! > 0);
    assert.ok(Math.abs(L - (L_C + L_D! + 0.5 * L_AD!)) < 1e-5);
  }
  assert.deepEqual(weightsOf(teacher), frozen);
  teacher.dispose();
  student.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("trainStep() trains with every form of L_AD, and only some of them move the weights", async () => {
  const { teacher, student } = await teacherAndStudent();
  const trained = async (losses: Partial<StepOptions["losses"]>) => {
    const copy = student.clone();
    const options = {
      ...OPTIONS,
      losses: { ...OPTIONS.losses, ...losses },
      method: "LwM",
      step: 1,
      epochs: 1,
    };
    const log = await trainStep(
      { student: copy, set: coloredImages([2, 3]), headPosition, teacher },
      options,
    );
    assert.ok(Number.isFinite(log[0].L_AD));
    const weights = weightsOf(copy);
    copy.dispose();
    return weights;
  };
  const [none, ours] = [await trained({ gamma: 0 }), await trained({})];
  assert.deepEqual(await trained({ attentionForm: "detached-student" }), none);
  for (
    const change of [
      { attentionForm: "unnormalized" },
      { attentionForm: "detached-alpha" },
      { attentionForm: "elsewhere" },
      { attentionClass: "random" },
      { attentionClass: "all" },
    ] as const
  ) {
    const weights = await trained(change);
    assert.notDeepEqual(weights, none, `${Object.values(change)}`);
    assert.notDeepEqual(weights, ours, `${Object.values(change)}`);
  }
  for (const model of [student, teacher]) model.dispose();
});

Deno.test("a cached teacher trains the student like a fresh one", async () => {
  const { teacher, student } = await teacherAndStudent();
  const losses = [];
  for (const method of ["LwM", "Pooled"]) {
    for (const cacheTeacher of [true, false]) {
      const copy = student.clone();
      const set = coloredImages([2, 3]);
      const options = { ...OPTIONS, method, step: 1, epochs: 1, cacheTeacher };
      const log = await trainStep({ student: copy, set, headPosition, teacher }, options);
      losses.push(log[0].L);
      copy.dispose();
    }
  }
  const [cached, fresh, pooledCached, pooledFresh] = losses;
  assert.ok(Math.abs(cached - fresh) < 1e-4 * cached, `${losses}`);
  assert.ok(Math.abs(pooledCached - pooledFresh) < 1e-4 * pooledCached, `${losses}`);
  teacher.dispose();
  student.dispose();
});

Deno.test("trainStep() that goes on from any epoch ends with bit-identical weights", async () => {
  const { teacher, student } = await teacherAndStudent();
  const task = { set: coloredImages([2, 3]), headPosition, teacher };
  // A random class, so that its draws are the same, too.
  const losses = { ...OPTIONS.losses, attentionClass: "random" } as const;
  const options: StepOptions = { ...OPTIONS, losses, method: "LwM", step: 1 };

  const states: { weights: ResNet; state: StepState }[] = [];
  const whole = student.clone();
  await trainStep({ ...task, student: whole }, options, {
    onEpoch: (state) => {
      states.push({ weights: whole.clone(), state: { ...state, log: [...state.log] } });
      return Promise.resolve();
    },
  });
  for (const { weights, state } of states) {
    const log = await trainStep({ ...task, student: weights, resume: state }, options);
    assert.equal(log.length, OPTIONS.epochs);
    assert.deepEqual(weightsOf(weights), weightsOf(whole), `resumed after epoch ${state.epochsDone}`);
    weights.dispose();
  }
  for (const model of [whole, student, teacher]) model.dispose();
});

Deno.test("a loss that is not finite stops trainStep() and names the step, the term and what to try", async () => {
  const student = newModel();
  await assert.rejects(
    trainStep({ student, set: coloredImages([0, 1]), headPosition, teacher: null }, {
      ...OPTIONS,
      learningRate: 1e30,
      sgd: { ...OPTIONS.sgd, maxNorm: 1e30 },
    }),
    { name: "UserError", message: /L_C = (NaN|Infinity) in step 0, epoch \d, .* Try a learning rate/ },
  );
  student.dispose();
});

Deno.test("a loss that throws leaves no tensor behind", async () => {
  const student = newModel();
  const before = tf.memory().numTensors;
  const losses = {
    ...OPTIONS.losses,
    get classification(): never {
      throw new Error("a mistake in it");
    },
  };
  const task = { student, set: coloredImages([0, 1]), headPosition, teacher: null };
  await assert.rejects(trainStep(task, { ...OPTIONS, losses }), /a mistake in it/);
  assert.equal(tf.memory().numTensors, before);
  student.dispose();
});

Deno.test("trainStep() refuses batches of one image that the network shrinks to one pixel", async () => {
  // Three stages after a stem of stride 4 leave one pixel of 16.
  const student = new ResNet({ depth: 8, widths: [4, 4, 4], stem: "7x7/4" }, ["a", "b"], 1);
  const training = (batchSize: number, imagesPerClass: number) =>
    trainStep(
      { student, set: coloredImages([0, 1], imagesPerClass), headPosition, teacher: null },
      { ...OPTIONS, epochs: 1, batchSize },
    );
  const refused = { name: "UserError", message: /at least two values a channel.*batchSize of at least/ };
  await assert.rejects(training(1, 2), refused);
  await assert.rejects(training(2, 1.5), refused); // three images: a batch of one, and one of two
  await assert.rejects(training(8, 0.5), /1 draws? an epoch, batchSize 8\)\. Take more images, larger/);
  assert.ok(Number.isFinite((await training(2, 2))[0].L));
  student.dispose();
});
