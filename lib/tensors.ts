/**
 * tfjs's types of tensors, for public signatures: `deno doc --lint` takes the types of a package for private
 * ones.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** @internal */
export type Tensor = tf.Tensor;
/** @internal */
export type Scalar = tf.Scalar;
/** @internal */
export type Tensor1D = tf.Tensor1D;
/** @internal */
export type Tensor2D = tf.Tensor2D;
/** @internal */
export type Tensor3D = tf.Tensor3D;
/** @internal */
export type Tensor4D = tf.Tensor4D;
/** @internal */
export type Variable = tf.Variable;
/** @internal */
export type NamedTensorMap = tf.NamedTensorMap;
