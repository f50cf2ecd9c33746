/**
 * The kernels of tfjs's WebAssembly backend that are replaced or added, on tensors of its heap.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Conv2DAttributes, type ConvolutionShape, convolutionShape } from "../conv2d.ts";
import {
  BATCH_NORMALIZATION,
  BATCH_NORMALIZATION_GRADIENT,
  BATCH_NORMALIZATION_INFERENCE,
  type BatchNormalizationAttributes,
  composedNormalization,
} from "../normalization.ts";
import { ADD_RELU, composedResidual, RELU_GRADIENT } from "../residual.ts";
import { type HeapConvolution, WasmConvolution } from "./convolution.ts";
import { heapMemory, heapOffset, heapView, newTensor, share } from "./heap.ts";
import {
  type HeapNormalization,
  normalizationFunctions,
  type Offsets,
  WasmNormalization,
} from "./normalization.ts";
import { maxPoolGradient } from "./pooling.ts";
import { type Elementwise, wasmResidual } from "./residual.ts";
import { WinogradConvolution } from "./winograd.ts";

type Inputs = Record<string, tf.TensorInfo>;
type Kernels = Record<string, tf.KernelFunc>;

/** Batch, height, width and channels of activations. */
type Sizes = [number, number, number, number];

/** What computes on the heap. Each is undefined for sizes that it does not support. */
export interface HeapComputations {
  convolution(shape: ConvolutionShape, what: keyof HeapConvolution): HeapConvolution | undefined;
  normalization(sizes: Sizes, attributes: BatchNormalizationAttributes): HeapNormalization | undefined;
}

