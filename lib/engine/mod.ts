/**
 * What makes tfjs fast enough to train with: the only room that knows of its backends.
 *
 * An engine is chosen once, with {@linkcode useEngine}; from then on every tfjs operation computes with it,
 * and the operations here, which a network spends its time in, by the fastest kernels that the engine has.
 * Without a choice tfjs's default backend is used.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../user_error.ts";
import { type Engine, type EngineName, EngineUnavailable, sharing, type StartEngine } from "./engine.ts";

export { conv2d } from "./conv2d.ts";
export type { Engine, EngineName } from "./engine.ts";
export {
  batchNormalization,
  batchNormalizationInference,
  type BatchNormalizationOptions,
  moveAverage,
} from "./normalization.ts";
export { type Parameter, type SgdOptions, sgdStep } from "./optimizer.ts";
export { addRelu } from "./residual.ts";

const engines: Record<Engine["name"], () => Promise<{ start: StartEngine }>> = {
  wasm: () => import("./wasm.ts"),
  "wasm-unfused": () => import("./wasm.ts").then(({ startUnfused }) => ({ start: startUnfused })),
  onednn: () => Promise.resolve({ start: refuseOneDnn }),
  webgpu: () => import("./webgpu.ts"),
  cpu: () => Promise.resolve({ start: startCpu }),
};

/** Options of {@linkcode useEngine}. */
export interface UseEngineOptions {
  /** takes the line that tells which engine is used; by default it is printed where it was not before */
  log?: (line: string) => void;
}

/**
 * Takes an engine into use, for all tensors made from here on. `auto` takes `wasm`, which gives the same bits
 * on every machine whose processor has a fused multiply-add, and `wasm-unfused` elsewhere.
 * @throws {UserError} if an engine asked for by name cannot be used here; the message says what to install
 */
export function useEngine(name: EngineName, options: UseEngineOptions = {}): Promise<Engine> {
  // tfjs cannot start one while it starts another.
  const engine = starting.then(() => startEngine(name, options));
  starting = engine.catch(() => {});
  return engine;
}

/**
 * Lets so many threads share the work of each kernel; one by default. The numbers stay the same. Only kernels
 * that were compiled for the processor can use more than one.
 */
export function useThreads(count: number): void {
  sharing.threads = count;
}

let starting: Promise<unknown> = Promise.resolve();

async function startEngine(name: EngineName, { log = logOnce }: UseEngineOptions): Promise<Engine> {
  if (name !== "auto" && !Object.hasOwn(engines, name)) {
    const names = ["auto", ...Object.keys(engines)].map((known) => `"${known}"`).join(", ");
    throw new UserError(`Expected one of the engines ${names} but found "${name}".`);
  }
  try {
    const { start } = await engines[name === "auto" ? "wasm" : name]();
    const engine = await start();
    if (name === "wasm" && engine.name !== name) {
      throw new EngineUnavailable(
        "WebAssembly rounds a multiply-add twice on this machine, which gives other numbers",
        `Use the engine "${engine.name}"`,
      );
    }
    log(`Engine: ${engine.name} (${engine.description}).`);
    return engine;
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    const orWasm = ["auto", "wasm"].includes(name) ? "" : ', or use the engine "wasm"';
    throw new UserError(
      `Expected the engine "${name}" to be usable here but found: ${error.reason}. ${error.remedy}${orWasm}.`,
    );
  }
}

/** tfjs in plain JavaScript: some thousand times slower than `wasm`; to check others against. */
const startCpu: StartEngine = async () => {
  await tf.setBackend("cpu");
  // Or tfjs greets whoever runs it outside a browser with the advice to install its Node binding.
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
  return { name: "cpu", description: "plain JavaScript" };
};

const refuseOneDnn: StartEngine = () => {
  throw new EngineUnavailable(
    "it was part of earlier versions",
    "Use a version before 3, which trains as it did",
  );
};

const logged = new Set<string>();

/** Logs a line that was not logged before, such as that of an engine that is the same for all runs. */
export function logOnce(line: string): void {
  if (!logged.has(line)) console.log(line);
  logged.add(line);
}
