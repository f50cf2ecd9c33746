/**
 * The kernels of tfjs's WebAssembly backend that are replaced or added: they find where tensors lie, and let
 * `kernels.c` compute.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Conv2DAttributes, type ConvolutionShape, convolutionShape } from "../conv2d.ts";
import {
  BATCH_NORMALIZATION,
  BATCH_NORMALIZATION_GRADIENT,
  BATCH_NORMALIZATION_INFERENCE,
  type BatchNormalizationAttributes,
} from "../normalization.ts";
import { ADD_RELU, RELU_GRADIENT } from "../residual.ts";
import type { Carrier } from "./functions.ts";
import { allocate, doublesAt, floatsAt, heap, heapOffset, newTensor, share, withRoom } from "./heap.ts";

type Inputs = Record<string, tf.TensorInfo>;
type Kernels = Record<string, tf.KernelFunc>;

/** What computes at the moment. */
export interface Computing {
  readonly carrier: Carrier;
  /** how many threads share the work of a kernel */
  readonly threads: number;
}

/**
 * Where a tensor lies. Kernels believe what they are told about sizes, so every tensor is looked at first.
 */
function at(tensor: tf.TensorInfo, shape: number[]): number {
  if (tensor.dtype !== "float32" || !tf.util.arraysEqual(tensor.shape, shape)) {
    throw new Error(`Expected float32 [${shape}] but found ${tensor.dtype} [${tensor.shape}]`);
  }
  return heapOffset(tensor);
}

/** A function that makes a thing once for each set of arguments, and keeps it. */
function memoize<Key extends unknown[], T>(make: (...key: Key) => T): (...key: Key) => T {
  const made = new Map<string, T>();
  return (...key) => {
    const name = JSON.stringify(key);
    let found = made.get(name);
    if (found === undefined) made.set(name, found = make(...key));
    return found;
  };
}

/** Puts the sizes of a convolution or a pooling on the heap, as `struct shape` of `kernels.c`, for good. */
function shapeOnHeap(shape: tf.backend_util.Conv2DInfo): number {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = shape;
  const { filterHeight, filterWidth, strideHeight, strideWidth } = shape;
  const sizes = [batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels];
  sizes.push(filterHeight, filterWidth, strideHeight, strideWidth, padInfo.top, padInfo.left);
  const offset = allocate(4 * sizes.length);
  new Int32Array(heap().buffer, offset, sizes.length).set(sizes);
  return offset;
}

/** By the arguments, which are fewer than the sizes that follow from them. */
const convolutionOf = memoize((...sizes: Parameters<typeof convolutionShape>) => {
  const shape = convolutionShape(...sizes);
  // `kernels.c` has no dilation, and room for sixteen phases of a stride.
  const isSupported = shape.dilationHeight * shape.dilationWidth === 1 &&
    Math.max(shape.strideHeight, shape.strideWidth) <= 16;
  return {
    shape,
    isSupported,
    offset: isSupported ? shapeOnHeap(shape) : 0,
    room: new Map<string, number>(),
  };
});

const poolOf = memoize((...sizes: Parameters<typeof tf.backend_util.computePool2DInfo>) => {
  const shape = tf.backend_util.computePool2DInfo(...sizes);
  return { shape, offset: shapeOnHeap(shape) };
});

/**
 * All kernels. To be called when tfjs's backend is ready, and before its own kernels are replaced.
 * @param now what computes when a kernel is called
 */
