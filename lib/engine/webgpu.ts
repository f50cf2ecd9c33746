/**
 * The engine `webgpu`: tfjs on a graphics card, or on a software renderer. No kernel that training needs is
 * missing.
 *
 * Values come back asynchronously here: `await tensor.data()`, never `dataSync()`.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { EngineUnavailable, type StartEngine } from "./engine.ts";

const REMEDY = "Install a driver for Vulkan, such as Mesa's (also in software, without a graphics card): " +
  "`apt-get install mesa-vulkan-drivers libvulkan1`";

/** How often V8 is made to collect, in submissions to the queue, and how. */
const COLLECTION = { submissions: 64, bytes: 2 ** 26, kept: 3 };

const collecting = new WeakSet<GPUQueue>();

/**
 * Each operation leaves small objects of the driver's behind, which Deno frees when V8 collects their
 * handles. But V8 sees only the handles, which are tiny, and does not collect: after a hundred steps of a
 * small network Mesa's software renderer ran out of memory maps, and the process crashed. Large buffers make
 * V8 look; never touched, they take no memory. A few are kept for a while, since buffers that are dropped at
 * once make it look at young objects only.
 */
function collectRegularly(queue: GPUQueue): void {
  if (collecting.has(queue)) return;
  collecting.add(queue);
  const submit = queue.submit.bind(queue);
  const kept: ArrayBuffer[] = [];
  let submissions = 0;
  queue.submit = (commands) => {
    submit(commands);
    if (++submissions % COLLECTION.submissions > 0) return;
    kept.push(new ArrayBuffer(COLLECTION.bytes));
    if (kept.length > COLLECTION.kept) kept.shift();
  };
}

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
  if ("Deno" in globalThis) collectRegularly((tf.backend() as unknown as { queue: GPUQueue }).queue);
  const { description, device, vendor } = adapter.info;
  return {
    name: "webgpu",
    description: `WebGPU on ${description || device || vendor || "a GPU"}`,
  };
};
