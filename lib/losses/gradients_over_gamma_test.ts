import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { assertClose, testOnEachEngine } from "../engine/testdata/each_engine.ts";
import { gradientsOverGamma } from "./gradients_over_gamma.ts";
import golden from "./testdata/golden.json" with { type: "json" };
import {
  type AttentionLoss,
  correctAttentionLoss,
  withDetachedAlpha,
  withDetachedStudent,
} from "./wrong_variants.ts";

async function ofGolden(loss: AttentionLoss, gammas: number[]) {
  const [teacher, student] = (["teacher", "student"] as const).map((model) => {
    const { features, weights } = golden.attention[model];
    return { features: tf.tensor4d(features), weights: tf.tensor2d(weights) };
  });
  const gradients = await gradientsOverGamma(loss, teacher, student, golden.attention.topBaseClass, gammas);
  for (const { features, weights } of [teacher, student]) tf.dispose([features, weights]);
  return gradients;
}

const lengthOf = (nested: unknown[]) => Math.hypot(...nested.flat(3) as number[]);

testOnEachEngine("gradientsOverGamma() of the right loss has golden lengths, and grows with γ", async () => {
  const { featureGradient, weightGradient } = await ofGolden(correctAttentionLoss, [0, 0.5, 1]);
  const { gradStudentFeatures, gradStudentWeights } = golden.attentionDistillationL1;
  const [inFeatures, inWeights] = [lengthOf(gradStudentFeatures), lengthOf(gradStudentWeights)];
  assertClose(featureGradient, [0, inFeatures / 2, inFeatures]);
  assertClose(weightGradient, [0, inWeights / 2, inWeights]);
});

testOnEachEngine(
  "gradientsOverGamma() finds 0 where nothing of the student is left to differentiate",
  async () => {
    assert.deepEqual(await ofGolden(withDetachedStudent, [1]), { featureGradient: [0], weightGradient: [0] });
  },
);

testOnEachEngine("gradientsOverGamma() tells features from weights", async () => {
  const { featureGradient, weightGradient } = await ofGolden(withDetachedAlpha, [1]);
  assert.ok(featureGradient[0] > 0.1);
  assert.equal(weightGradient[0], 0);
});
