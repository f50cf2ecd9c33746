/**
 * The optimizer's step as one pass over each parameter.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Parameter, SgdStep } from "../optimizer.ts";
import { doublesAt, heapOffset, heapView, newTensor, withRoom } from "./heap.ts";
import type { Computing } from "./kernels.ts";

function squaredNorm(parameters: Parameter[]): number {
  let sum = 0;
  for (const { gradient } of parameters) {
    const values = heapView(gradient);
    for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  }
  return sum;
}

/** See `sgdStep`. */
export function heapSgdStep(now: () => Computing): SgdStep {
  return (parameters, { learningRate, momentum, weightDecay, maxNorm }) => {
    const scale = maxNorm === Infinity
      ? 1
      : Math.min(1, maxNorm / (Math.sqrt(squaredNorm(parameters)) + 1e-6));
    const { functions } = now().carrier;
    withRoom([8], (scalars) => {
      doublesAt(scalars, 4).set([momentum, scale, weightDecay, -learningRate]);
      for (const { weight, velocity, gradient } of parameters) {
        // New tensors: XNNPACK keeps packed weights by tensor, and would not notice new values in an old one.
        const next = [newTensor(weight.shape), newTensor(weight.shape)];
        const offsets = [weight, velocity, gradient, ...next].map(heapOffset);
        functions.sgdStep(scalars, ...offsets, weight.size);
        assign(weight, next[0]);
        assign(velocity, next[1]);
      }
    });
  };
}

function assign(variable: tf.Variable, value: tf.TensorInfo) {
  const tensor = tf.engine().makeTensorFromTensorInfo(value);
  variable.assign(tensor);
  tensor.dispose();
}
