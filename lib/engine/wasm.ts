/**
 * The engine `wasm`: tfjs's WebAssembly backend, in any browser and in Deno, with the kernels that training lacks.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import type { StartEngine } from "./engine.ts";
import { filterGradientByConvolution, inputGradientByConvolution } from "./convolution.ts";
import { composedNormalisation } from "./normalisation.ts";
import { registerSgdStep } from "./optimiser.ts";
import { composedResidual } from "./residual.ts";
import { replaceKernels, share } from "./wasm_heap.ts";
import { heapSgdStep } from "./wasm_optimiser.ts";
import { type Conv2DAttributes, convolutionShape } from "./convolution.ts";

/** The kernels that differ from stock tfjs. */
export const wasmKernels: Record<string, tf.KernelFunc> = {
  ...composedNormalisation,
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
  Identity: ({ inputs }) => share(inputs.x!), // the stock kernel copies
};

/** See {@linkcode StartEngine}. */
export const start: StartEngine = async () => {
  await tf.setBackend("wasm");
  await tf.ready();
  replaceKernels(wasmKernels);
  registerSgdStep("wasm", heapSgdStep);
  return { name: "wasm", threads: 1, description: "WebAssembly" };
};
