/**
 * The engine `wasm`: tfjs's WebAssembly backend, in any browser and in Deno, with kernels of its own for what
 * a network spends its time in (see `wasm/kernels.c`). In Deno these are compiled for the processor where
 * there is a C compiler; the numbers are the same.
 *
 * The engine `wasm-unfused` is the same with a multiply-add that rounds twice, and has other numbers. It is
 * for processors and browsers that have no other.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { type Engine, EngineUnavailable, sharing } from "./engine.ts";
import { registerSgdStep } from "./optimizer.ts";
import { type Carrier, isFused, loadWasm } from "./wasm/functions.ts";
import { guardHeap, replaceKernels } from "./wasm/heap.ts";
import { wasmKernels } from "./wasm/kernels.ts";
import { heapSgdStep } from "./wasm/optimizer.ts";

let carrier: Carrier, kernels: Record<string, tf.KernelFunc> | undefined;
const computing = () => ({ carrier, threads: carrier.hasThreads ? sharing.threads : 1 });

/** `wasm`, or `wasm-unfused` where this machine rounds a multiply-add twice. */
export const start = (): Promise<Engine> => startEither();
/** `wasm-unfused`, on any machine. */
export const startUnfused = (): Promise<Engine> => startEither(false);

async function startEither(mayBeFused = true): Promise<Engine> {
  if (!await tf.setBackend("wasm")) {
    throw new EngineUnavailable(
      "tfjs cannot load its WebAssembly",
      "Check that its file tfjs-backend-wasm-simd.wasm is there, and try again",
    );
  }
  await tf.ready();
  guardHeap();
  const isRoundedOnce = mayBeFused && isFused();
  try {
    carrier = loadWasm(isRoundedOnce);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError || error instanceof WebAssembly.LinkError)) throw error;
    throw new EngineUnavailable(
      "WebAssembly has no vector instructions here, or threads share its memory",
      "Use a newer browser, on a page that is not cross-origin isolated",
    );
  }
  kernels ??= wasmKernels(computing);
  replaceKernels(kernels);
  registerSgdStep("wasm", heapSgdStep(computing));
  if (!isRoundedOnce) {
    return { name: "wasm-unfused", description: "WebAssembly, rounding twice", path: carrier.description };
  }
  const native = await nativeCarrier();
  if (typeof native === "object") carrier = native;
  const reason = typeof native === "string" ? `; no native kernels: ${native}` : "";
  return { name: "wasm", description: "WebAssembly", path: carrier.description + reason };
}

let native: Promise<Carrier | string | undefined> | undefined;

/** Found once. The reason why there is none; undefined where none was asked for. */
function nativeCarrier(): Promise<Carrier | string | undefined> {
  if (typeof globalThis.Deno?.dlopen !== "function" || Deno.build.os === "windows") {
    return Promise.resolve(undefined);
  }
  return import("./wasm/native.ts").then(({ isWanted, loadNative }) =>
    isWanted() ? native ??= loadNative({ log: console.error }) : undefined
  );
}
