/**
 * oneDNN's primitives: computations for one set of sizes, made once and run many times on changing pointers.
 * @module
 */
import { Argument, FLOAT32, Layout } from "./constants.ts";
import { check, create, type OneDnn } from "./library.ts";

export type Descriptor = Deno.PointerObject;

/** `dnnl_dims_t`, an array of 12 numbers of which the first are used. */
export function dimensions(...sizes: number[]): BigInt64Array<ArrayBuffer> {
  const dims = new BigInt64Array(12);
  sizes.forEach((size, i) => dims[i] = BigInt(size));
  return dims;
}

/** Describes float32 memory. */
export function descriptor({ symbols }: OneDnn, layout: number, ...sizes: number[]): Descriptor {
  return create(
    "memory descriptor",
    (handle) =>
      symbols.dnnl_memory_desc_create_with_tag(handle, sizes.length, dimensions(...sizes), FLOAT32, layout),
  );
}

/** Activations of the given sizes, in tfjs's layout. */
export function activations(
  library: OneDnn,
  batch: number,
  height: number,
  width: number,
  channels: number,
): Descriptor {
  return descriptor(library, Layout.nhwc, batch, channels, height, width);
}

/** Whether two descriptors say the same. */
export function sameLayout({ symbols }: OneDnn, a: Descriptor, b: Descriptor): boolean {
  return symbols.dnnl_memory_desc_equal(a, b) !== 0;
}

/** Bytes of memory of the given description. */
export function byteLength({ symbols }: OneDnn, memory: Descriptor): number {
  return Number(symbols.dnnl_memory_desc_get_size(memory));
}

/** The description of one of a primitive's memories (see `Query`), as the primitive chose it. */
export function chosenDescriptor(
  { symbols }: OneDnn,
  primitive: Deno.PointerObject,
  query: number,
): Descriptor {
  const pointer = symbols.dnnl_primitive_desc_query_md(primitive, query, 0);
  if (pointer === null) throw new Error(`oneDNN tells no memory descriptor ${query}`);
  return pointer;
}

/** Memory that belongs to a primitive, for values in a layout that oneDNN chose. */
export class Scratch {
  readonly memory: Deno.PointerObject;
  /** Kept so that it is not collected: only oneDNN knows its address. */
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor({ symbols, engine }: OneDnn, description: Descriptor) {
    const alignment = 64; // a cache line, which oneDNN's vector loads like
    const size = Number(symbols.dnnl_memory_desc_get_size(description));
    this.#bytes = new Uint8Array(size + alignment);
    const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.#bytes));
    const aligned = Math.ceil(Number(start) / alignment) * alignment;
    const data = Deno.UnsafePointer.create(BigInt(aligned));
    this.memory = create("memory", (handle) => symbols.dnnl_memory_create(handle, description, engine, data));
  }
}

/** One input or output: its `Argument`, and either a description (the pointer comes with each run) or memory that stays. */
export type Binding = [argument: number, memory: Descriptor | Scratch];

/** A primitive that is ready to run. */
export class Primitive {
  readonly #library: OneDnn;
  readonly #primitive: Deno.PointerObject;
  readonly #moving: Deno.PointerObject[] = [];
  readonly #arguments: BigUint64Array<ArrayBuffer>;
  readonly #bindings: Binding[];

  /** Makes it from its description. @param bindings all inputs and outputs */
  constructor(library: OneDnn, description: Deno.PointerObject, bindings: Binding[]) {
    const { symbols, engine } = library;
    this.#library = library;
    this.#bindings = bindings; // holds the scratch memories
    this.#primitive = create("primitive", (handle) => symbols.dnnl_primitive_create(handle, description));
    this.#arguments = new BigUint64Array(2 * bindings.length); // dnnl_exec_arg_t: int argument, padding, memory handle
    bindings.forEach(([argument, bound], i) => {
      let memory;
      if (bound instanceof Scratch) {
        memory = bound.memory;
      } else {
        memory = create("memory", (handle) => symbols.dnnl_memory_create(handle, bound, engine, null));
        this.#moving.push(memory);
      }
      this.#arguments[2 * i] = BigInt(argument);
      this.#arguments[2 * i + 1] = BigInt(Deno.UnsafePointer.value(memory));
    });
  }

  /** Runs it. @param pointers where the data lie, in the order of the bindings that are no scratch memory */
  run(...pointers: Deno.PointerValue[]): void {
    const { symbols, stream } = this.#library;
    if (pointers.length !== this.#moving.length) throw new Error(`Expected ${this.#moving.length} pointers`);
    this.#moving.forEach((memory, i) => symbols.dnnl_memory_set_data_handle(memory, pointers[i]));
    check(
      symbols.dnnl_primitive_execute(this.#primitive, stream, this.#bindings.length, this.#arguments),
      "run",
    );
  }
}

/** A primitive that copies from one layout into another. */
export function reorder(
  library: OneDnn,
  from: [Descriptor, Descriptor | Scratch],
  to: [Descriptor, Descriptor | Scratch],
): Primitive {
  const { symbols, engine } = library;
  const description = create(
    "reorder",
    (handle) => symbols.dnnl_reorder_primitive_desc_create(handle, from[0], engine, to[0], engine, null),
  );
  return new Primitive(library, description, [[Argument.source, from[1]], [Argument.destination, to[1]]]);
}

/** Primitives are costly to make and made for fixed sizes: one for each key, kept. */
export class Cache<T> {
  readonly #made = new Map<string, T>();

  /** The value for these sizes, made by `make` the first time. */
  get(key: readonly (number | boolean)[], make: () => T): T {
    const name = key.join();
    let value = this.#made.get(name);
    if (value === undefined) this.#made.set(name, value = make());
    return value;
  }
}
