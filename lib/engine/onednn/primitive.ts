/**
 * oneDNN's primitives: computations for one set of sizes, made once and run many times on changing pointers.
 * @module
 */
import { Argument, FLOAT32, Layout } from "./constants.ts";
import { heap } from "../wasm/heap.ts";
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
export function activations(library: OneDnn, [batch, height, width, channels]: number[]): Descriptor {
  return descriptor(library, Layout.nhwc, batch, channels, height, width);
}

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

  constructor(library: OneDnn, description: Descriptor) {
    const { symbols, engine } = library;
    const alignment = 64; // a cache line, which oneDNN's vector loads like
    this.#bytes = new Uint8Array(byteLength(library, description) + alignment);
    const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.#bytes));
    const aligned = Math.ceil(Number(start) / alignment) * alignment;
    const data = Deno.UnsafePointer.create(BigInt(aligned));
    this.memory = create("memory", (handle) => symbols.dnnl_memory_create(handle, description, engine, data));
  }
}

/**
 * One input or output: its `Argument`, and either a description (each run says where it lies) or memory that
 * stays.
 */
export type Binding = [argument: number, memory: Descriptor | Scratch];

let heapBytes: Uint8Array<ArrayBuffer> | undefined;
let heapAddress = 0n;

/** The address of the heap, until memory is next taken on it, which may move it. */
function addressOfHeap(): bigint {
  if (heap() !== heapBytes) {
    heapBytes = heap();
    heapAddress = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(heapBytes)));
  }
  return heapAddress;
}

/**
 * A primitive that is ready to run: a function of where its data lie on the heap, in the order of the
 * bindings that are no scratch memory.
 * @param bindings all inputs and outputs
 */
export function primitive(
  { symbols, engine, stream }: OneDnn,
  description: Deno.PointerObject,
  bindings: Binding[],
): (...offsets: number[]) => void {
  const handle = create("primitive", (handle) => symbols.dnnl_primitive_create(handle, description));
  const bound = bindings.map(([argument, memory]) => ({
    argument,
    moves: !(memory instanceof Scratch),
    memory: memory instanceof Scratch
      ? memory.memory
      : create("memory", (handle) => symbols.dnnl_memory_create(handle, memory, engine, null)),
  }));
  const moving = bound.filter(({ moves }) => moves).map(({ memory }) => memory);
  // dnnl_exec_arg_t: int argument, padding, memory handle
  const args = BigUint64Array.from(
    bound.flatMap(({ argument, memory }) => [BigInt(argument), Deno.UnsafePointer.value(memory)]),
  );
  return (...offsets) => { // holds the bindings, and so the scratch memories
    if (offsets.length !== moving.length) throw new Error(`Expected ${moving.length} offsets`);
    const start = addressOfHeap();
    moving.forEach((memory, i) => symbols.dnnl_memory_set_data_handle(memory, start + BigInt(offsets[i])));
    check(symbols.dnnl_primitive_execute(handle, stream, bindings.length, args), "run");
  };
}

/** A primitive that copies from one layout into another. */
export function reorder(
  library: OneDnn,
  [from, source]: [Descriptor, Descriptor | Scratch],
  [to, destination]: [Descriptor, Descriptor | Scratch],
): (...offsets: number[]) => void {
  const { symbols, engine } = library;
  const description = create(
    "reorder",
    (handle) => symbols.dnnl_reorder_primitive_desc_create(handle, from, engine, to, engine, null),
  );
  return primitive(library, description, [[Argument.source, source], [Argument.destination, destination]]);
}
