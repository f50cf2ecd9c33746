/**
 * What an engine is. A new one is a file like `webgpu.ts` that exports `start`, its name in
 * {@linkcode EngineName} and in `run/schema.ts`, and a line each in `mod.ts` and `run/code_digest.ts`. It
 * needs no kernels of its own beyond tfjs's: those of `normalization.ts`, `residual.ts` and `optimizer.ts`
 * are composed of stock ones, until it registers better.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** What can be asked for; `auto` takes `wasm`. */
export type EngineName = "auto" | "wasm" | "onednn" | "webgpu" | "cpu";

/** The engine in use. */
export interface Engine {
  /** which one */
  readonly name: Exclude<EngineName, "auto">;
  /** what it computes with, for people, such as "oneDNN 3.7.2" */
  readonly description: string;
}

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
export function registerComposed(kernels: Record<string, Composed>): Record<string, tf.KernelFunc> {
  return Object.fromEntries(
    Object.entries(kernels).map(([kernelName, compute]) => {
      const kernelFunc: tf.KernelFunc = ({ inputs, attrs }) =>
        tf.tidy(() => compute(inputs as Record<string, tf.Tensor>, attrs as never));
      for (const backendName of ["cpu", "wasm", "webgpu"]) {
        tf.registerKernel({ kernelName, backendName, kernelFunc });
      }
      return [kernelName, kernelFunc];
    }),
  );
}
