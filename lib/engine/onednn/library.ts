/**
 * Finding and opening oneDNN's shared library, and the objects that every primitive needs.
 * @module
 */
import { ENGINE_CPU, STATUS, STREAM_IN_ORDER } from "./constants.ts";

/** File names of oneDNN 3.x: Debian's and Ubuntu's, upstream's, Homebrew's, Windows'. */
const FILE_NAMES: Record<string, string[]> = {
  linux: [
    "libdnnl.so.3",
    "libdnnl.so.3.6",
    "libdnnl.so.3.7",
    "libdnnl.so.3.8",
    "libdnnl.so.3.5",
    "libdnnl.so",
  ],
  darwin: [
    "libdnnl.3.dylib",
    "libdnnl.dylib",
    "/opt/homebrew/lib/libdnnl.dylib",
    "/usr/local/lib/libdnnl.dylib",
  ],
  windows: ["dnnl.dll"],
};

/** The version whose functions and numbers are used here. */
const MAJOR_VERSION = 3;

/** Never gone since the first version, so it tells whether the rest will be there. */
const VERSION_SYMBOL = { dnnl_version: { parameters: [], result: "pointer" } } as const;

/** Each creating function writes a handle to its first argument; `buffer`s are arrays of ours, `pointer`s oneDNN's objects. */
// deno-fmt-ignore
const SYMBOLS = {
  dnnl_engine_create: { parameters: ["buffer", "i32", "usize"], result: "i32" },
  dnnl_stream_create: { parameters: ["buffer", "pointer", "u32"], result: "i32" },
  dnnl_memory_desc_create_with_tag: { parameters: ["buffer", "i32", "buffer", "i32", "i32"], result: "i32" },
  dnnl_memory_desc_equal: { parameters: ["pointer", "pointer"], result: "i32" },
  dnnl_memory_desc_get_size: { parameters: ["pointer"], result: "usize" },
  dnnl_memory_create: { parameters: ["buffer", "pointer", "pointer", "pointer"], result: "i32" },
  dnnl_memory_set_data_handle: { parameters: ["pointer", "pointer"], result: "i32" },
  dnnl_primitive_desc_query_md: { parameters: ["pointer", "i32", "i32"], result: "pointer" },
  dnnl_primitive_create: { parameters: ["buffer", "pointer"], result: "i32" },
  dnnl_primitive_execute: { parameters: ["pointer", "pointer", "i32", "buffer"], result: "i32" },
  dnnl_reorder_primitive_desc_create: {
    parameters: ["buffer", "pointer", "pointer", "pointer", "pointer", "pointer"],
    result: "i32",
  },
  // (…, engine, propagation, algorithm, source, weights, bias, destination, strides, dilations, padding before, after, attributes)
  dnnl_convolution_forward_primitive_desc_create: {
    parameters: ["buffer", "pointer", "i32", "i32", "pointer", "pointer", "pointer", "pointer", "buffer",
      "buffer", "buffer", "buffer", "pointer"],
    result: "i32",
  },
  // (…, engine, algorithm, source gradient, weights, destination gradient, strides, dilations, paddings, forward, attributes)
  dnnl_convolution_backward_data_primitive_desc_create: {
    parameters: ["buffer", "pointer", "i32", "pointer", "pointer", "pointer", "buffer", "buffer", "buffer",
      "buffer", "pointer", "pointer"],
    result: "i32",
  },
  // (…, engine, algorithm, source, weights gradient, bias gradient, destination gradient, strides, dilations, paddings, forward, attributes)
  dnnl_convolution_backward_weights_primitive_desc_create: {
    parameters: ["buffer", "pointer", "i32", "pointer", "pointer", "pointer", "pointer", "buffer", "buffer",
      "buffer", "buffer", "pointer", "pointer"],
    result: "i32",
  },
  // (…, engine, propagation, source, destination, epsilon, flags, attributes)
  dnnl_batch_normalization_forward_primitive_desc_create: {
    parameters: ["buffer", "pointer", "i32", "pointer", "pointer", "f32", "u32", "pointer"],
    result: "i32",
  },
  // (…, engine, propagation, source gradient, destination gradient, source, epsilon, flags, forward, attributes)
  dnnl_batch_normalization_backward_primitive_desc_create: {
    parameters: ["buffer", "pointer", "i32", "pointer", "pointer", "pointer", "f32", "u32", "pointer",
      "pointer"],
    result: "i32",
  },
  dnnl_post_ops_create: { parameters: ["buffer"], result: "i32" },
  dnnl_post_ops_append_eltwise: { parameters: ["pointer", "i32", "f32", "f32"], result: "i32" },
  dnnl_primitive_attr_create: { parameters: ["buffer"], result: "i32" },
  dnnl_primitive_attr_set_post_ops: { parameters: ["pointer", "pointer"], result: "i32" },
  // (…, engine, algorithm, source 0, source 1, destination, attributes)
  dnnl_binary_primitive_desc_create: {
    parameters: ["buffer", "pointer", "i32", "pointer", "pointer", "pointer", "pointer"],
    result: "i32",
  },
  // (…, engine, propagation, algorithm, source, destination, alpha, beta, attributes)
  dnnl_eltwise_forward_primitive_desc_create: {
    parameters: ["buffer", "pointer", "i32", "i32", "pointer", "pointer", "f32", "f32", "pointer"],
    result: "i32",
  },
  // (…, engine, algorithm, source gradient, destination gradient, data, alpha, beta, forward, attributes)
  dnnl_eltwise_backward_primitive_desc_create: {
    parameters: ["buffer", "pointer", "i32", "pointer", "pointer", "pointer", "f32", "f32", "pointer",
      "pointer"],
    result: "i32",
  },
} as const;

