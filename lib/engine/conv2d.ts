/**
 * Two-dimensional convolution with explicit padding, and its gradients composed of forward convolutions for
 * engines whose only fast kernel is the forward one.
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
export interface Conv2DAttributes {
  /** rows and columns from one output to the next */
  strides: [number, number] | number;
  /** zeros around the input: a number of rows and columns, or a rule */
  pad: "same" | "valid" | number;
  dataFormat: "NHWC" | "NCHW";
  /** rows and columns of the input from one tap of the filter to the next; 1 by default */
  dilations?: [number, number] | number;
  /** what becomes of a rest that no window fills */
  dimRoundingMode?: "floor" | "round" | "ceil";
  /** only of Conv2DBackpropInput */
  inputShape?: Shape4D;
  /** only of Conv2DBackpropFilter */
  filterShape?: Shape4D;
}

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

type Sides = Record<"top" | "bottom" | "left" | "right", number>;

/** Puts zeros before and after rows and columns; a negative number takes away instead. */
function bordered(x: tf.Tensor4D, { top, bottom, left, right }: Sides): tf.Tensor4D {
  const [, height, width] = x.shape;
  if (bottom < 0 || right < 0) {
    x = tf.slice(x, [0, 0, 0, 0], [-1, height + Math.min(0, bottom), width + Math.min(0, right), -1]);
  }
  if (top <= 0 && bottom <= 0 && left <= 0 && right <= 0) return x;
  return tf.pad(x, [[0, 0], [top, Math.max(0, bottom)], [left, Math.max(0, right)], [0, 0]]);
}

/**
 * The filter's gradient `[h, w, I, O]` as a convolution of x `[B, H, W, I]` with dy `[B, P, Q, O]` in which
 * batch and channels have changed places and the stride has become a dilation: dW[i, j, c, o] = Σ_b Σ_p Σ_q
 * x[b, s·p + i, s·q + j, c] · dy[b, p, q, o].
 */
export function filterGradientByConvolution(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  shape: ConvolutionShape,
): tf.Tensor4D {
  const { padInfo, strideHeight, strideWidth } = shape;
  // The part of the input that some output sees.
  const height = (shape.outHeight - 1) * strideHeight + shape.filterHeight;
  const width = (shape.outWidth - 1) * strideWidth + shape.filterWidth;
  const padded = bordered(x, {
    top: padInfo.top,
    bottom: height - shape.inHeight - padInfo.top,
    left: padInfo.left,
    right: width - shape.inWidth - padInfo.left,
  });
  const images = tf.transpose(padded, [3, 1, 2, 0]); // [I, H, W, B]
  const filters = tf.transpose(dy, [1, 2, 0, 3]); // [P, Q, B, O]
  // [I, h, w, O]
  const gradient = tf.conv2d(images, filters, 1, "valid", "NHWC", [strideHeight, strideWidth]);
  return tf.transpose(gradient, [1, 2, 0, 3]);
}

/**
 * The input's gradient `[B, H, W, I]` as a convolution of dy `[B, P, Q, O]` with the flipped filter
 * `[h, w, I, O]`, zeros between the entries of dy where the stride is larger than one.
 */
export function inputGradientByConvolution(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  shape: ConvolutionShape,
): tf.Tensor4D {
  const { batchSize, outHeight, outWidth, outChannels, strideHeight, strideWidth } = shape;
  const { filterHeight, filterWidth } = shape;
  const flipped = filterHeight * filterWidth > 1 ? tf.reverse(filter, [0, 1]) : filter;
  const transposed: tf.Tensor4D = tf.transpose(flipped, [0, 1, 3, 2]); // [h, w, O, I]
  /** Puts zeros after each of some parts, which makes it as many times as long as the stride. */
  const stretched = (x: tf.Tensor, parts: number, stride: number) => {
    const length = x.size / parts;
    return stride === 1 ? x : tf.pad(tf.reshape(x, [parts, length]), [[0, 0], [0, (stride - 1) * length]]);
  };
  const columns = stretched(dy, batchSize * outHeight * outWidth, strideWidth);
  const spread: tf.Tensor4D = tf.reshape(stretched(columns, batchSize * outHeight, strideHeight), [
    batchSize,
    outHeight * strideHeight,
    outWidth * strideWidth,
    outChannels,
  ]);
  const top = filterHeight - 1 - shape.padInfo.top;
  const left = filterWidth - 1 - shape.padInfo.left;
  const padded = bordered(spread, {
    top,
    bottom: shape.inHeight + filterHeight - 1 - spread.shape[1] - top,
    left,
    right: shape.inWidth + filterWidth - 1 - spread.shape[2] - left,
  });
  return tf.conv2d(padded, transposed, 1, "valid");
}
