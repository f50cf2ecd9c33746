import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { gradCamClosedForm } from "../attention/mod.ts";
import { assertClose, testOnEachEngine, valuesOf } from "../engine/testdata/each_engine.ts";
import { allDraws, readBatch } from "../data/mod.ts";
import { useEngine } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { ofFirstClasses, predict } from "./predict.ts";
import { NORMALIZATION, randomImages, smallNetwork } from "./testdata/small_world.ts";

const HEAD_POSITIONS = Int32Array.of(2, 0, 1); // class 1 was learned first, then 2, then 0
const OPTIONS = { normalization: NORMALIZATION, headPositions: HEAD_POSITIONS };

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
    const predictions = await predict(model, set, { ...OPTIONS, batchSize });
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
  await predict(model, randomImages([0, 1, 2, 1, 0]), { ...OPTIONS, batchSize: 2, onProgress });
  assert.deepEqual(sizes, [2, 2, 2]);
  assert.deepEqual(progress, [[2, 5], [4, 5], [5, 5]]);
  model.dispose();
});

Deno.test("predict() throws on a class that the model does not know, and on no images", async () => {
  await useEngine("cpu", { log: () => {} });
  const model = smallNetwork(["b", "c"], 0);
  await assert.rejects(() => predict(model, randomImages([1, 0]), { ...OPTIONS, batchSize: 2 }), UserError);
  await assert.rejects(() => predict(model, randomImages([]), { ...OPTIONS, batchSize: 2 }), UserError);
  model.dispose();
});

Deno.test("predict() refuses scores and maps that are no numbers, and says of which image", async () => {
  await useEngine("cpu", { log: () => {} });
  const model = smallNetwork(["b", "c"], 0);
  (model.head.bias as tf.Tensor as tf.Variable).assign(tf.tensor1d([0, NaN]));
  await assert.rejects(() => predict(model, randomImages([1, 2]), { ...OPTIONS, batchSize: 2 }), {
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
