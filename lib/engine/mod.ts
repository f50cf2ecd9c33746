/**
 * What makes tfjs fast enough to train with: the only room that knows of its backends.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../user_error.ts";
import "./normalisation.ts";

export { conv2d } from "./convolution.ts";
export {
  batchNormalization,
  batchNormalizationInference,
  type BatchNormalizationOptions,
} from "./normalisation.ts";
export { type Parameter, type SgdOptions, sgdStep } from "./optimiser.ts";

/** What can be asked for; `auto` takes the fastest that works. */
export type EngineName = "auto" | "wasm" | "onednn" | "webgpu" | "cpu";

/** The engine in use. */
export interface Engine {
  /** which one */
  readonly name: Exclude<EngineName, "auto">;
  /** threads that it computes with */
  readonly threads: number;
  /** one line for people */
  readonly description: string;
}

/** Takes an engine into use, for all tensors made from here on. */
export async function useEngine(
  name: EngineName,
  options: { threads?: number; log?: (line: string) => void } = {},
): Promise<Engine> {
  const { log = console.log } = options;
  if (name === "cpu") {
    await tf.setBackend("cpu");
    return { name: "cpu", threads: 1, description: "tfjs in plain JavaScript" };
  }
  if (name === "onednn" || name === "auto") {
    const { startOneDnn } = await import("./onednn.ts");
    const version = await startOneDnn(options.threads ?? 1);
    return { name: "onednn", threads: options.threads ?? 1, description: `oneDNN ${version}` };
  }
  if (name !== "wasm") {
    throw new UserError(`Expected an engine that is here but found "${name}". Use "wasm".`);
  }
  const { startWasm } = await import("./wasm.ts");
  await startWasm();
  log("Engine: wasm, one thread.");
  return { name: "wasm", threads: 1, description: "tfjs in WebAssembly, one thread" };
}
