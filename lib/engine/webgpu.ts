/**
 * The engine `webgpu`: tfjs on a graphics card, or on a software renderer. No kernel that training needs is missing.
 *
 * Values come back asynchronously here: `await tensor.data()`, never `dataSync()`.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { EngineUnavailable, type StartEngine } from "./engine.ts";

const REMEDY = "Install a driver for Vulkan, such as Mesa's (also in software, without a graphics card): " +
  "`apt-get install mesa-vulkan-drivers libvulkan1`";

/** See {@linkcode StartEngine}. */
export const start: StartEngine = async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) {
    throw new EngineUnavailable(
      navigator.gpu ? "There is no WebGPU adapter" : "There is no WebGPU here",
      REMEDY,
    );
  }
  await import("@tensorflow/tfjs-backend-webgpu");
  if (!await tf.setBackend("webgpu")) {
    throw new EngineUnavailable("tfjs cannot use the WebGPU adapter", REMEDY);
  }
  await tf.ready();
  const { description, device, vendor } = adapter.info;
  return {
    name: "webgpu",
    threads: 1,
    description: `WebGPU on ${description || device || vendor || "a GPU"}`,
  };
};
