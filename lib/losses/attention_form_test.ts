/** The four mistakes that keep an attention loss from working, and what each does to the gradient. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { allClassMaps } from "../attention/mod.ts";
import { assertClose, testOnEachEngine, valuesOf } from "../engine/testdata/each_engine.ts";
import { useEngine } from "../engine/mod.ts";
import { ResNet } from "../model/mod.ts";
import { randomStream } from "../random.ts";
import { classificationLoss } from "./classification.ts";
import type { MapNorm } from "./attention_distillation.ts";
import { mapLoss, maps } from "./testdata/float64.ts";
import golden from "./testdata/golden.json" with { type: "json" };
import {
  ATTENTION_FORMS,
  type AttentionForm,
  attentionLoss,
  gradientsOverGamma,
  type LastStage,
} from "./attention_form.ts";

Deno.test("the right loss: γ changes the gradient of every layer that the maps depend on", async () => {
  const without = await gradientsOfTraining("normalized", 0);
  const with1 = await gradientsOfTraining("normalized", 1);
  for (const [name, gradient] of with1) {
    const change = length(gradient.map((g, i) => g - without.get(name)![i]));
    const moved = name !== "head.bias"; // Grad-CAM does not see the bias
    assert.equal(change > 0.01, moved, `The gradient of ${name} changed by ${change}.`);
  }
});

Deno.test("the right loss: its gradient runs through the feature maps and through α, in full", async () => {
  const { value, inFeatures, inWeights } = await ofGolden("normalized");
  assertClose(value, golden.attentionDistillationL1.mean);
  assertClose(inFeatures, golden.attentionDistillationL1.gradStudentFeatures);
  assertClose(inWeights, golden.attentionDistillationL1.gradStudentWeights);
});

Deno.test("mistake 1, a detached student: gradients at γ = 0 and γ = 1000 are identical to the bit", async () => {
  const without = await gradientsOfTraining("detached-student", 0);
  const with1000 = await gradientsOfTraining("detached-student", 1000);
  for (const [name, gradient] of with1000) assert.deepEqual(gradient, without.get(name));
});

Deno.test("mistake 2, maps that are not normalized: the gradient fades with the strength of the maps", async () => {
  const [right, wrong] = [await ofGolden("normalized"), await ofGolden("unnormalized")];
  const [rightFaint, wrongFaint] = [
    await ofGolden("normalized", 0.01),
    await ofGolden("unnormalized", 0.01),
  ];
  assertClose(rightFaint.value, right.value);
  assertClose(rightFaint.inFeatures, right.inFeatures);
  assertClose(wrongFaint.value, wrong.value / 100);
  assert.ok(length(wrongFaint.inFeatures) < 0.02 * length(wrong.inFeatures));
});

Deno.test("mistake 3, gradient times gradient: the loss is 0 and moves nothing, where ours does", async () => {
  const [right, wrong] = [await ofGolden("normalized"), await ofGolden("gradient-times-gradient")];
  assert.ok(right.value > 3 && wrong.value < 1e-6, `${right.value}, ${wrong.value}`);
  assert.ok(length(right.inFeatures) > 0.1);
  assert.equal(length(wrong.inFeatures), 0);
  assert.ok(length(right.inWeights) > 0.1 && length(wrong.inWeights) < 1e-5, `${length(wrong.inWeights)}`);
});

Deno.test("mistake 4, a detached α: γ moves the feature maps but no weight of the head", async () => {
  const [right, wrong] = [await ofGolden("normalized"), await ofGolden("detached-alpha")];
  assert.deepEqual(wrong.inFeatures, right.inFeatures);
  assert.equal(length(wrong.inWeights), 0);
  assert.ok(length(right.inWeights) > 0.1);

  const without = await gradientsOfTraining("detached-alpha", 0);
  const with1000 = await gradientsOfTraining("detached-alpha", 1000);
  assert.deepEqual(with1000.get("head.weights"), without.get("head.weights"));
  assert.notDeepEqual(with1000.get("stem.filter"), without.get("stem.filter"));
});

Deno.test("mistakes 1 and 4 have the value of the right loss: its curve does not give them away", async () => {
  const right = await ofGolden("normalized");
  for (const form of ["detached-student", "detached-alpha"] as const) {
    assert.equal((await ofGolden(form)).value, right.value);
  }
});

testOnEachEngine("attentionLoss() has the values of plain numbers, for one class and for all", async () => {
  const { teacher, student, topBaseClass } = golden.attention;
  const ofTeacher = (classes: number[], pixels = flatPixels(teacher.features)) =>
    maps(pixels, teacher.weights, classes);
  const [first, ...rest] = flatPixels(teacher.features);
  const ofStudent = (classes: number[]) => maps(flatPixels(student.features), student.weights, classes);
  const base = teacher.weights[0].length;
  for (const norm of ["L1", "L2"] as const) {
    for (const form of ATTENTION_FORMS) {
      const distance = form === "unnormalized" ? unnormalizedLoss : mapLoss;
      // Elsewhere takes the maps of the next image, for the same class.
      const pixels = form === "elsewhere" ? [...rest, first] : undefined;
      const plain = (classes: number[]) => distance(ofTeacher(classes, pixels), ofStudent(classes), norm);
      const ofAll = Array.from({ length: base }, (_, c) => plain(topBaseClass.map(() => c)))
        .reduce((sum, value) => sum + value, 0) / base;
      for (const [classes, expected] of [[topBaseClass, plain(topBaseClass)], ["all", ofAll]] as const) {
        const value = tf.tidy(() => {
          const [M_t1, M_t] = [goldenStage("teacher"), goldenStage("student")];
          return between(M_t1, M_t, classes, form, norm);
        });
        const [[found]] = await valuesOf(value);
        if (form === "gradient-times-gradient") assert.ok(found < 1e-5, `${found}`);
        else assertClose(found, expected);
      }
    }
  }
});

testOnEachEngine("gradientsOverGamma() of the right loss has golden lengths, and grows with γ", async () => {
  const { featureGradient, weightGradient } = await overGamma("normalized", [0, 0.5, 1]);
  const lengthOf = (nested: unknown[]) => Math.hypot(...nested.flat(3) as number[]);
  const { gradStudentFeatures, gradStudentWeights } = golden.attentionDistillationL1;
  const [inFeatures, inWeights] = [lengthOf(gradStudentFeatures), lengthOf(gradStudentWeights)];
  assertClose(featureGradient, [0, inFeatures / 2, inFeatures]);
  assertClose(weightGradient, [0, inWeights / 2, inWeights]);
});

const CLASSES_OF_GOLDEN = golden.attention.topBaseClass;

/** L_AD between two last stages, over the classes that the teacher knows. */
function between(
  teacher: LastStage,
  student: LastStage,
  classes: number[] | "all",
  form: AttentionForm,
  norm: MapNorm = "L1",
): tf.Scalar {
  return attentionLoss(allClassMaps(teacher.features, teacher.weights), student, classes, { form, norm });
}

