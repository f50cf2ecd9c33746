/**
 * The engine `wasm`: tfjs's WebAssembly backend, in any browser and in Deno, with the kernels that training lacks.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { filterGradientByConvolution, inputGradientByConvolution } from "./convolution.ts";

function replaceKernel(kernelName: string, kernelFunc: tf.KernelFunc) {
  if (tf.getKernel(kernelName, "wasm")) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
}

type Shape4D = [number, number, number, number];
interface Conv2DAttributes {
  strides: [number, number] | number;
  pad: "same" | "valid" | number;
  dimRoundingMode?: "floor" | "round" | "ceil";
  inputShape: Shape4D;
  filterShape: Shape4D;
}

/** Makes `wasm` the current backend of tfjs. */
export async function startWasm(): Promise<void> {
  await tf.setBackend("wasm");
  await tf.ready();
  replaceKernel("Conv2DBackpropFilter", ({ inputs, attrs }) => {
    const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
    const { strides, pad, dimRoundingMode, filterShape } = attrs as unknown as Conv2DAttributes;
    const shape = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
    return tf.tidy(() => filterGradientByConvolution(x, dy, shape));
  });
  replaceKernel("Conv2DBackpropInput", ({ inputs, attrs }) => {
    const { dy, filter } = inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D };
    const { strides, pad, dimRoundingMode, inputShape } = attrs as unknown as Conv2DAttributes;
    const shape = tf.backend_util.computeConv2DInfo(
      inputShape,
      filter.shape,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    return tf.tidy(() => inputGradientByConvolution(dy, filter, shape));
  });
}
