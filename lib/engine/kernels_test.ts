import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "./conv2d.ts";
import golden from "./testdata/golden.json" with { type: "json" };
import { normal, variableOf } from "./testdata/normal.ts";
import { assertClose, testOnEachEngine, valuesOf, valuesOnCpu } from "./testdata/each_engine.ts";
import { batchNormalization, batchNormalizationInference, moveAverage } from "./normalization.ts";
import { addRelu } from "./residual.ts";
import { sgdStep } from "./optimizer.ts";

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
  ["wasm", "wasm-unfused", "webgpu"],
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
      [tf.zeros([1, 1, 20, 4]), tf.zeros([1, 1, 4, 4]), 8, 2], // a window on padding alone
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
  for (const channels of [5, 8]) {
    const compute = () => {
      // Rounded, so that many windows have more than one maximum.
      const x = tf.round(normal([2, 9, 8, channels], 1)) as tf.Tensor4D;
      return [tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 1))(x, normal([2, 5, 4, channels], 2))];
    };
    const [expected] = await valuesOnCpu(engine, `maxPool of ${channels}`, compute);
    assertClose((await valuesOf(...tf.tidy(compute)))[0], expected);
  }
}, ["wasm", "wasm-unfused"]);

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
  ["wasm", "wasm-unfused", "webgpu"],
);

testOnEachEngine(
  "batchNormalizationInference() is the given affine map and ReLU, differentiable in x",
  async () => {
    const [shape, epsilon] = [[2, 3, 5, 7], 1e-3];
    const inputs = () => {
      const [gamma, beta, mean, deviation] = [2, 3, 4, 5].map((seed) => normal<tf.Tensor1D>([7], seed));
      return { x: normal(shape, 1), gamma, beta, mean, variance: tf.square<tf.Tensor1D>(deviation) };
    };
    for (const relu of [false, true]) {
      const [y, dx, expected, gradient] = await valuesOf(...tf.tidy(() => {
        const { x, gamma, beta, mean, variance } = inputs();
        const affine = (x: tf.Tensor) => {
          const normalized = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
          return tf.add(tf.mul(normalized, gamma), beta);
        };
        const inference = (x: tf.Tensor) =>
          batchNormalizationInference(x as tf.Tensor4D, gamma, beta, mean, variance, { relu, epsilon });
        return [inference, (x: tf.Tensor) => relu ? tf.relu(affine(x)) : affine(x)].flatMap((of) => {
          const { value, grad } = tf.valueAndGrad(of)(x, normal(shape, 6));
          return [value, grad];
        });
      }));
      assertClose(y, expected);
      assertClose(dx, gradient);
    }
  },
);

testOnEachEngine("moveAverage() rounds as a product, a product and a sum do", async () => {
  const running = variableOf(normal([7], 1)), batch = normal<tf.Tensor1D>([7], 2);
  const expected = await valuesOf(tf.tidy(() => tf.add(tf.mul(running, 0.9), tf.mul(batch, 0.1))));
  moveAverage(running, batch, { kept: 0.9, added: 0.1 });
  assert.deepEqual([await running.data<"float32">()], expected);
  tf.tidy(() => assert.throws(() => moveAverage(running, tf.zeros([6]), { kept: 0.9, added: 0.1 })));
  tf.dispose([running, batch]);
});

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

testOnEachEngine("sgdStep() makes PyTorch's steps", async () => {
  const { start, gradients, lr, momentum, weightDecay, after } = golden.sgdMomentum;
  const weight = variableOf(tf.tensor1d(start)), velocity = variableOf(tf.zerosLike(weight));
  for (const [i, values] of gradients.entries()) {
    const gradient = tf.tensor1d(values);
    const before = tf.memory().numTensors;
    sgdStep([{ weight, velocity, gradient }], { learningRate: lr, momentum, weightDecay, maxNorm: Infinity });
    assert.equal(tf.memory().numTensors, before);
    assertClose(await weight.data<"float32">(), after[i], 1e-5, `weight after step ${i + 1}`);
    gradient.dispose();
  }
  tf.dispose([weight, velocity]);
});

testOnEachEngine(
  "sgdStep() scales the gradients of all parameters together to the norm asked for",
  async () => {
    // As many as a network has.
    const shapes = Array.from({ length: 70 }, (_, i) => i % 2 === 0 ? [3, 5] : [7]);
    const parameters = shapes.map((shape, i) => {
      const weight = variableOf(normal(shape, i));
      return { weight, velocity: variableOf(tf.zerosLike(weight)), gradient: normal(shape, i + 100) };
    });
    const read = async (key: "gradient" | "velocity") => {
      const all = tf.tidy(() => tf.concat1d(parameters.map((parameter) => parameter[key].flatten())));
      const values = await all.data<"float32">();
      all.dispose();
      return values;
    };
    const gradients = await read("gradient");
    const norm = Math.sqrt(gradients.reduce((sum, g) => sum + g * g, 0));
    for (const [maxNorm, scale] of [[norm / 2, 0.5], [norm * 2, 1]]) {
      sgdStep(parameters, { learningRate: 0, momentum: 0, weightDecay: 0, maxNorm });
      assertClose(await read("velocity"), gradients.map((g) => g * scale), 1e-5, "velocity");
    }
    parameters.forEach(({ weight, velocity, gradient }) => tf.dispose([weight, velocity, gradient]));
  },
);
