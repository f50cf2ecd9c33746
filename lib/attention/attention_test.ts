import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../user_error.ts";
import { allClassMaps, gradCamClosedForm, mapsOfClass } from "./grad_cam.ts";
import { oneHotClasses, oneHotRows } from "./one_hot_classes.ts";
import { assertClose, testOnEachEngine, valuesOf } from "../engine/testdata/each_engine.ts";
import golden from "./testdata/golden.json" with { type: "json" };
import { useEngine } from "../engine/mod.ts";
import { ResNet } from "../model/mod.ts";
import { randomStream } from "../random.ts";

const { classIndex, map } = golden.gradCamGap;

function tensors(): { features: tf.Tensor4D; weights: tf.Tensor2D } {
  return {
    features: tf.tensor4d(golden.gradCamGap.features),
    weights: tf.tensor2d(golden.gradCamGap.weights),
  };
}

testOnEachEngine("gradCamClosedForm() gives the maps of an independent float64 program", async () => {
  const { features, weights } = tensors();
  const maps = gradCamClosedForm(features, weights, classIndex);
  assert.deepEqual(maps.shape, [5, 4, 4]);
  assertClose((await valuesOf(maps))[0], map);
  tf.dispose([features, weights]);
});

testOnEachEngine("gradCamClosedForm() takes classes as numbers, as a tensor and one-hot alike", async () => {
  const { features, weights } = tensors();
  const indices = tf.tensor1d(classIndex, "int32");
  const oneHot = oneHotRows(indices, 7);
  const [plain, tensor, rows] = await valuesOf(
    gradCamClosedForm(features, weights, classIndex),
    gradCamClosedForm(features, weights, indices),
    gradCamClosedForm(features, weights, oneHot),
  );
  assert.deepEqual(tensor, plain);
  assert.deepEqual(rows, plain);
  tf.dispose([features, weights, indices, oneHot]);
});

Deno.test("gradCamClosedForm() takes a one-hot tensor over the head's first classes", async () => {
  await tf.setBackend("cpu");
  const { features, weights } = tensors();
  const classes = [0, 3, 2, 1, 3];
  const oneHot = oneHotClasses(classes, 4);
  const [narrow, wide] = await valuesOf(
    gradCamClosedForm(features, weights, oneHot),
    gradCamClosedForm(features, weights, classes),
  );
  assert.deepEqual(narrow, wide);
  tf.dispose([features, weights, oneHot]);
});

testOnEachEngine(
  "mapsOfClass() of allClassMaps() are the maps of gradCamClosedForm(), for every class",
  async () => {
    const { features, weights } = tensors();
    const all = allClassMaps(features, weights);
    assert.deepEqual(all.shape, [5, 7, 16]);
    for (let c = 0; c < 7; c++) {
      const classes = new Int32Array(5).fill(c);
      const [chosen, direct] = await valuesOf(
        mapsOfClass(all, classes),
        gradCamClosedForm(features, weights, classes),
      );
      assertClose(chosen, direct, 1e-6);
    }
    tf.dispose([features, weights, all]);
  },
);

Deno.test("gradCamClosedForm() throws on a class that the head does not know", async () => {
  await tf.setBackend("cpu");
  const { features, weights } = tensors();
  const tooWide = tf.zeros([5, 8]) as tf.Tensor2D;
  assert.throws(() => gradCamClosedForm(features, weights, [0, 1, 2, 3, 7]), UserError);
  assert.throws(() => gradCamClosedForm(features, weights, [0, 1, 2, 3, 0.5]), UserError);
  assert.throws(() => gradCamClosedForm(features, weights, tooWide), UserError);
  tf.dispose([features, weights, tooWide]);
});

Deno.test("gradCamClosedForm() agrees to 1e-5 with automatic differentiation on a trained network, for every class", async () => {
  await useEngine("wasm", { log: () => {} });
  const before = tf.memory().numTensors;
  const network = trainedNetwork();
  const x = images(6, 1);
  const features = tf.tidy(() => network.forward(x).features);
  for (let c = 0; c < 4; c++) {
    const classes = new Int32Array(6).fill(c);
    const [byAutodiff, closed] = await valuesOf(
      tf.tidy(() => {
        const oneHot = oneHotClasses(classes, 4);
        const score = (A: tf.Tensor) => tf.sum(tf.mul(network.classify(A as tf.Tensor4D), oneHot));
        const alpha = tf.mean(tf.grad(score)(features), [1, 2], true);
        return tf.relu(tf.sum(tf.mul(alpha, features), 3));
      }),
      gradCamClosedForm(features, network.head.weights, classes),
    );
    assertClose(byAutodiff, closed, 1e-5);
  }
  tf.dispose([x, features]);
  network.dispose();
  assert.equal(tf.memory().numTensors, before);
});

/**
 * A small network after a few steps on random images, so that its statistics and weights are not the initial
 * ones.
 */
function trainedNetwork(): ResNet {
  const network = new ResNet({ depth: 8, widths: [4, 6, 8], stem: "3x3" }, ["a", "b", "c", "d"], 0);
  const optimizer = tf.train.sgd(0.1);
  const x = images(8, 0);
  const labels = tf.oneHot([0, 1, 2, 3, 0, 1, 2, 3], 4);
  const loss = () => tf.losses.softmaxCrossEntropy(labels, network.forward(x, true).logits) as tf.Scalar;
  for (let step = 0; step < 5; step++) optimizer.minimize(loss, false, [...network.parameters.values()]);
  optimizer.dispose();
  tf.dispose([x, labels]);
  return network;
}

function images(count: number, seed: number): tf.Tensor4D {
  const random = randomStream(seed, "images");
  const values = Float32Array.from({ length: count * 8 * 8 * 3 }, () => random.normal());
  return tf.tensor4d(values, [count, 8, 8, 3]);
}