export function wasmKernels(now: () => Computing): Kernels {
  const stock = (name: string) => tf.getKernel(name, "wasm")?.kernelFunc;
  const others = {
    Conv2D: stock("Conv2D"),
    Conv2DBackpropInput: stock("Conv2DBackpropInput"),
    Conv2DBackpropFilter: undefined,
  };

  /** A convolution's kernel: `read` finds its sizes, and where its two inputs and its output lie. */
  const convolution = (
    kernelName: keyof typeof others,
    run: "convolution" | "filterGradient" | "inputGradient",
    sizesOf: (inputs: Inputs, attributes: Conv2DAttributes) => [input?: number[], filter?: number[]],
    tensorsOf: (shape: ConvolutionShape, inputs: Inputs) => {
      given: [tensor: tf.TensorInfo, shape: number[]][];
      result: number[];
    },
  ): tf.KernelFunc =>
  (call) => {
    const inputs = call.inputs as Inputs, attributes = call.attrs as unknown as Conv2DAttributes;
    const found = convolutionOf(...sizesOf(inputs, attributes), attributes);
    if (!found.isSupported) {
      const other = others[kernelName];
      if (!other) throw new Error(`Expected no dilation in ${kernelName} but found ${attributes.dilations}`);
      return other(call);
    }
    const { carrier: { functions, description }, threads } = now();
    const { given, result } = tensorsOf(found.shape, inputs);
    const key = `${run} ${description} ${threads}`;
    let room = found.room.get(key);
    if (room === undefined) found.room.set(key, room = functions[`${run}Room`](found.offset, threads));
    const out = newTensor(result);
    withRoom([room], (room) => {
      const offsets = given.map(([tensor, shape]) => at(tensor, shape));
      functions[run](found.offset, ...offsets, heapOffset(out), room, threads);
    });
    return out;
  };

  return {
    Conv2D: convolution(
      "Conv2D",
      "convolution",
      ({ x, filter }) => [x.shape, filter.shape],
      ({ inShape, filterShape, outShape }, { x, filter }) => ({
        given: [[x, inShape], [filter, filterShape]],
        result: outShape,
      }),
    ),
    Conv2DBackpropInput: convolution(
      "Conv2DBackpropInput",
      "inputGradient",
      ({ filter }, { inputShape }) => [inputShape, filter.shape],
      ({ inShape, filterShape, outShape }, { dy, filter }) => ({
        given: [[dy, outShape], [filter, filterShape]],
        result: inShape,
      }),
    ),
    Conv2DBackpropFilter: convolution(
      "Conv2DBackpropFilter",
      "filterGradient",
      ({ x }, { filterShape }) => [x.shape, filterShape],
      ({ inShape, filterShape, outShape }, { x, dy }) => ({
        given: [[x, inShape], [dy, outShape]],
        result: filterShape,
      }),
    ),
    ...normalizationKernels(now),
    [ADD_RELU]: ({ inputs }) => {
      const { a, b } = inputs as Inputs, { carrier, threads } = now();
      const y = newTensor(a.shape), size = tf.util.sizeFromShape(a.shape);
      carrier.functions.addRelu(at(a, a.shape), at(b, a.shape), heapOffset(y), size, threads);
      return y;
    },
    [RELU_GRADIENT]: ({ inputs }) => {
      const { dy, y } = inputs as Inputs, { carrier, threads } = now();
      const dz = newTensor(y.shape), size = tf.util.sizeFromShape(y.shape);
      carrier.functions.reluGradient(at(dy, y.shape), at(y, y.shape), heapOffset(dz), size, threads);
      return dz;
    },
    MaxPoolGrad: ({ inputs, attrs }) => {
      const { dy, input, output } = inputs as Inputs;
      const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as tf.MaxPoolGradAttrs;
      const inShape = input.shape as [number, number, number, number];
      const { shape, offset } = poolOf(inShape, filterSize, strides, 1, pad, dimRoundingMode);
      const dx = newTensor(inShape);
      const given = [at(input, inShape), at(output, shape.outShape), at(dy, shape.outShape)];
      now().carrier.functions.maxPoolGradient(offset, ...given, heapOffset(dx));
      return dx;
    },
    Identity: ({ inputs }) => share(inputs.x!), // the stock kernel copies
  };
}