/** A kernel that is undefined for the sizes that it does not support. */
type Kernel = (inputs: Inputs, attributes: never) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/** Kernels, with others for the sizes that they do not support. */
function withOthers(kernels: Record<string, Kernel>, others: Kernels): Kernels {
  return Object.fromEntries(
    Object.entries(kernels).map(([name, compute]): [string, tf.KernelFunc] => [
      name,
      (call) => compute(call.inputs as Inputs, call.attrs as never) ?? others[name](call),
    ]),
  );
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

function allAt<Name extends string>(shape: number[], tensors: Record<Name, tf.TensorInfo>): Offsets<Name> {
  const offsets = {} as Offsets<Name>;
  for (const name in tensors) offsets[name] = at(tensors[name], shape);
  return offsets;
}

/**
 * The kernels of what computes on the heap.
 * @param others kernels for the sizes that it does not support
 */
export function heapKernels({ convolution, normalization }: HeapComputations, others: Kernels): Kernels {
  // By the arguments, which are fewer than the sizes that follow from them.
  const convolutionOf = remembered(
    (what: keyof HeapConvolution, ...sizes: Parameters<typeof convolutionShape>) => {
      const shape = convolutionShape(...sizes);
      return { shape, found: convolution(shape, what) };
    },
  );
  const normalizationOf = (x: tf.TensorInfo, attributes: BatchNormalizationAttributes) => {
    const sizes = x.shape as Sizes;
    return { sizes, perChannel: [sizes[3]], found: normalization(sizes, attributes) };
  };
  return withOthers({
    Conv2D: ({ x, filter }, attributes: Conv2DAttributes) => {
      const { shape, found } = convolutionOf("forward", x.shape, filter.shape, attributes);
      if (!found) return;
      const y = newTensor(shape.outShape);
      found.forward(at(x, shape.inShape), at(filter, shape.filterShape), heapOffset(y));
      return y;
    },
    Conv2DBackpropInput: ({ dy, filter }, attributes: Conv2DAttributes) => {
      const { shape, found } = convolutionOf(
        "inputGradient",
        attributes.inputShape,
        filter.shape,
        attributes,
      );
      if (!found) return;
      const dx = newTensor(shape.inShape);
      found.inputGradient(at(dy, shape.outShape), at(filter, shape.filterShape), heapOffset(dx));
      return dx;
    },
    Conv2DBackpropFilter: ({ x, dy }, attributes: Conv2DAttributes) => {
      const { shape, found } = convolutionOf("filterGradient", x.shape, attributes.filterShape, attributes);
      if (!found) return;
      const dfilter = newTensor(shape.filterShape);
      found.filterGradient(at(x, shape.inShape), at(dy, shape.outShape), heapOffset(dfilter));
      return dfilter;
    },
    [BATCH_NORMALIZATION]: ({ x, gamma, beta }, attributes: BatchNormalizationAttributes) => {
      const { found, sizes, perChannel } = normalizationOf(x, attributes);
      if (!found) return;
      const y = newTensor(sizes), mean = newTensor(perChannel), variance = newTensor(perChannel);
      const workspace = newTensor([found.workspaceBytes], "bool");
      found.forward({
        ...allAt(sizes, { x, y }),
        ...allAt(perChannel, { gamma, beta, mean, variance }),
        workspace: heapOffset(workspace),
      });
      return [y, mean, variance, workspace];
    },
    [BATCH_NORMALIZATION_GRADIENT]: (inputs, attributes: BatchNormalizationAttributes) => {
      const { x, y, dy, gamma, mean, variance, workspace } = inputs;
      const { found, sizes, perChannel } = normalizationOf(x, attributes);
      if (!found) return;
      const dx = newTensor(sizes), dgamma = newTensor(perChannel), dbeta = newTensor(perChannel);
      found.backward({
        ...allAt(sizes, { x, y, dy, dx }),
        ...allAt(perChannel, { gamma, mean, variance, dgamma, dbeta }),
        workspace: heapOffset(workspace),
      });
      return [dx, dgamma, dbeta];
    },
    [BATCH_NORMALIZATION_INFERENCE]: (inputs, attributes: BatchNormalizationAttributes) => {
      const { x, gamma, beta, mean, variance } = inputs;
      const { found, sizes, perChannel } = normalizationOf(x, attributes);
      if (!found) return;
      const y = newTensor(sizes);
      found.inference({ ...allAt(sizes, { x, y }), ...allAt(perChannel, { gamma, beta, mean, variance }) });
      return y;
    },
  }, others);
}

/** A function that makes a thing once for each set of arguments, and keeps it. */
export function remembered<Key extends unknown[], T>(make: (...key: Key) => T): (...key: Key) => T {
  const made = new Map<string, T>();
  return (...key) => {
    const name = JSON.stringify(key);
    let found = made.get(name);
    if (found === undefined) made.set(name, found = make(...key));
    return found;
  };
}

/** Assembled for the sizes that are met, where these come in vectors of four. */
function assembled(memory: WebAssembly.Memory): HeapComputations {
  const convolution = remembered((shape: ConvolutionShape) =>
    new (WinogradConvolution.supports(shape) ? WinogradConvolution : WasmConvolution)(memory, shape)
  );
  const functions = remembered((channels: number, relu: boolean) =>
    normalizationFunctions(memory, channels, relu)
  );
  return {
    convolution: (shape, what) => WasmConvolution.supports(shape, what) ? convolution(shape) : undefined,
    normalization: ([batch, height, width, channels], { relu, epsilon }) =>
      channels % 4 === 0
        ? new WasmNormalization(functions(channels, relu), batch * height * width, channels, epsilon)
        : undefined,
  };
}

/** A kernel for any number of channels, which zeros fill up to a multiple of four in the inputs named. */
function filledUp(kernelName: string, names: readonly string[]): tf.KernelFunc {
  return ({ inputs, attrs }) => {
    const channels = inputs.dy!.shape[3];
    const missing = 4 - channels % 4;
    const filled = (tensor: tf.TensorInfo) =>
      tf.pad(tensor as tf.Tensor, [[0, 0], [0, 0], [0, 0], [0, missing]]);
    const [height, width, input] = (attrs as unknown as Conv2DAttributes).filterShape ?? [0, 0, 0];
    const attributes = { ...attrs, filterShape: [height, width, input, channels + missing] };
    return tf.tidy(() => {
      const others = Object.fromEntries(names.map((name) => [name, filled(inputs[name]!)]));
      const result = tf.engine().runKernel(
        kernelName,
        { ...inputs, ...others } as tf.NamedTensorMap,
        attributes,
      );
      return tf.slice(result as tf.Tensor, [0, 0, 0, 0], [-1, -1, -1, channels]);
    });
  };
}

let made: Kernels | undefined;

/** All of them. To be called when tfjs's backend is ready, and before its own kernels are replaced. */
export function wasmKernels(): Kernels {
  return made ??= makeKernels(heapMemory());
}

function makeKernels(memory: WebAssembly.Memory): Kernels {
  const stock = (name: string) => ({ [name]: tf.getKernel(name, "wasm").kernelFunc });
  const { addRelu, maskByRelu } = wasmResidual(memory);
  const elementwise = (run: Elementwise, a: tf.TensorInfo, b: tf.TensorInfo) => {
    const { shape } = a;
    const size = tf.util.sizeFromShape(shape);
    if (size % 16 > 0 || size === 0) return;
    const out = newTensor(shape);
    run(size, at(a, shape), at(b, shape), heapOffset(out));
    return out;
  };
  const maxPoolGradientOf = remembered((pool: tf.backend_util.Conv2DInfo) => maxPoolGradient(pool, memory));
  return {
    ...heapKernels(assembled(memory), {
      ...composedNormalization,
      ...stock("Conv2D"),
      ...stock("Conv2DBackpropInput"),
      Conv2DBackpropFilter: filledUp("Conv2DBackpropFilter", ["dy"]),
    }),
    ...withOthers({
      [ADD_RELU]: ({ a, b }) => elementwise(addRelu, a, b),
      [RELU_GRADIENT]: ({ dy, y }) => elementwise(maskByRelu, dy, y),
      MaxPoolGrad({ dy, input, output }, attributes: tf.MaxPoolGradAttrs) {
        const { filterSize, strides, pad, dimRoundingMode } = attributes;
        const inShape = input.shape as Sizes;
        if (inShape[3] % 4 > 0) return;
        const pool = tf.backend_util.computePool2DInfo(inShape, filterSize, strides, 1, pad, dimRoundingMode);
        const dx = newTensor(inShape);
        heapView(dx).fill(0);
        const given = [at(output, pool.outShape), at(dy, pool.outShape)] as const;
        maxPoolGradientOf(pool)(at(input, inShape), ...given, heapOffset(dx));
        return dx;
      },
    }, { ...composedResidual, MaxPoolGrad: filledUp("MaxPoolGrad", ["dy", "input", "output"]) }),
    Identity: ({ inputs }) => share(inputs.x!), // the stock kernel copies
  };
}
