import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { gradCamClosedForm } from "../attention/mod.ts";
import { assertClose, testOnEachEngine, valuesOf } from "../engine/testdata/each_engine.ts";
import { allDraws, readBatch } from "../data/batches.ts";
import { useEngine } from "../engine/mod.ts";
import { mapCosine } from "./attention_retention.ts";
import { measureAttentionShifts } from "./attention_shift.ts";
import { nearestClasses, ofFirstClasses, pooledFeatures, predict } from "./predictions.ts";
import { probabilities, topColumns } from "./scores.ts";
import { NORMALIZATION, randomImages, smallNetwork } from "./testdata/small_world.ts";

const HEAD_POSITIONS = Int32Array.of(2, 0, 1); // class 1 was learned first, then 2, then 0
const PASSES = { normalization: NORMALIZATION, batchSize: 2 };
const PREDICT_OPTIONS = { ...PASSES, headPositions: HEAD_POSITIONS };

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
    const { pooled, labels } = await pooledFeatures(model, set, { ...PREDICT_OPTIONS, batchSize });
    assert.deepEqual([...labels], [...predictions.labels]);
    assertClose(pooled, predictions.pooled);
    // The head of these features gives the scores.
    const [weights, bias] = [await model.head.weights.data(), await model.head.bias.data()];
    const ofFirst = Array.from(
      bias,
      (b, c) => pooled.subarray(0, 8).reduce((sum, value, k) => sum + value * weights[3 * k + c], b),
    );
    assertClose(ofFirst, expectedLogits.slice(0, 3));
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
  await predict(model, randomImages([0, 1, 2, 1, 0]), { ...PREDICT_OPTIONS, onProgress });
  assert.deepEqual(sizes, [2, 2, 2]);
  assert.deepEqual(progress, [[2, 5], [4, 5], [5, 5]]);
  model.dispose();
});

Deno.test("predict() refuses unknown classes, no images, and scores that are no numbers", async () => {
  await useEngine("cpu", { log: () => {} });
  const model = smallNetwork(["b", "c"], 0);
  const refuses = (labels: number[], message: RegExp) =>
    assert.rejects(predict(model, randomImages(labels), PREDICT_OPTIONS), { name: "UserError", message });
  await refuses([1, 0], /^Expected images of the 2 classes that the model knows but found one of class 3 /);
  await refuses([], /^Expected images but found none/);
  (model.head.bias as tf.Tensor as tf.Variable).assign(tf.tensor1d([0, NaN]));
  await refuses(
    [1, 2],
    /^Expected finite numbers from the network but found NaN in the logits of image 0 of random images\./,
  );
  model.dispose();
});

Deno.test("ofFirstClasses() keeps the images of the classes learned first, in their order", () => {
  const predictions = {
    classes: 2,
    logits: Float32Array.of(1, 2, 3, 4, 5, 6),
    labels: Int32Array.of(0, 1, 0),
    maps: Float32Array.of(7, 8, 9),
    mapSize: [1, 1] as const,
    pooled: Float32Array.of(10, 11, 12),
  };
  assert.deepEqual(ofFirstClasses(predictions, 1), {
    classes: 2,
    logits: Float32Array.of(1, 2, 5, 6),
    labels: Int32Array.of(0, 0),
    maps: Float32Array.of(7, 9),
    mapSize: [1, 1],
    pooled: Float32Array.of(10, 12),
  });
});

testOnEachEngine("nearestClasses() gives the highest scores, each with its own map", async () => {
  const classNames = ["a", "b", "c"];
  const model = smallNetwork(classNames, 1);
  const set = randomImages([0, 1]);
  const [, nearest] = await nearestClasses(model, set, { ...PASSES, count: 3, outputs: "softmax" });

  const { logits } = await predict(model, set, { ...PASSES, headPositions: Int32Array.of(0, 1) });
  const scores = probabilities(logits.subarray(3, 6), "softmax");
  assertClose(nearest.map(({ score }) => score), [...scores].sort((a, b) => b - a));

  for (const { className, score, map } of nearest) {
    const column = classNames.indexOf(className);
    assertClose([score], [scores[column]]);
    assert.equal(map.size, 2);
    const { maps } = await predict(model, set, { ...PASSES, headPositions: Int32Array.of(column, column) });
    assertClose(map.values, maps.subarray(4));
  }
  model.dispose();
});

testOnEachEngine(
  "measureAttentionShifts() compares both models on the student's top base class, and a model with itself",
  async () => {
    const set = randomImages([5, 6, 7]);
    const options = {
      ...PASSES,
      distillation: { kind: "softmax", temperature: 2 },
      attention: { norm: "L1" },
    } as const;
    const [teacher, student] = [smallNetwork(["a", "b"], 1), smallNetwork(["a", "b", "c"], 2)];
    const shifts = await measureAttentionShifts(teacher, student, set, options);
    assert.deepEqual(shifts.map(({ draw, classId }) => [draw.image, classId]), [[0, 5], [1, 6], [2, 7]]);
    for (const shift of shifts) {
      assert.deepEqual([shift.teacher.logits.length, shift.student.logits.length], [2, 2]);
      assert.equal(shift.topBaseClass, topColumns(shift.student.logits, 1)[0]);
      assert.equal(shift.cosine, mapCosine(shift.teacher.map.values, shift.student.map.values));
      assert.ok(shift.distillation > shift.leastDistillation);
    }
    const [still] = await measureAttentionShifts(teacher, teacher, set, options);
    assertClose(still.distillation, still.leastDistillation);
    assert.ok(still.attentionDistillation < 1e-6);
    teacher.dispose();
    student.dispose();
  },
);