function normalizationKernels(now: () => Computing): Kernels {
  const sizesOf = ({ shape }: tf.TensorInfo) => {
    const channels = shape.at(-1)!;
    return { shape, channels, rows: tf.util.sizeFromShape(shape) / channels };
  };

  /** y = γ·(x − µ)/√(σ² + ε) + β, and ReLU */
  const normalize = (
    { x, gamma, beta, mean, variance }: Inputs,
    { relu, epsilon }: BatchNormalizationAttributes,
  ): tf.TensorInfo => {
    const { carrier, threads } = now();
    const { shape, channels, rows } = sizesOf(x);
    const y = newTensor(shape);
    const [g, b, m, v] = [gamma, beta, mean, variance].map((tensor) => at(tensor, [channels]));
    withRoom([channels], (scale) => {
      const [factors, deviations, out] = [g, v, scale].map((offset) => floatsAt(offset, channels));
      for (let c = 0; c < channels; c++) out[c] = factors[c] / Math.sqrt(deviations[c] + epsilon);
      const flags = [rows, channels, Number(relu), threads];
      carrier.functions.normalize(at(x, shape), m, scale, b, heapOffset(y), ...flags);
    });
    return y;
  };

  return {
    [BATCH_NORMALIZATION]: ({ inputs, attrs }) => {
      const { x } = inputs as Inputs;
      const { carrier: { functions }, threads } = now();
      const { shape, channels, rows } = sizesOf(x);
      const mean = newTensor([channels]), variance = newTensor([channels]);
      withRoom([functions.sumsRoom(rows, channels, 1), 2 * channels], (room, totals) => {
        for (const [squares, result] of [mean, variance].entries()) {
          const sizes = [rows, channels, squares, threads];
          functions.channelSums(at(x, shape), heapOffset(mean), totals, room, ...sizes);
          const sums = doublesAt(totals, channels), means = floatsAt(heapOffset(result), channels);
          for (let c = 0; c < channels; c++) means[c] = sums[c] / rows;
        }
      });
      const attributes = attrs as unknown as BatchNormalizationAttributes;
      const y = normalize({ ...inputs as Inputs, mean, variance }, attributes);
      return [y, mean, variance];
    },
    /** dx = γ/σ · (dz − mean(dz) − (x − µ)/σ² · mean(dz·(x − µ))), dγ = Σ dz·(x − µ)/σ, dβ = Σ dz */
    [BATCH_NORMALIZATION_GRADIENT]: ({ inputs, attrs }) => {
      const { x, y, dy, gamma, mean, variance } = inputs as Inputs;
      const { relu, epsilon } = attrs as unknown as BatchNormalizationAttributes;
      const { carrier: { functions }, threads } = now();
      const { shape, channels, rows } = sizesOf(x);
      const dx = newTensor(shape), dgamma = newTensor([channels]), dbeta = newTensor([channels]);
      const given = [x, y, dy].map((tensor) => at(tensor, shape)), m = at(mean, [channels]);
      const flags = [rows, channels, Number(relu), threads];
      const lengths = [functions.sumsRoom(rows, channels, 2), 4 * channels, 3 * channels];
      withRoom(lengths, (room, totals, factors) => {
        functions.channelGradients(...given, m, totals, room, ...flags);
        const sums = doublesAt(totals, 2 * channels), out = floatsAt(factors, 3 * channels);
        const [g, v, dg, db] = [gamma, variance, dgamma, dbeta].map((tensor) =>
          floatsAt(at(tensor, [channels]), channels)
        );
        for (let c = 0; c < channels; c++) {
          const inverse = 1 / Math.sqrt(v[c] + epsilon); // 1/σ
          const [sum, product] = [sums[c], sums[channels + c]];
          out[c] = g[c] * inverse;
          out[channels + c] = -g[c] * inverse ** 3 * product / rows;
          out[2 * channels + c] = -g[c] * inverse * sum / rows;
          dg[c] = product * inverse;
          db[c] = sum;
        }
        functions.normalizeGradient(...given, m, factors, heapOffset(dx), ...flags);
      });
      return [dx, dgamma, dbeta];
    },
    [BATCH_NORMALIZATION_INFERENCE]: ({ inputs, attrs }) =>
      normalize(inputs as Inputs, attrs as unknown as BatchNormalizationAttributes),
  };
}