export type Symbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** oneDNN cannot be used; the message says why. */
export class OneDnnError extends Error {
  override readonly name = "OneDnnError";

  /** Says why. @param remedy what to do about it, if another thing than installing oneDNN */
  constructor(message: string, readonly remedy?: string) {
    super(message);
  }
}

/** Looks at what a function returned. @throws {OneDnnError} unless it says success */
export function check(status: number, what: string): void {
  if (status !== 0) {
    throw new OneDnnError(`oneDNN, ${what}: ${STATUS[status] ?? "unknown error"} (status ${status})`);
  }
}

/** Calls a creating function and returns the handle that it wrote. */
export function create(
  what: string,
  call: (handle: BigUint64Array<ArrayBuffer>) => number,
): Deno.PointerObject {
  const handle = new BigUint64Array(1);
  check(call(handle), what);
  const pointer = Deno.UnsafePointer.create(handle[0]);
  if (pointer === null) throw new OneDnnError(`oneDNN, ${what}: no handle`);
  return pointer;
}

/** An opened library. */
export interface OneDnn {
  readonly symbols: Symbols;
  /** such as "3.7.2" */
  readonly version: string;
  readonly engine: Deno.PointerObject;
  /** what primitives are submitted to */
  readonly stream: Deno.PointerObject;
  /** OpenMP threads, fixed when the library is opened */
  readonly threads: number;
}

function readVersion(path: string): { major: number; version: string } {
  const library = Deno.dlopen(path, VERSION_SYMBOL);
  try {
    const pointer = library.symbols.dnnl_version();
    if (pointer === null) throw new OneDnnError(`${path} tells no version`);
    // struct dnnl_version_t begins with int major, minor, patch.
    const view = new Deno.UnsafePointerView(pointer);
    const [major, minor, patch] = [0, 4, 8].map((offset) => view.getInt32(offset));
    return { major, version: `${major}.${minor}.${patch}` };
  } finally {
    library.close();
  }
}

function open(path: string, threads: number): OneDnn {
  const { major, version } = readVersion(path);
  if (major !== MAJOR_VERSION) {
    throw new OneDnnError(`${path} is oneDNN ${version}, and version ${MAJOR_VERSION} is needed`);
  }
  const { symbols } = Deno.dlopen(path, SYMBOLS);
  const engine = create("engine", (handle) => symbols.dnnl_engine_create(handle, ENGINE_CPU, 0n));
  const stream = create("stream", (handle) => symbols.dnnl_stream_create(handle, engine, STREAM_IN_ORDER));
  return { symbols, version, engine, stream, threads };
}

/** The library's path, where it has none of the usual names or lies in none of the system's places. */
const PATH_VARIABLE = "LWM_ONEDNN_LIBRARY";

/**
 * Opens oneDNN.
 * @param threads OpenMP threads
 * @throws {OneDnnError} with the reason: no library, no permission, another version, a function missing
 */
export function openOneDnn(threads: number): OneDnn {
  const reasons: string[] = [];
  try {
    Deno.env.set("OMP_NUM_THREADS", String(threads)); // read by OpenMP when the library is loaded
    const path = Deno.env.get(PATH_VARIABLE);
    for (const name of path ? [path] : FILE_NAMES[Deno.build.os] ?? []) {
      try {
        return open(name, threads);
      } catch (error) {
        if (error instanceof Deno.errors.NotCapable) throw error;
        reasons.push((error as Error).message);
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new OneDnnError(
      `there is no permission to load it (${error.message})`,
      "Run with --allow-ffi --allow-env",
    );
  }
  // A library that is there but unfit says more than names under which there is none.
  const isMissing = (reason: string) => reason.startsWith("Could not open library");
  const unfit = reasons.find((reason) => !isMissing(reason));
  throw new OneDnnError(
    unfit ?? `the library was not found (${reasons[0] ?? `unknown on ${Deno.build.os}`})`,
  );
}
