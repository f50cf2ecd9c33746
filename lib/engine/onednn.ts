/**
 * The engine `onednn`: tfjs's WebAssembly backend, with convolutions and batch normalization by Intel's
 * oneDNN, which works in place on the WebAssembly heap through Deno's foreign function interface. Loaded only
 * where that exists.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { ConvolutionShape } from "./conv2d.ts";
import { EngineUnavailable, type StartEngine } from "./engine.ts";
import { convolution } from "./onednn/convolution.ts";
import { type OneDnn, openOneDnn } from "./onednn/library.ts";
import { normalization } from "./onednn/normalization.ts";
import { start as startWasm } from "./wasm.ts";
import { type HeapComputations, heapKernels, remembered, wasmKernels } from "./wasm/kernels.ts";
import { replaceKernels } from "./wasm/heap.ts";

/**
 * Whether oneDNN 3.7 writes beyond its memory in the gradient by the filter: it does with AVX-512 in strided
 * 1 × 1 convolutions of fewer than 16 input channels, and crashes on images of 46 pixels or more.
 */
function overruns(
  { filterHeight, filterWidth, strideHeight, strideWidth, inChannels }: ConvolutionShape,
): boolean {
  return filterHeight * filterWidth === 1 && strideHeight * strideWidth > 1 && inChannels < 16;
}

/** One primitive for each set of sizes: they are costly to make. */
function computations(library: OneDnn): HeapComputations {
  const convolutions = remembered((shape: ConvolutionShape) => convolution(library, shape));
  return {
    convolution: (shape, what) =>
      what === "filterGradient" && overruns(shape) ? undefined : convolutions(shape),
    normalization: remembered((sizes, attributes) => normalization(library, sizes, attributes)),
  };
}

/** Loaded once: a library stays for the life of the process. */
let library: OneDnn | undefined;
let kernels: Record<string, tf.KernelFunc> | undefined;

export const start: StartEngine = async () => {
  if (typeof globalThis.Deno?.dlopen !== "function") {
    throw new EngineUnavailable("There is no foreign function interface here", "Run in Deno");
  }
  library ??= openOneDnn();
  await startWasm();
  kernels ??= { ...wasmKernels(), ...heapKernels(computations(library), wasmKernels()) };
  replaceKernels(kernels);
  return { name: "onednn", description: `oneDNN ${library.version}` };
};
