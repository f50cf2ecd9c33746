import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "./convolution.ts";
import golden from "./testdata/golden.json" with { type: "json" };
import { normal, variableOf } from "./testdata/normal.ts";
import { assertClose, testOnEachEngine, valuesOf, valuesOnCpu } from "./testdata/each_engine.ts";

/** y, dx and dW. */
function convolve(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  dy: tf.Tensor4D,
  stride: number,
  padding: number,
): tf.Tensor[] {
  const { value, grads } = tf.valueAndGrads((x: tf.Tensor, filter: tf.Tensor) =>
    conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, padding)
  )([x, filter], dy);
  return [value, ...grads];
}

for (const [name, stride] of [["conv3x3s1", 1], ["conv3x3s2", 2]] as const) {
  testOnEachEngine(`conv2d() and its gradients are the float64 values of ${name}`, async () => {
    const { x, w, y, dy, dx, dw, padding } = golden[name];
    const found = await valuesOf(
      ...tf.tidy(() => convolve(tf.tensor4d(x), tf.tensor4d(w), tf.tensor4d(dy), stride, padding)),
    );
    [y, dx, dw].forEach((expected, i) => assertClose(found[i], expected, 1e-5, ["y", "dx", "dW"][i]));
  });
}

/** [batch, height, width, channels in, channels out, filter, stride, padding] */
const SIZES = [
  [1, 8, 8, 3, 16, 3, 1, 1], // a stem
  [2, 9, 7, 16, 16, 3, 1, 1], // odd sizes
  [1, 1, 1, 4, 8, 3, 1, 1], // a single pixel
  [2, 8, 8, 16, 32, 3, 2, 1], // a stage's first block
  [3, 9, 7, 5, 6, 3, 2, 1],
  [2, 8, 8, 16, 32, 1, 2, 0], // a shortcut, whose last row and column no output sees
  [2, 7, 9, 8, 4, 1, 2, 0],
  [2, 6, 5, 7, 9, 1, 1, 0],
  [2, 7, 6, 4, 8, 3, 1, 0], // no padding
  [2, 8, 7, 4, 8, 3, 2, 0],
  [2, 6, 6, 64, 64, 3, 1, 1],
  [1, 17, 15, 3, 8, 7, 2, 3], // the stem of ImageNet's networks
] as const;

testOnEachEngine(
  "conv2d() and its gradients agree with plain JavaScript for all strides, paddings and odd sizes",
  async (engine) => {
    for (const sizes of SIZES) {
      const [batch, height, width, input, output, size, stride, padding] = sizes;
      const outHeight = Math.floor((height + 2 * padding - size) / stride) + 1;
      const outWidth = Math.floor((width + 2 * padding - size) / stride) + 1;
      const compute = () =>
        convolve(
          normal([batch, height, width, input], 1),
          normal([size, size, input, output], 2),
          normal([batch, outHeight, outWidth, output], 3),
          stride,
          padding,
        );
      const expected = await valuesOnCpu(engine, `${sizes}`, compute);
      const found = await valuesOf(...tf.tidy(compute));
      ["y", "dx", "dW"].forEach((what, i) =>
        assertClose(
          found[i],
          expected[i],
          1e-5,
          `${what} of ${sizes}`,
        )
      );
    }
  },
  ["wasm", "onednn", "webgpu"],
);

testOnEachEngine("conv2d() sees new values of a variable", async () => {
  const filter = variableOf(tf.ones([1, 1, 1, 1]));
  const x = tf.ones([1, 2, 2, 1]) as tf.Tensor4D;
  const convolved = async () => (await valuesOf(conv2d(x, filter as tf.Tensor as tf.Tensor4D, 1, 0)))[0][0];
  assert.equal(await convolved(), 1);
  const five = tf.fill([1, 1, 1, 1], 5) as tf.Tensor4D;
  filter.assign(five);
  assert.equal(await convolved(), 5);
  tf.dispose([filter, x, five]);
});

testOnEachEngine("conv2d() throws on tensors that do not fit", () =>
  tf.tidy(() => {
    const x = tf.zeros([2, 4, 4, 3]), filter = tf.zeros([3, 3, 3, 8]);
    const wrong: [tf.Tensor, tf.Tensor, number, number][] = [
      [x, tf.zeros([3, 3, 4, 8]), 1, 1], // channels
      [x, tf.zeros([3, 3, 3]), 1, 1], // rank of the filter
      [tf.zeros([4, 3]), filter, 1, 1], // rank of the input
      [tf.zeros([0, 4, 4, 3]), filter, 1, 1], // no image
      [x, tf.zeros([3, 3, 3, 0]), 1, 1], // no channel out
      [x, tf.zeros([7, 7, 3, 8]), 1, 0], // filter larger than the input
      [x, filter, 0, 1], // stride
      [x, filter, 1, -2], // padding
      [x, filter, 1, 0.5],
      [tf.zeros([2, 4, 4, 3], "int32"), tf.zeros([3, 3, 3, 8], "int32"), 1, 1], // type
    ];
    for (const [input, filter, stride, padding] of wrong) {
      assert.throws(
        () => conv2d(input as tf.Tensor4D, filter as tf.Tensor4D, stride, padding),
        `${[input.shape, filter.shape, stride, padding]}`,
      );
    }
  }));

testOnEachEngine("tf.maxPool() hands its gradient to the first maximum of each window", async (engine) => {
  const compute = () => {
    // Rounded, so that many windows have more than one maximum.
    const x = tf.round(normal([2, 9, 8, 5], 1)) as tf.Tensor4D;
    return [tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 1))(x, normal([2, 5, 4, 5], 2))];
  };
  const [expected] = await valuesOnCpu(engine, "maxPool", compute);
  assertClose((await valuesOf(...tf.tidy(compute)))[0], expected);
}, ["wasm", "onednn"]);
