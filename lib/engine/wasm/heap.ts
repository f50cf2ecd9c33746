/**
 * Access to the heap of tfjs's WebAssembly backend: where a tensor lies, and which kernels work on it.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../user_error.ts";

/** The parts of tfjs's `BackendWasm` that are used here. */
interface WasmBackend {
  wasm: {
    HEAPU8: Uint8Array<ArrayBuffer>;
    asm: { memory: WebAssembly.Memory };
    _malloc(bytes: number): number;
    _free(offset: number): void;
  };
  dataIdMap: { get(dataId: tf.DataId): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  incRef(dataId: tf.DataId): void;
}

const backend = (): WasmBackend => tf.findBackend("wasm") as unknown as WasmBackend;

/** All of the heap. Another object after the memory has grown, so not to be kept. */
export function heap(): Uint8Array<ArrayBuffer> {
  return backend().wasm.HEAPU8;
}

/** What {@linkcode heap} is a view of. */
export function heapMemory(): WebAssembly.Memory {
  return backend().wasm.asm.memory;
}

/** Bytes of the largest WebAssembly heap: its addresses have 32 bits. */
const LARGEST_HEAP = 2 ** 32;

let guarded: WasmBackend | undefined;

/**
 * Makes every allocation on the heap return an unsigned offset, or throw. tfjs's own returns negative offsets
 * above 2 GB, and lets a tensor that did not fit be written to offset 0.
 */
export function guardHeap(): void {
  if (guarded === backend()) return;
  guarded = backend();
  const { wasm } = guarded;
  wasm._free(wasm._malloc(1)); // emscripten puts the function in its place at the first call
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const offset = bytes < LARGEST_HEAP ? allocate(bytes) >>> 0 : 0;
    if (offset > 0 || bytes === 0) return offset;
    const gigabytes = (value: number) => `${(value / 2 ** 30).toFixed(value < 2 ** 30 ? 3 : 1)} GB`;
    throw new UserError(
      `Expected all tensors to fit into the ${
        gigabytes(LARGEST_HEAP)
      } that WebAssembly can address but found ` +
        `${gigabytes(tf.memory().numBytes)} in use and ${gigabytes(bytes)} more needed. ` +
        "Make batchSize, imageSize or widths smaller.",
    );
  };
}

/** Room on the heap that is never given back, of so many bytes. */
export function allocate(bytes: number): number {
  return backend().wasm._malloc(bytes) >>> 0;
}

/**
 * Lends room on the heap, its values not set.
 * @param lengths how many float32 of room, for each offset that `use` gets
 */
export function withRoom(lengths: number[], use: (...offsets: number[]) => void): void {
  const { wasm } = backend();
  const offsets: number[] = [];
  try {
    for (const length of lengths) offsets.push(wasm._malloc(4 * Math.max(1, length)));
    use(...offsets);
  } finally {
    offsets.forEach((offset) => wasm._free(offset));
  }
}

/** The float32 at an offset. Not to be kept: the memory may grow. */
export function floatsAt(offset: number, length: number): Float32Array<ArrayBuffer> {
  return new Float32Array(heap().buffer, offset, length);
}

/** The float64 at an offset. Not to be kept: the memory may grow. */
export function doublesAt(offset: number, length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(heap().buffer, offset, length);
}

/** A new tensor on the heap, its values not set. May grow the memory. */
export function newTensor(shape: number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
  return backend().makeOutput(shape, dtype);
}

/** The same values under another tensor: buffers are counted, and no kernel writes to its inputs. */
export function share({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  backend().incRef(dataId);
  return { dataId, shape, dtype };
}

/** Where a tensor lies on the heap. */
export function heapOffset({ dataId }: tf.TensorInfo): number {
  return backend().dataIdMap.get(dataId).memoryOffset;
}

/** The values of a float32 tensor, in place. Not to be kept: the memory may grow. */
export function heapView(tensor: tf.TensorInfo): Float32Array<ArrayBuffer> {
  return floatsAt(heapOffset(tensor), tf.util.sizeFromShape(tensor.shape));
}

/** Puts kernels in the place of the backend's own, or in places it leaves empty. */
export function replaceKernels(kernels: Record<string, tf.KernelFunc>): void {
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, "wasm")) tf.unregisterKernel(kernelName, "wasm");
    tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
  }
}
