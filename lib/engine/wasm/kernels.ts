/**
 * The kernels of tfjs's WebAssembly backend that are replaced or added, on tensors of its heap.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  type Conv2DAttributes,
  type ConvolutionShape,
  convolutionShape,
  filterGradientByConvolution,
  inputGradientByConvolution,
} from "../convolution.ts";
import {
  BATCH_NORMALIZATION,
  BATCH_NORMALIZATION_GRADIENT,
  BATCH_NORMALIZATION_INFERENCE,
  type BatchNormalizationAttributes,
  composedNormalization,
} from "../normalization.ts";
import { ADD_RELU, composedResidual, RELU_GRADIENT } from "../residual.ts";
import { canAssemble } from "./assembler.ts";
import { type HeapConvolution, WasmConvolution } from "./convolution.ts";
import { heapMemory, heapOffset, heapView, newTensor, share } from "./heap.ts";
import { WasmNormalization } from "./normalization.ts";
import { assembleResidual, residualSupports } from "./residual.ts";
import { WinogradConvolution } from "./winograd.ts";

type Inputs = Record<string, tf.TensorInfo>;
type Kernels = Record<string, tf.KernelFunc>;

/** Hands each dy to the first input of its window that is the maximum; the stock kernel looks at every window for every input. */
function maxPoolGradient(
  { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, ...pool }: tf.backend_util.Conv2DInfo,
  x: Float32Array,
  y: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
): void {
  dx.fill(0);
  const given = new Int32Array(inChannels).fill(-1); // the last output whose dy a channel has handed on
  for (let n = 0; n < batchSize * outHeight * outWidth; n++) {
    const [image, q] = [Math.floor(n / (outHeight * outWidth)), n % outWidth];
    const top = Math.floor(n / outWidth) % outHeight * pool.strideHeight - pool.padInfo.top;
    const left = q * pool.strideWidth - pool.padInfo.left;
    const [bottom, right] = [
      Math.min(inHeight, top + pool.filterHeight),
      Math.min(inWidth, left + pool.filterWidth),
    ];
    for (let row = Math.max(0, top); row < bottom; row++) {
      for (let column = Math.max(0, left); column < right; column++) {
        const from = ((image * inHeight + row) * inWidth + column) * inChannels;
        for (let c = 0, to = n * inChannels; c < inChannels; c++, to++) {
          if (x[from + c] !== y[to] || given[c] === n) continue;
          dx[from + c] += dy[to];
          given[c] = n;
        }
      }
    }
  }
}

/** Kernels of stock operations, for sizes and machines that those below do not support. */
const composed: Kernels = {
  ...composedNormalization,
  ...composedResidual,
  Conv2DBackpropFilter: ({ inputs, attrs }) => {
    const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
    const attributes = attrs as unknown as Conv2DAttributes;
    const shape = convolutionShape(x.shape, attributes.filterShape, attributes);
    return tf.tidy(() => filterGradientByConvolution(x, dy, shape));
  },
  Conv2DBackpropInput: ({ inputs, attrs }) => {
    const { dy, filter } = inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D };
    const attributes = attrs as unknown as Conv2DAttributes;
    const shape = convolutionShape(attributes.inputShape, filter.shape, attributes);
    return tf.tidy(() => inputGradientByConvolution(dy, filter, shape));
  },
  MaxPoolGrad: ({ inputs, attrs }) => {
    const { dy, input, output } = inputs as { dy: tf.TensorInfo; input: tf.Tensor4D; output: tf.TensorInfo };
    expectFloats(dy, input, output);
    const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as tf.MaxPoolGradAttrs;
    const pool = tf.backend_util.computePool2DInfo(input.shape, filterSize, strides, 1, pad, dimRoundingMode);
    const dx = newTensor(input.shape);
    const [x, y, given, result] = [input, output, dy, dx].map(heapView);
    maxPoolGradient(pool, x, y, given, result);
    return dx;
  },
  Identity: ({ inputs }) => share(inputs.x!), // the stock kernel copies
};

function expectFloats(...tensors: tf.TensorInfo[]): void {
  for (const { dtype, shape } of tensors) {
    if (dtype !== "float32") throw new Error(`Expected float32 but found ${dtype} [${shape}]`);
  }
}

function expectShape(name: string, { shape }: tf.TensorInfo, expected: number[]): void {
  if (!tf.util.arraysEqual(shape, expected)) {
    throw new Error(`Expected ${name} to be [${expected}] but found [${shape}]`);
  }
}

