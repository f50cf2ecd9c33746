/** The four mistakes that keep an attention loss from working, and what each does to the gradient. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { assertClose } from "../engine/testdata/each_engine.ts";
import { useEngine } from "../engine/mod.ts";
import { ResNet } from "../model/mod.ts";
import { randomStream } from "../random.ts";
import { classificationLoss } from "./classification.ts";
import golden from "./testdata/golden.json" with { type: "json" };
import {
  type AttentionLoss,
  correctAttentionLoss,
  type LastStage,
  withDetachedAlpha,
  withDetachedStudent,
  withGradientTimesGradient,
  withNormOverAxisOfLengthOne,
} from "./wrong_variants.ts";

Deno.test("the right loss: γ changes the gradient of every layer that the maps depend on", async () => {
  const without = await gradientsOfTraining(correctAttentionLoss, 0);
  const with1 = await gradientsOfTraining(correctAttentionLoss, 1);
  for (const [name, gradient] of with1) {
    const change = length(gradient.map((g, i) => g - without.get(name)![i]));
    const moved = name !== "head.bias"; // Grad-CAM does not see the bias
    assert.equal(change > 0.01, moved, `The gradient of ${name} changed by ${change}.`);
  }
});

Deno.test("the right loss: its gradient runs through the feature maps and through α, in full", async () => {
  const { value, inFeatures, inWeights } = await ofGolden(correctAttentionLoss);
  assertClose(value, golden.attentionDistillationL1.mean);
  assertClose(inFeatures, golden.attentionDistillationL1.gradStudentFeatures);
  assertClose(inWeights, golden.attentionDistillationL1.gradStudentWeights);
});

Deno.test("mistake 1, a detached student: gradients at γ = 0 and γ = 1000 are identical to the bit", async () => {
  const without = await gradientsOfTraining(withDetachedStudent, 0);
  const with1000 = await gradientsOfTraining(withDetachedStudent, 1000);
  for (const [name, gradient] of with1000) assert.deepEqual(gradient, without.get(name));
});

Deno.test("mistake 2, a norm over an axis of length 1: the gradient fades with the strength of the maps", async () => {
  const [right, wrong] = [await ofGolden(correctAttentionLoss), await ofGolden(withNormOverAxisOfLengthOne)];
  const [rightFaint, wrongFaint] = [
    await ofGolden(correctAttentionLoss, 0.01),
    await ofGolden(withNormOverAxisOfLengthOne, 0.01),
  ];
  assertClose(rightFaint.value, right.value);
  assertClose(rightFaint.inFeatures, right.inFeatures);
  assertClose(wrongFaint.value, wrong.value / 100);
  assert.ok(length(wrongFaint.inFeatures) < 0.02 * length(wrong.inFeatures));
});

Deno.test("mistake 2, a norm over an axis of length 1: a stronger map in the same place is punished", async () => {
  const twice = ({ features, weights }: LastStage) => ({
    features,
    weights: tf.mul(weights, 2) as tf.Tensor2D,
  });
  await useEngine("wasm", { log: () => {} });
  const [right, wrong] = [correctAttentionLoss, withNormOverAxisOfLengthOne].map((loss) =>
    tf.tidy(() => {
      const teacher = goldenStage("teacher");
      return loss(teacher, twice(teacher), CLASSES_OF_GOLDEN).dataSync()[0];
    })
  );
  assert.equal(right, 0);
  assert.ok(wrong > 0.05, `Expected more than 0 but found ${wrong}.`);
});

Deno.test("mistake 3, gradient times gradient: the loss is 0 and moves nothing, where ours does", async () => {
  const [right, wrong] = [await ofGolden(correctAttentionLoss), await ofGolden(withGradientTimesGradient)];
  assert.ok(right.value > 3 && wrong.value < 1e-6, `${right.value}, ${wrong.value}`);
  assert.ok(length(right.inFeatures) > 0.1);
  assert.equal(length(wrong.inFeatures), 0);
  assert.ok(length(right.inWeights) > 0.1 && length(wrong.inWeights) < 1e-5, `${length(wrong.inWeights)}`);
});

Deno.test("mistake 3, gradient times gradient: automatic differentiation too finds a gradient constant over space", async () => {
  await useEngine("wasm", { log: () => {} });
  const gradients = tf.tidy(() => {
    const { features, weights } = goldenStage("student");
    const score = (A: tf.Tensor) => tf.sum(tf.slice(tf.matMul(tf.mean(A, [1, 2]), weights), [0, 1], [5, 1]));
    return tf.grad(score)(features).dataSync();
  });
  const atOnePlace = golden.attention.student.weights.map((row) => row[1] / 16);
  assertClose(gradients, Array.from({ length: 5 * 16 }, () => atOnePlace));
});

Deno.test("mistake 4, a detached α: γ moves the feature maps but no weight of the head", async () => {
  const [right, wrong] = [await ofGolden(correctAttentionLoss), await ofGolden(withDetachedAlpha)];
  assert.deepEqual(wrong.inFeatures, right.inFeatures);
  assert.equal(length(wrong.inWeights), 0);
  assert.ok(length(right.inWeights) > 0.1);

  const without = await gradientsOfTraining(withDetachedAlpha, 0);
  const with1000 = await gradientsOfTraining(withDetachedAlpha, 1000);
  assert.deepEqual(with1000.get("head.weights"), without.get("head.weights"));
  assert.notDeepEqual(with1000.get("stem.filter"), without.get("stem.filter"));
});

Deno.test("mistakes 1 and 4 have the value of the right loss: its curve does not give them away", async () => {
  const right = await ofGolden(correctAttentionLoss);
  for (const loss of [withDetachedStudent, withDetachedAlpha]) {
    assert.equal((await ofGolden(loss)).value, right.value);
  }
});

Deno.test("the variants leave no tensor behind", async () => {
  await useEngine("wasm", { log: () => {} });
  const [teacher, student] = [goldenStage("teacher"), goldenStage("student")];
  const before = tf.memory().numTensors;
  for (
    const loss of [
      withDetachedStudent,
      withNormOverAxisOfLengthOne,
      withGradientTimesGradient,
      withDetachedAlpha,
    ]
  ) {
    loss(teacher, student, CLASSES_OF_GOLDEN).dispose();
  }
  assert.equal(tf.memory().numTensors, before);
  tf.dispose([teacher.features, teacher.weights, student.features, student.weights]);
});

const CLASSES_OF_GOLDEN = golden.attention.topBaseClass;

function goldenStage(model: "teacher" | "student"): LastStage {
  const { features, weights } = golden.attention[model];
  return { features: tf.tensor4d(features), weights: tf.tensor2d(weights) };
}

/**
 * The loss between golden's networks, and its gradients in the student. `strength` scales the maps of both.
 */
