import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { sgdStep } from "./optimizer.ts";
import golden from "./testdata/golden.json" with { type: "json" };
import { normal, variableOf } from "./testdata/normal.ts";
import { assertClose, testOnEachEngine } from "./testdata/each_engine.ts";

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
    const shapes = Array.from({ length: 70 }, (_, i) => i % 2 === 0 ? [3, 5] : [7]); // as many as a network has
    const parameters = shapes.map((shape, i) => {
      const weight = variableOf(normal(shape, i));
      return { weight, velocity: variableOf(tf.zerosLike(weight)), gradient: normal(shape, i + 100) };
    });
    const gradients = (await Promise.all(parameters.map(({ gradient }) => gradient.data()))).map((g) =>
      Array.from(g)
    );
    const norm = Math.sqrt(gradients.flat().reduce((sum, g) => sum + g * g, 0));
    for (const [maxNorm, scale] of [[norm / 2, 0.5], [norm * 2, 1]]) {
      sgdStep(parameters, { learningRate: 0, momentum: 0, weightDecay: 0, maxNorm });
      for (const [i, { velocity }] of parameters.entries()) {
        assertClose(await velocity.data<"float32">(), gradients[i].map((g) => g * scale), 1e-5, "velocity");
      }
    }
    parameters.forEach(({ weight, velocity, gradient }) => tf.dispose([weight, velocity, gradient]));
  },
);

testOnEachEngine("sgdStep() throws where shapes differ", () => {
  const weight = variableOf(tf.zeros([4])), velocity = variableOf(tf.zeros([4])), gradient = tf.zeros([3]);
  const options = { learningRate: 0.1, momentum: 0.9, weightDecay: 0, maxNorm: 5 };
  assert.throws(() => sgdStep([{ weight, velocity, gradient }], options), /[Gg]radient/);
  tf.dispose([weight, velocity, gradient]);
});
