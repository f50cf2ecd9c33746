/**
 * The engine `onednn`: tfjs's WebAssembly backend, with convolutions and batch normalization by Intel's oneDNN, which
 * works in place on the WebAssembly heap through Deno's foreign function interface. Loaded only where that exists.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Conv2DAttributes, type ConvolutionShape, convolutionShape } from "./convolution.ts";
import { type Engine, EngineUnavailable, type StartEngine } from "./engine.ts";
import {
  BATCH_NORMALIZATION,
  BATCH_NORMALIZATION_GRADIENT,
  BATCH_NORMALIZATION_INFERENCE,
  type BatchNormalizationAttributes,
} from "./normalization.ts";
import { Convolution } from "./onednn/convolution.ts";
import { type OneDnn, OneDnnError, openOneDnn } from "./onednn/library.ts";
import { inferenceNormalization, TrainingNormalization } from "./onednn/normalization.ts";
import { Cache, type Primitive } from "./onednn/primitive.ts";
import { ResidualSum } from "./onednn/residual.ts";
import { ADD_RELU, RELU_GRADIENT } from "./residual.ts";
import { start as startWasm } from "./wasm.ts";
import { wasmKernels } from "./wasm/kernels.ts";
import { heap, heapOffset, newTensor, replaceKernels } from "./wasm/heap.ts";

let heapBytes: Uint8Array<ArrayBuffer> | undefined;
let heapAddress = 0n;

/** The address of a tensor's values. Good until memory is next taken on the heap, which may move it. */
function address(tensor: tf.TensorInfo): Deno.PointerValue {
  const offset = heapOffset(tensor);
  if (heap() !== heapBytes) {
    heapBytes = heap();
    heapAddress = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(heapBytes)));
  }
  return Deno.UnsafePointer.create(heapAddress + BigInt(offset));
}

/** oneDNN believes what it is told about sizes, so a wrong one would crash: every tensor is looked at first. */
function expectShape(
  name: string,
  tensor: tf.TensorInfo | undefined,
  shape: number[],
): asserts tensor is tf.TensorInfo {
  if (tensor?.dtype !== "float32" || !tf.util.arraysEqual(tensor.shape, shape)) {
    throw new Error(
      `Expected ${name} to be float32 [${shape}] but found ${tensor?.dtype} [${tensor?.shape}]`,
    );
  }
}

type Sizes = [number, number, number, number];

function activationSizes(x: tf.TensorInfo): Sizes {
  if (x.shape.length !== 4 || !x.shape.every((size) => Number.isInteger(size) && size > 0)) {
    throw new Error(`Expected x to be [B, H, W, C] with no size of 0 but found [${x.shape}]`);
  }
  expectShape("x", x, x.shape);
  return x.shape as Sizes;
}

function elementCount(name: string, tensor: tf.TensorInfo): number {
  const size = tf.util.sizeFromShape(tensor.shape);
  if (size === 0) throw new Error(`Expected ${name} to have no size of 0 but found [${tensor.shape}]`);
  expectShape(name, tensor, tensor.shape);
  return size;
}

/**
 * Whether oneDNN 3.7 writes beyond its memory in the gradient by the filter: it does with AVX-512 in strided 1 × 1
 * convolutions of fewer than 16 input channels, and crashes on images of 46 pixels or more.
 */
function overruns(
  { filterHeight, filterWidth, strideHeight, strideWidth, inChannels }: ConvolutionShape,
): boolean {
  return filterHeight * filterWidth === 1 && strideHeight * strideWidth > 1 && inChannels < 16;
}

