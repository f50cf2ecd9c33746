import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { addRelu } from "./residual.ts";
import { normal } from "./testdata/normal.ts";
import { assertClose, testOnEachEngine, valuesOf } from "./testdata/each_engine.ts";

testOnEachEngine(
  "addRelu() is max(0, a + b), its gradients too, also where an input is used twice",
  async () => {
    for (const shape of [[2, 4, 4, 16], [1, 3, 1, 5]] as [number, number, number, number][]) {
      const run = (sum: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
        valuesOf(...tf.tidy(() => {
          const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) => sum(sum(a, b), a))(
            [normal(shape, 1), normal(shape, 2)],
            normal(shape, 3),
          );
          return [value, ...grads];
        }));
      const found = await run((a, b) => addRelu(a as tf.Tensor4D, b as tf.Tensor4D));
      const expected = await run((a, b) => tf.relu(tf.add(a, b)));
      ["y", "da", "db"].forEach((what, i) => assertClose(found[i], expected[i], 1e-5, what));
    }
  },
);

testOnEachEngine("addRelu() throws on shapes that differ", () =>
  tf.tidy(() => {
    assert.throws(() => addRelu(tf.zeros([1, 2, 2, 4]), tf.zeros([1, 2, 2, 1])), /addRelu/);
  }));
