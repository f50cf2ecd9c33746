import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { batchNormalization, batchNormalizationInference } from "./normalization.ts";
import golden from "./testdata/golden.json" with { type: "json" };
import { normal } from "./testdata/normal.ts";
import { assertClose, testOnEachEngine, valuesOf, valuesOnCpu } from "./testdata/each_engine.ts";

const NAMES = ["y", "dx", "dgamma", "dbeta", "mean", "variance"];

/** All results, in the order of NAMES. */
function normalize(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  dy: tf.Tensor4D,
  relu: boolean,
): tf.Tensor[] {
  let statistics: tf.Tensor[] = [];
  const { value, grads } = tf.valueAndGrads((x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => {
    const { y, mean, variance } = batchNormalization(
      x as tf.Tensor4D,
      gamma as tf.Tensor1D,
      beta as tf.Tensor1D,
      { relu },
    );
    statistics = [tf.keep(mean), tf.keep(variance)]; // which the gradient's scope would free
    return y;
  })([x, gamma, beta], dy);
  const results = [value, ...grads, ...statistics.map((tensor) => tf.clone(tensor))];
  tf.dispose(statistics);
  return results;
}

testOnEachEngine("batchNormalization() and its gradients are the float64 values", async () => {
  const { x, gamma, beta, y, dy, dx, dgamma, dbeta, runningMean, runningVariance, momentum } =
    golden.batchNormTraining;
  const found = await valuesOf(
    ...tf.tidy(() =>
      normalize(tf.tensor4d(x), tf.tensor1d(gamma), tf.tensor1d(beta), tf.tensor4d(dy), false)
    ),
  );
  // After one update from mean 0 and variance 1, the latter with the unbiased estimate.
  const count = x.length * x[0].length * x[0][0].length;
  const mean = runningMean.map((running) => running / momentum);
  const variance = runningVariance.map((running) =>
    (running - (1 - momentum)) / momentum * (count - 1) / count
  );
  [y, dx, dgamma, dbeta, mean, variance].forEach((expected, i) =>
    assertClose(found[i], expected, 1e-5, NAMES[i])
  );
});

testOnEachEngine(
  "batchNormalization() agrees with plain JavaScript, with ReLU and without, for odd sizes and one image",
  async (engine) => {
    for (
      const shape of [[1, 8, 8, 16], [2, 9, 7, 5], [3, 5, 3, 33], [1, 3, 1, 4], [8, 32, 32, 16]] as const
    ) {
      for (const relu of [false, true]) {
        const channels = shape[3];
        const compute = () => {
          const x = tf.add(3, normal(shape, 1)); // off center, where E[x²] − E[x]² would cancel
          return normalize(x, normal([channels], 2), normal([channels], 3), normal(shape, 4), relu);
        };
        const expected = await valuesOnCpu(engine, `${shape}, ${relu}`, compute);
        const found = await valuesOf(...tf.tidy(compute));
        NAMES.forEach((what, i) =>
          // Sums over 8,192 pixels, off center: their rounding is larger.
          assertClose(found[i], expected[i], 1e-4, `${what} of ${shape}, ${relu}`)
        );
      }
    }
  },
  ["wasm", "onednn", "webgpu"],
);

testOnEachEngine(
  "batchNormalizationInference() is the given affine map and ReLU, its gradients too",
  async () => {
    const shape: [number, number, number, number] = [2, 3, 5, 7];
    const random = (seed: number) => normal<tf.Tensor1D>([7], seed);
    const inputs = () => [normal(shape, 1), random(2), random(3)];
    const statistics = () => [random(4), tf.square(random(5)) as tf.Tensor1D];
    for (const relu of [false, true]) {
      const found = await valuesOf(...tf.tidy(() => {
        const [mean, variance] = statistics();
        const { value, grads } = tf.valueAndGrads((x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
          batchNormalizationInference(
            x as tf.Tensor4D,
            gamma as tf.Tensor1D,
            beta as tf.Tensor1D,
            mean,
            variance,
            { relu, epsilon: 1e-3 },
          )
        )(inputs(), normal(shape, 6));
        return [value, ...grads];
      }));
      const expected = await valuesOf(...tf.tidy(() => {
        const [mean, variance] = statistics();
        const { value, grads } = tf.valueAndGrads((x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => {
          const y = tf.add(
            tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3))), gamma),
            beta,
          );
          return relu ? tf.relu(y) : y;
        })(inputs(), normal(shape, 6));
        return [value, ...grads];
      }));
      ["y", "dx", "dgamma", "dbeta"].forEach((what, i) => assertClose(found[i], expected[i], 1e-5, what));
    }
  },
);

testOnEachEngine("batchNormalization() throws on tensors that do not fit", () =>
  tf.tidy(() => {
    const x = tf.zeros([2, 4, 4, 8]) as tf.Tensor4D,
      [seven, eight] = [tf.zeros([7]), tf.zeros([8])] as tf.Tensor1D[];
    const wrong: [tf.Tensor, tf.Tensor, tf.Tensor][] = [
      [x, seven, eight],
      [x, eight, seven],
      [tf.zeros([4, 8]), eight, eight],
      [tf.zeros([0, 4, 4, 8]), eight, eight],
      [x, tf.zeros([1, 8]), eight],
      [tf.zeros([2, 4, 4, 8], "int32"), eight, eight],
    ];
    for (const [input, gamma, beta] of wrong as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D][]) {
      assert.throws(() => batchNormalization(input, gamma, beta));
      assert.throws(() => batchNormalizationInference(input, gamma, beta, eight, eight));
    }
    assert.throws(() => batchNormalizationInference(x, eight, eight, seven, eight));
    assert.throws(() => batchNormalizationInference(x, eight, eight, eight, seven));
  }));
