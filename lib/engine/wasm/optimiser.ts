/**
 * The optimiser's step as one pass over the WebAssembly heap.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Parameter, SgdOptions } from "../optimiser.ts";
import { heapView, newTensor } from "./heap.ts";

/** See `sgdStep`. */
export function heapSgdStep(
  parameters: Parameter[],
  { learningRate, momentum, weightDecay, maxNorm }: SgdOptions,
): void {
  let scale = 1;
  if (maxNorm !== Infinity) {
    let squares = 0;
    for (const { gradient } of parameters) {
      for (const g of heapView(gradient)) squares += g * g;
    }
    scale = Math.min(1, maxNorm / (Math.sqrt(squares) + 1e-6));
  }
  for (const { weight, velocity, gradient } of parameters) {
    // New tensors: XNNPACK keeps packed weights by tensor, and would not notice new values in an old one.
    const newWeight = newTensor(weight.shape), newVelocity = newTensor(weight.shape);
    const [w, v, g, wNext, vNext] = [weight, velocity, gradient, newWeight, newVelocity].map(heapView);
    for (let i = 0; i < w.length; i++) {
      const next = momentum * v[i] + scale * g[i] + weightDecay * w[i];
      vNext[i] = next;
      wNext[i] = w[i] - learningRate * next;
    }
    assign(weight, newWeight);
    assign(velocity, newVelocity);
  }
}

function assign(variable: tf.Variable, value: tf.TensorInfo) {
  const tensor = tf.engine().makeTensorFromTensorInfo(value);
  variable.assign(tensor);
  tensor.dispose();
}