async function ofGolden(loss: AttentionLoss, strength = 1) {
  await useEngine("wasm", { log: () => {} });
  const before = tf.memory().numTensors;
  const result = tf.tidy(() => {
    const scaled = (stage: LastStage) => ({
      ...stage,
      weights: tf.mul(stage.weights, strength) as tf.Tensor2D,
    });
    const [teacher, student] = [scaled(goldenStage("teacher")), scaled(goldenStage("student"))];
    const f = (A: tf.Tensor, W: tf.Tensor) => {
      const value = loss(
        teacher,
        { features: A as tf.Tensor4D, weights: W as tf.Tensor2D },
        CLASSES_OF_GOLDEN,
      );
      // Nothing of the student may be left on the tape; a sum times zero keeps tfjs from refusing that.
      return tf.add(value, tf.mul(0, tf.add(tf.sum(A), tf.sum(W)))) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(f)([student.features, student.weights]);
    return {
      value: value.dataSync()[0],
      inFeatures: grads[0].dataSync<"float32">(),
      inWeights: grads[1].dataSync<"float32">(),
    } as unknown as tf.TensorContainer;
  }) as unknown as { value: number; inFeatures: Float32Array; inWeights: Float32Array };
  assert.equal(tf.memory().numTensors, before);
  return result;
}

/** Gradients of L_C + γ · L_AD in all parameters of a small network, whose teacher is another. */
async function gradientsOfTraining(loss: AttentionLoss, gamma: number): Promise<Map<string, Float32Array>> {
  await useEngine("wasm", { log: () => {} });
  const before = tf.memory().numTensors;
  const shape = { depth: 8, widths: [4, 6, 8], stem: "3x3" } as const;
  const [teacher, student] = [new ResNet(shape, ["a", "b"], 1), new ResNet(shape, ["a", "b", "c"], 2)];
  const random = randomStream(0, "images");
  const pixels = Float32Array.from({ length: 4 * 8 * 8 * 3 }, () => random.normal());

  const gradients = tf.tidy(() => {
    const x = tf.tensor4d(pixels, [4, 8, 8, 3]);
    const labels = tf.tensor2d(Array(4).fill([0, 0, 1]));
    const ofTeacher = { features: teacher.forward(x).features, weights: teacher.head.weights };
    const { grads } = tf.variableGrads(() => {
      const { logits, features } = student.forward(x, true);
      const L_C = classificationLoss(logits, labels, { kind: "softmax-all", baseClasses: 2 });
      const L_AD = loss(ofTeacher, { features, weights: student.head.weights }, [0, 1, 1, 0]);
      return tf.add(L_C, tf.mul(gamma, L_AD)) as tf.Scalar;
    }, [...student.parameters.values()]);
    return [...student.parameters].map(([name, variable]) =>
      [name, Float32Array.from(grads[variable.name].dataSync())] as [string, Float32Array]
    ) as unknown as tf.TensorContainer;
  }) as unknown as [string, Float32Array][];
  for (const network of [teacher, student]) network.dispose();
  assert.equal(tf.memory().numTensors, before);
  return new Map(gradients);
}

function length(values: Float32Array): number {
  return Math.hypot(...values);
}
