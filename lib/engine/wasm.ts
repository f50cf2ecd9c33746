/**
 * The engine `wasm`: tfjs's WebAssembly backend, in any browser and in Deno, with kernels of its own for what
 * a network spends its time in (see `wasm/kernels.ts`).
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { EngineUnavailable, type StartEngine } from "./engine.ts";
import { registerSgdStep } from "./optimizer.ts";
import { canAssemble } from "./wasm/assembler.ts";
import { guardHeap, heapMemory, replaceKernels } from "./wasm/heap.ts";
import { wasmKernels } from "./wasm/kernels.ts";
import { heapSgdStep } from "./wasm/optimizer.ts";

export const start: StartEngine = async () => {
  if (!await tf.setBackend("wasm")) {
    throw new EngineUnavailable(
      "tfjs cannot load its WebAssembly",
      "Check that its file tfjs-backend-wasm-simd.wasm is there, and try again",
    );
  }
  await tf.ready();
  if (!canAssemble(heapMemory())) {
    throw new EngineUnavailable(
      "WebAssembly has no vector instructions here, or threads share its memory",
      "Use a newer browser, on a page that is not cross-origin isolated",
    );
  }
  guardHeap();
  replaceKernels(wasmKernels());
  registerSgdStep("wasm", heapSgdStep());
  return { name: "wasm", description: "WebAssembly" };
};
