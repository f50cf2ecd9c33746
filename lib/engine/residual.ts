/**
 * The end of a residual block, max(0, a + b), as one operation instead of two forward and three backward.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { registerComposed } from "./engine.ts";

/** The kernel `{a, b} -> max(0, a + b)`. */
export const ADD_RELU = "AddRelu";
/** The kernel `{dy, y} -> dy where y > 0, else 0`. */
export const RELU_GRADIENT = "ReluGradient";

registerComposed({
  [ADD_RELU]: ({ a, b }) => tf.relu(tf.add(a, b)),
  [RELU_GRADIENT]: ({ dy, y }) => tf.mul(dy, tf.step(y)),
});

tf.registerGradient({
  kernelName: ADD_RELU,
  outputsToSave: [true],
  gradFunc: (dy, [y]) => {
    // At once, since both closures need it, and each is called in a tidy() of its own.
    const dz = tf.engine().runKernel(RELU_GRADIENT, { dy: dy as tf.Tensor, y }) as tf.Tensor;
    // Two tensors, since tfjs disposes a gradient when it adds another to it.
    return { a: () => dz, b: () => tf.clone(dz) };
  },
});

/** max(0, a + b) of two tensors of one shape, differentiable in both. */
export function addRelu(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D {
  tf.util.assertShapesMatch(a.shape, b.shape, "addRelu: ");
  return tf.engine().runKernel(ADD_RELU, { a, b }) as tf.Tensor4D;
}
