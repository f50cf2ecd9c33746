/**
 * The engine `cpu`: tfjs in plain JavaScript. Some thousand times slower than `wasm`; to check others
 * against.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { StartEngine } from "./engine.ts";

export const start: StartEngine = async () => {
  await tf.setBackend("cpu");
  // Or tfjs greets whoever runs it outside a browser with the advice to install its Node binding.
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
  return { name: "cpu", description: "plain JavaScript" };
};
