/**
 * The engine `wasm`: tfjs's WebAssembly backend, in any browser and in Deno, with kernels of its own for what
 * a network spends its time in (see `wasm/kernels.ts`).
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { type Engine, EngineUnavailable, type StartEngine } from "./engine.ts";
import { registerSgdStep } from "./optimizer.ts";
import { canAssemble } from "./wasm/assembler.ts";
import { guardHeap, heapMemory, replaceKernels } from "./wasm/heap.ts";
import { wasmKernels } from "./wasm/kernels.ts";
import { heapSgdStep } from "./wasm/optimizer.ts";

export const start: StartEngine = async (): Promise<Engine> => {
  if (!await tf.setBackend("wasm")) {
    throw new EngineUnavailable(
      "tfjs cannot load its WebAssembly",
      "Check that its file tfjs-backend-wasm-simd.wasm is there, and try again",
    );
  }
  await tf.ready();
  guardHeap();
  replaceKernels(wasmKernels());
  registerSgdStep("wasm", heapSgdStep(canAssemble(heapMemory())));
  return { name: "wasm", threads: 1, description: "WebAssembly" };
};
