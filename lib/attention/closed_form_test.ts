import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../user_error.ts";
import { allClassMaps, gradCamClosedForm, mapsOfClass } from "./grad_cam.ts";
import { oneHotClasses, oneHotRows } from "./one_hot_classes.ts";
import { assertClose, testOnEachEngine, valuesOf } from "../engine/testdata/each_engine.ts";
import golden from "./testdata/golden.json" with { type: "json" };

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