/** Kernels assembled for the sizes that they meet, where these come in vectors of four. */
function assembled(memory: WebAssembly.Memory, stockConv2D: tf.KernelFunc): Kernels {
  const convolutions = new Map<string, HeapConvolution>();
  const convolution = (shape: ConvolutionShape) => {
    const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = shape;
    const key = [
      shape.inShape,
      shape.outShape,
      filterHeight,
      filterWidth,
      strideHeight,
      strideWidth,
      padInfo.top,
      padInfo.left,
    ]
      .join();
    let found = convolutions.get(key);
    if (!found) {
      const Made = WinogradConvolution.supports(shape) ? WinogradConvolution : WasmConvolution;
      convolutions.set(key, found = new Made(memory, shape));
    }
    return found;
  };
  const normalizations = new Map<string, WasmNormalization>();
  const normalization = (channels: number, relu: boolean) => {
    const key = `${channels} ${relu}`;
    let found = normalizations.get(key);
    if (!found) normalizations.set(key, found = new WasmNormalization(memory, channels, relu));
    return found;
  };
  const offsets = <Name extends string>(tensors: Record<Name, tf.TensorInfo>) =>
    Object.fromEntries(
      Object.entries<tf.TensorInfo>(tensors).map(([name, tensor]) => [name, heapOffset(tensor)]),
    ) as Record<Name, number>;
  const { addRelu, reluGradient } = assembleResidual(memory);

  return {
    Conv2D: (call) => {
      const { x, filter } = call.inputs as Inputs;
      const attributes = call.attrs as unknown as Conv2DAttributes;
      if (attributes.dataFormat !== "NHWC") return stockConv2D(call);
      const shape = convolutionShape(x.shape, filter.shape, attributes);
      if (!WasmConvolution.supports(shape, "forward")) return stockConv2D(call);
      expectFloats(x, filter);
      const y = newTensor(shape.outShape);
      convolution(shape).forward(heapOffset(x), heapOffset(filter), heapOffset(y));
      return y;
    },
    Conv2DBackpropInput: (call) => {
      const { dy, filter } = call.inputs as Inputs;
      const attributes = call.attrs as unknown as Conv2DAttributes;
      const shape = convolutionShape(attributes.inputShape, filter.shape, attributes);
      expectShape("dy", dy, shape.outShape);
      if (!WasmConvolution.supports(shape, "inputGradient")) return composed.Conv2DBackpropInput(call);
      expectFloats(dy, filter);
      const dx = newTensor(shape.inShape);
      convolution(shape).inputGradient(heapOffset(dy), heapOffset(filter), heapOffset(dx));
      return dx;
    },
    Conv2DBackpropFilter: (call) => {
      const { x, dy } = call.inputs as Inputs;
      const attributes = call.attrs as unknown as Conv2DAttributes;
      const shape = convolutionShape(x.shape, attributes.filterShape, attributes);
      expectShape("dy", dy, shape.outShape);
      if (!WasmConvolution.supports(shape, "filterGradient")) return composed.Conv2DBackpropFilter(call);
      expectFloats(x, dy);
      const dfilter = newTensor([shape.filterHeight, shape.filterWidth, shape.inChannels, shape.outChannels]);
      convolution(shape).filterGradient(heapOffset(x), heapOffset(dy), heapOffset(dfilter));
      return dfilter;
    },
    [BATCH_NORMALIZATION]: (call) => {
      const { x, gamma, beta } = call.inputs as Inputs;
      const { relu, epsilon } = call.attrs as unknown as BatchNormalizationAttributes;
      const channels = x.shape[3];
      if (!WasmNormalization.supports(channels)) return composed[BATCH_NORMALIZATION](call);
      const rows = tf.util.sizeFromShape(x.shape) / channels;
      const [y, mean, variance] = [x.shape, [channels], [channels]].map((shape) => newTensor(shape));
      const at = offsets({ x, gamma, beta, y, mean, variance });
      normalization(channels, relu).statistics(rows, at.x, at.mean, at.variance);
      normalization(channels, relu).apply(rows, at, epsilon);
      return [y, mean, variance, newTensor([0])];
    },
    [BATCH_NORMALIZATION_GRADIENT]: (call) => {
      const { x, y, dy, gamma, mean, variance } = call.inputs as Inputs;
      const { relu, epsilon } = call.attrs as unknown as BatchNormalizationAttributes;
      const channels = x.shape[3];
      if (!WasmNormalization.supports(channels)) return composed[BATCH_NORMALIZATION_GRADIENT](call);
      expectFloats(dy);
      expectShape("dy", dy, x.shape);
      const rows = tf.util.sizeFromShape(x.shape) / channels;
      const [dx, dgamma, dbeta] = [x.shape, [channels], [channels]].map((shape) => newTensor(shape));
      normalization(channels, relu)
        .gradient(rows, offsets({ x, y, dy, gamma, mean, variance, dx, dgamma, dbeta }), epsilon);
      return [dx, dgamma, dbeta];
    },
    [BATCH_NORMALIZATION_INFERENCE]: (call) => {
      const { x, gamma, beta, mean, variance } = call.inputs as Inputs;
      const { relu, epsilon } = call.attrs as unknown as BatchNormalizationAttributes;
      const channels = x.shape[3];
      if (!WasmNormalization.supports(channels)) return composed[BATCH_NORMALIZATION_INFERENCE](call);
      const y = newTensor(x.shape);
      const rows = tf.util.sizeFromShape(x.shape) / channels;
      normalization(channels, relu).apply(rows, offsets({ x, gamma, beta, mean, variance, y }), epsilon);
      return y;
    },
    [ADD_RELU]: (call) => {
      const { a, b } = call.inputs as Inputs;
      const size = tf.util.sizeFromShape(a.shape);
      expectShape("b", b, a.shape);
      if (!residualSupports(size)) return composed[ADD_RELU](call);
      expectFloats(a, b);
      const y = newTensor(a.shape);
      addRelu(size, heapOffset(a), heapOffset(b), heapOffset(y));
      return y;
    },
    [RELU_GRADIENT]: (call) => {
      const { dy, y } = call.inputs as Inputs;
      const size = tf.util.sizeFromShape(y.shape);
      expectShape("dy", dy, y.shape);
      if (!residualSupports(size)) return composed[RELU_GRADIENT](call);
      expectFloats(dy, y);
      const dz = newTensor(y.shape);
      reluGradient(size, heapOffset(dy), heapOffset(y), heapOffset(dz));
      return dz;
    },
  };
}

let made: Kernels | undefined;

/** All of them. To be called when tfjs's backend is ready, and before its own kernels are replaced. */
export function wasmKernels(): Kernels {
  if (made === undefined) {
    const memory = heapMemory();
    const stockConv2D = tf.getKernel("Conv2D", "wasm").kernelFunc;
    made = canAssemble(memory) ? { ...composed, ...assembled(memory, stockConv2D) } : composed;
  }
  return made;
}
