/**
 * What an engine is. A new one is a file like `webgpu.ts` that exports `start`, its name in
 * {@linkcode EngineName} and in `run/schema.ts`, and a line each in `mod.ts` and `run/code_digest.ts`. It
 * needs no kernels of its own beyond tfjs's: those of `normalization.ts`, `residual.ts` and `optimizer.ts`
 * are composed of stock ones, until it registers better.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * What can be asked for; `auto` takes `wasm`, or `wasm-unfused` where there is no fused multiply-add. `onednn`
 * trained runs of earlier versions, and computes no more.
 */
export type EngineName = "auto" | "wasm" | "wasm-unfused" | "webgpu" | "cpu" | "onednn";

/** The engine in use. */
export interface Engine {
  /** which one */
  readonly name: Exclude<EngineName, "auto">;
  /** what it computes with, for people, such as "WebGPU" */
  readonly description: string;
  /** which of several ways to the same numbers it takes, for people, such as "compiled by gcc 12.2.0" */
  readonly path?: string;
}

/** How many threads share the work of each kernel, where kernels can use more than one. */
export const sharing = { threads: 1 };

/**
 * Makes the engine's backend tfjs's current one, its kernels registered.
 * @throws {EngineUnavailable} if it cannot be used here
 */
export type StartEngine = () => Promise<Engine>;

/** An engine cannot be used here. */
export class EngineUnavailable extends Error {
  override readonly name = "EngineUnavailable";

  constructor(readonly reason: string, readonly remedy: string) {
    super(`${reason}. ${remedy}`);
  }
}

/** A kernel composed of stock ones, from its inputs by name and its attributes. */
type Composed = (inputs: Record<string, tf.Tensor>, attributes: never) => tf.Tensor | tf.Tensor[];

/** Registers composed kernels for every engine, which may replace them. */
export function registerComposed(kernels: Record<string, Composed>): void {
  for (const [kernelName, compute] of Object.entries(kernels)) {
    const kernelFunc: tf.KernelFunc = ({ inputs, attrs }) =>
      tf.tidy(() => compute(inputs as Record<string, tf.Tensor>, attrs as never));
    for (const backendName of ["cpu", "wasm", "webgpu"]) {
      tf.registerKernel({ kernelName, backendName, kernelFunc });
    }
  }
}
