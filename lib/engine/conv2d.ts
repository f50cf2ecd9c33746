/**
 * Two-dimensional convolution with explicit padding.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * Convolves with the same zero padding on all four sides, as PyTorch does. (TensorFlow's "same" pads a stride
 * of two on one side only.) Differentiable in x and in the filter.
 * @param x `[B, H, W, I]`
 * @param filter `[h, w, I, O]`
 * @param stride rows and columns from one output to the next
 * @param padding zeros before the first and after the last row and column
 * @returns `[B, ⌊(H + 2·padding − h)/stride⌋ + 1, ⌊(W + 2·padding − w)/stride⌋ + 1, O]`
 * @throws {Error} if the sizes do not fit
 */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number): tf.Tensor4D {
  convolutionShape(x.shape, filter.shape, {
    strides: stride,
    pad: padding,
    dataFormat: "NHWC",
    dimRoundingMode: "floor",
  });
  return tf.conv2d(x, filter, stride, padding, "NHWC", 1, "floor");
}

/** Sizes of a convolution, as tfjs derives them from a kernel's attributes. */
export type ConvolutionShape = tf.backend_util.Conv2DInfo;

type Shape4D = [number, number, number, number];

/** Attributes of tfjs's kernels `Conv2D`, `Conv2DBackpropInput` and `Conv2DBackpropFilter`. */
export type Conv2DAttributes =
  & Pick<tf.Conv2DAttrs, "strides" | "pad" | "dataFormat">
  & Partial<tf.Conv2DAttrs & tf.Conv2DBackpropInputAttrs & tf.Conv2DBackpropFilterAttrs>;

/**
 * All sizes of a convolution.
 * @throws {Error} unless the sizes make a convolution of activations in NHWC
 */
export function convolutionShape(
  input: number[] = [],
  filter: number[] = [],
  { strides, pad, dataFormat, dilations = 1, dimRoundingMode }: Conv2DAttributes,
): ConvolutionShape {
  const isShape = (shape: number[]) =>
    shape.length === 4 && shape.every((size) => Number.isInteger(size) && size > 0);
  if (!isShape(input) || !isShape(filter) || input[3] !== filter[2] || (dataFormat ?? "NHWC") !== "NHWC") {
    throw new Error(
      `Expected an input [B, H, W, I] and a filter [h, w, I, O] but found [${input}] and [${filter}] (${dataFormat})`,
    );
  }
  if (typeof pad === "number" && pad >= Math.min(filter[0], filter[1])) {
    throw new Error(`Expected padding smaller than the filter but found ${pad} and the filter [${filter}]`);
  }
  const shape = tf.backend_util.computeConv2DInfo(
    input as Shape4D,
    filter as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
  if (!isShape(shape.outShape)) {
    throw new Error(
      `Expected a filter no larger than the padded input but found [${filter}] on [${input}], padding ${pad}`,
    );
  }
  return shape;
}