/** The distance of maps that are not normalized. */
const unnormalizedLoss: typeof mapLoss = (teacher, student, norm) => {
  const distances = student.map((row, i) => {
    const d = row.map((value, j) => value - teacher[i][j]);
    return norm === "L1" ? d.reduce((sum, value) => sum + Math.abs(value), 0) : Math.hypot(...d);
  });
  return distances.reduce((sum, value) => sum + value, 0) / distances.length;
};

const flatPixels = (features: number[][][][]) => features.map((image) => image.flat());

async function overGamma(form: AttentionForm, gammas: number[]) {
  const [teacher, student] = [goldenStage("teacher"), goldenStage("student")];
  const loss = (stage: LastStage) => tf.tidy(() => between(teacher, stage, CLASSES_OF_GOLDEN, form));
  const gradients = await gradientsOverGamma(loss, student, gammas);
  for (const { features, weights } of [teacher, student]) tf.dispose([features, weights]);
  return gradients;
}

function goldenStage(model: "teacher" | "student"): LastStage {
  const { features, weights } = golden.attention[model];
  return { features: tf.tensor4d(features), weights: tf.tensor2d(weights) };
}

/**
 * The loss between golden's networks, and its gradients in the student. `strength` scales the maps of both.
 */
async function ofGolden(form: AttentionForm, strength = 1) {
  await useEngine("wasm", { log: () => {} });
  const before = tf.memory().numTensors;
  const result = tf.tidy(() => {
    const scaled = (stage: LastStage) => ({
      ...stage,
      weights: tf.mul(stage.weights, strength) as tf.Tensor2D,
    });
    const [teacher, student] = [scaled(goldenStage("teacher")), scaled(goldenStage("student"))];
    const f = (A: tf.Tensor, W: tf.Tensor) => {
      const stage = { features: A as tf.Tensor4D, weights: W as tf.Tensor2D };
      const value = between(teacher, stage, CLASSES_OF_GOLDEN, form);
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
async function gradientsOfTraining(form: AttentionForm, gamma: number): Promise<Map<string, Float32Array>> {
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
      const L_AD = between(ofTeacher, { features, weights: student.head.weights }, [0, 1, 1, 0], form);
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
