/**
 * Finding and opening oneDNN's shared library, and the objects that every primitive needs.
 * @module
 */
import { EngineUnavailable } from "../engine.ts";
import { ENGINE_CPU, STATUS, STREAM_IN_ORDER } from "./constants.ts";

const REMEDY =
  "Install oneDNN 3 (Debian and Ubuntu: `apt-get install libdnnl3.6`; macOS: `brew install onednn`)";

/** File names of oneDNN 3.x: Debian's and Ubuntu's, upstream's, Homebrew's, Windows'. */
const FILE_NAMES: Record<string, string[]> = {
  linux: [".3", ".3.6", ".3.7", ".3.8", ".3.5", ""].map((version) => `libdnnl.so${version}`),
  darwin: [
    "libdnnl.3.dylib",
    "libdnnl.dylib",
    "/opt/homebrew/lib/libdnnl.dylib",
    "/usr/local/lib/libdnnl.dylib",
  ],
  windows: ["dnnl.dll"],
};

const object = "pointer", array = "buffer", int = "i32", float = "f32";
/** Most functions return a status. Each creating function writes a handle to its first argument. */
const fn = <const Parameters extends Deno.NativeType[]>(...parameters: Parameters) =>
  ({ parameters, result: "i32" }) as const;
/** A function that describes a primitive; its last parameter are attributes. */
const describing = <const Parameters extends Deno.NativeType[]>(...parameters: Parameters) =>
  fn(array, object, ...parameters, object);

// deno-fmt-ignore
const SYMBOLS = {
  dnnl_version: { parameters: [], result: object },
  dnnl_engine_create: fn(array, int, "usize"),
  dnnl_stream_create: fn(array, object, "u32"),
  dnnl_memory_desc_create_with_tag: fn(array, int, array, int, int),
  dnnl_memory_desc_get_size: { parameters: [object], result: "usize" },
  dnnl_memory_create: fn(array, object, object, object),
  // (memory, address): a number, since a pointer would be one more object a call
  dnnl_memory_set_data_handle: fn(object, "usize"),
  dnnl_primitive_desc_query_md: { parameters: [object, int, int], result: object },
  dnnl_primitive_create: fn(array, object),
  dnnl_primitive_execute: fn(object, object, int, array),
  dnnl_reorder_primitive_desc_create: fn(array, object, object, object, object, object),
  // (propagation, algorithm, source, weights, bias, destination, strides, dilations, padding before, after)
  dnnl_convolution_forward_primitive_desc_create:
    describing(int, int, object, object, object, object, array, array, array, array),
  // (algorithm, source gradient, weights, destination gradient, strides, dilations, paddings, forward)
  dnnl_convolution_backward_data_primitive_desc_create:
    describing(int, object, object, object, array, array, array, array, object),
  // (algorithm, source, weights gradient, bias gradient, destination gradient, strides, dilations, paddings,
  // forward)
  dnnl_convolution_backward_weights_primitive_desc_create:
    describing(int, object, object, object, object, array, array, array, array, object),
  // (propagation, source, destination, epsilon, flags)
  dnnl_batch_normalization_forward_primitive_desc_create: describing(int, object, object, float, "u32"),
  // (propagation, source gradient, destination gradient, source, epsilon, flags, forward)
  dnnl_batch_normalization_backward_primitive_desc_create:
    describing(int, object, object, object, float, "u32", object),
} as const;

export type Symbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Looks at what a function returned. @throws {Error} unless it says success */
export function check(status: number, what: string): void {
  if (status !== 0) {
    throw new Error(`oneDNN, ${what}: ${STATUS[status] ?? "unknown error"} (status ${status})`);
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
  if (pointer === null) throw new Error(`oneDNN, ${what}: no handle`);
  return pointer;
}

export interface OneDnn {
  readonly symbols: Symbols;
  /** such as "3.7.2" */
  readonly version: string;
  readonly engine: Deno.PointerObject;
  /** what primitives are submitted to */
  readonly stream: Deno.PointerObject;
}

/** Describes a primitive. @param details the arguments that stand above, without those that all have */
export function describe(
  { symbols, engine }: OneDnn,
  kind:
    | "convolution_forward"
    | "convolution_backward_data"
    | "convolution_backward_weights"
    | "batch_normalization_forward"
    | "batch_normalization_backward",
  details: readonly (number | BigInt64Array | Deno.PointerValue)[],
): Deno.PointerObject {
  const call = symbols[`dnnl_${kind}_primitive_desc_create`] as (...args: unknown[]) => number;
  return create(kind, (handle) => call(handle, engine, ...details, null));
}

function open(path: string): OneDnn {
  const { symbols } = Deno.dlopen(path, SYMBOLS);
  // struct dnnl_version_t begins with int major, minor, patch.
  const view = new Deno.UnsafePointerView(symbols.dnnl_version()!);
  const version = [0, 4, 8].map((offset) => view.getInt32(offset)).join(".");
  if (!version.startsWith("3.")) throw new Error(`${path} is oneDNN ${version}, and version 3 is needed`);
  const engine = create("engine", (handle) => symbols.dnnl_engine_create(handle, ENGINE_CPU, 0n));
  const stream = create("stream", (handle) => symbols.dnnl_stream_create(handle, engine, STREAM_IN_ORDER));
  return { symbols, version, engine, stream };
}

/**
 * Opens oneDNN, for one thread: with two, any other work on the machine brings training almost to a halt.
 * @throws {EngineUnavailable} with the reason: no library, another version, a function missing
 */
export function openOneDnn(): OneDnn {
  const reasons: string[] = [];
  Deno.env.set("OMP_NUM_THREADS", "1"); // read by OpenMP when the library is loaded
  // Where it has none of the usual names or lies in none of the system's places.
  const path = Deno.env.get("LWM_ONEDNN_LIBRARY");
  for (const name of path ? [path] : FILE_NAMES[Deno.build.os] ?? []) {
    try {
      return open(name);
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  // A library that is there but unfit says more than names under which there is none.
  const isMissing = (reason: string) => reason.startsWith("Could not open library");
  const unfit = reasons.find((reason) => !isMissing(reason));
  throw new EngineUnavailable(
    unfit ?? `the library was not found (${reasons[0] ?? `unknown on ${Deno.build.os}`})`,
    REMEDY,
  );
}
