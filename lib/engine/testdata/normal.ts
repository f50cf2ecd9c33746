import * as tf from "@tensorflow/tfjs";
import { randomStream } from "../../random.ts";

/** Standard normal values that depend on nothing but the arguments. */
export function normal<T extends tf.Tensor = tf.Tensor4D>(shape: readonly number[], seed: number): T {
  const random = randomStream("engine test", seed);
  const length = tf.util.sizeFromShape([...shape]);
  return tf.tensor(Float32Array.from({ length }, () => random.normal()), [...shape]) as T;
}

/** A variable with the values of a tensor, which is disposed. */
export function variableOf(tensor: tf.Tensor): tf.Variable {
  const variable = tf.variable(tensor);
  tensor.dispose();
  return variable;
}