function kernels(library: OneDnn, safe: Record<string, tf.KernelFunc>): Record<string, tf.KernelFunc> {
  const convolutions = new Cache<Convolution>();
  const convolution = (shape: ConvolutionShape) =>
    convolutions.get(
      [
        ...shape.inShape,
        ...shape.outShape,
        shape.filterHeight,
        shape.filterWidth,
        shape.strideHeight,
        shape.strideWidth,
        shape.dilationHeight,
        shape.dilationWidth,
        shape.padInfo.top,
        shape.padInfo.left,
      ],
      () => new Convolution(library, shape),
    );
  const trainings = new Cache<TrainingNormalization>();
  const training = (sizes: Sizes, { relu, epsilon }: BatchNormalizationAttributes) =>
    trainings.get([...sizes, relu, epsilon], () => new TrainingNormalization(library, sizes, relu, epsilon));
  const inferences = new Cache<Primitive>();
  const residualSums = new Cache<ResidualSum>();
  const residualSum = (size: number) => residualSums.get([size], () => new ResidualSum(library, size));

  return {
    Conv2D: ({ inputs, attrs }) => {
      const { x, filter } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo };
      const shape = convolutionShape(x.shape, filter.shape, attrs as unknown as Conv2DAttributes);
      expectShape("x", x, x.shape);
      expectShape("filter", filter, filter.shape);
      const y = newTensor(shape.outShape);
      convolution(shape).forward(address(x), address(filter), address(y));
      return y;
    },
    Conv2DBackpropInput: ({ inputs, attrs }) => {
      const { dy, filter } = inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo };
      const attributes = attrs as unknown as Conv2DAttributes;
      const shape = convolutionShape(attributes.inputShape, filter.shape, attributes);
      expectShape("dy", dy, shape.outShape);
      expectShape("filter", filter, filter.shape);
      const dx = newTensor(shape.inShape);
      convolution(shape).inputGradient(address(dy), address(filter), address(dx));
      return dx;
    },
    Conv2DBackpropFilter: (call) => {
      const { x, dy } = call.inputs as { x: tf.TensorInfo; dy: tf.TensorInfo };
      const attributes = call.attrs as unknown as Conv2DAttributes;
      const shape = convolutionShape(x.shape, attributes.filterShape, attributes);
      expectShape("x", x, shape.inShape);
      expectShape("dy", dy, shape.outShape);
      if (overruns(shape)) return safe.Conv2DBackpropFilter(call);
      const dfilter = newTensor([shape.filterHeight, shape.filterWidth, shape.inChannels, shape.outChannels]);
      convolution(shape).filterGradient(address(x), address(dy), address(dfilter));
      return dfilter;
    },
    [BATCH_NORMALIZATION]: ({ inputs, attrs }) => {
      const { x, gamma, beta } = inputs as Record<string, tf.TensorInfo>;
      const sizes = activationSizes(x), perChannel = [sizes[3]];
      expectShape("gamma", gamma, perChannel);
      expectShape("beta", beta, perChannel);
      const { forward, workspaceBytes } = training(sizes, attrs as unknown as BatchNormalizationAttributes);
      const y = newTensor(sizes), mean = newTensor(perChannel), variance = newTensor(perChannel);
      const workspace = newTensor([workspaceBytes], "bool");
      const noted = workspaceBytes > 0 ? [workspace] : [];
      forward.run(...[x, gamma, beta, y, mean, variance, ...noted].map(address));
      return [y, mean, variance, workspace];
    },
    [BATCH_NORMALIZATION_GRADIENT]: ({ inputs, attrs }) => {
      const { x, dy, gamma, mean, variance, workspace } = inputs as Record<string, tf.TensorInfo>;
      const sizes = activationSizes(x), perChannel = [sizes[3]];
      expectShape("dy", dy, sizes);
      for (const [name, tensor] of Object.entries({ gamma, mean, variance })) {
        expectShape(name, tensor, perChannel);
      }
      const { backward, workspaceBytes } = training(sizes, attrs as unknown as BatchNormalizationAttributes);
      if (workspace.dtype !== "bool" || workspace.shape[0] !== workspaceBytes) {
        throw new Error(`Expected a workspace of ${workspaceBytes} bytes but found [${workspace.shape}]`);
      }
      const dx = newTensor(sizes), dgamma = newTensor(perChannel), dbeta = newTensor(perChannel);
      const noted = workspaceBytes > 0 ? [workspace] : [];
      backward.run(...[x, dy, gamma, mean, variance, dx, dgamma, dbeta, ...noted].map(address));
      return [dx, dgamma, dbeta];
    },
    [BATCH_NORMALIZATION_INFERENCE]: ({ inputs, attrs }) => {
      const { x, gamma, beta, mean, variance } = inputs as Record<string, tf.TensorInfo>;
      const { relu, epsilon } = attrs as unknown as BatchNormalizationAttributes;
      const sizes = activationSizes(x), perChannel = [sizes[3]];
      for (const [name, tensor] of Object.entries({ gamma, beta, mean, variance })) {
        expectShape(name, tensor, perChannel);
      }
      const primitive = inferences.get(
        [...sizes, relu, epsilon],
        () => inferenceNormalization(library, sizes, relu, epsilon),
      );
      const y = newTensor(sizes);
      primitive.run(...[x, gamma, beta, mean, variance, y].map(address));
      return y;
    },
    [ADD_RELU]: ({ inputs }) => {
      const { a, b } = inputs as Record<string, tf.TensorInfo>;
      const size = elementCount("a", a);
      expectShape("b", b, a.shape);
      const y = newTensor(a.shape);
      residualSum(size).forward.run(...[a, b, y].map(address));
      return y;
    },
    [RELU_GRADIENT]: ({ inputs }) => {
      const { dy, y } = inputs as Record<string, tf.TensorInfo>;
      const size = elementCount("dy", dy);
      expectShape("y", y, dy.shape);
      const dz = newTensor(dy.shape);
      residualSum(size).backward.run(...[dy, y, dz].map(address));
      return dz;
    },
  };
}

const REMEDY =
  "Install oneDNN 3 (Debian and Ubuntu: `apt-get install libdnnl3.6`; macOS: `brew install onednn`)";

/** Loaded once: a library stays for the life of the process. */
let loaded: { library: OneDnn; kernels?: Record<string, tf.KernelFunc> } | undefined;

/** See {@linkcode StartEngine}. */
export const start: StartEngine = async ({ threads }): Promise<Engine> => {
  if (typeof globalThis.Deno?.dlopen !== "function") {
    throw new EngineUnavailable("There is no foreign function interface here", "Run in Deno");
  }
  if (loaded === undefined) {
    try {
      loaded = { library: openOneDnn(threads) };
    } catch (error) {
      if (error instanceof OneDnnError) throw new EngineUnavailable(error.message, error.remedy ?? REMEDY);
      throw error;
    }
  }
  const { library } = loaded;
  if (library.threads !== threads) {
    throw new EngineUnavailable(
      `oneDNN was loaded with a number of threads of ${library.threads}, not ${threads}`,
      "Ask for the same number throughout",
    );
  }
  await startWasm({ threads });
  replaceKernels({ ...wasmKernels(), ...(loaded.kernels ??= kernels(library, wasmKernels())) });
  return { name: "onednn", threads, description: `oneDNN ${library.version}` };
};
