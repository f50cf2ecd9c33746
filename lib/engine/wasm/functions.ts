/**
 * The functions of `kernels.c`, by name, on the heap of tfjs's WebAssembly backend. All arguments are offsets
 * on the heap and sizes.
 *
 * There are two carriers of the same arithmetic: {@linkcode loadWasm} here, and `native.ts`.
 * @module
 */
import { COMPILED } from "./compiled.ts";
import { allocate, floatsAt, heapMemory, withRoom } from "./heap.ts";

/** How many offsets on the heap each function takes, and how many sizes after them. */
export const FUNCTIONS = {
  convolutionRoom: { offsets: 1, sizes: 1 },
  convolution: { offsets: 5, sizes: 1 },
  filterGradientRoom: { offsets: 1, sizes: 1 },
  filterGradient: { offsets: 5, sizes: 1 },
  inputGradientRoom: { offsets: 1, sizes: 1 },
  inputGradient: { offsets: 5, sizes: 1 },
  sumsRoom: { offsets: 0, sizes: 3 },
  channelSums: { offsets: 4, sizes: 4 },
  channelGradients: { offsets: 6, sizes: 4 },
  normalize: { offsets: 5, sizes: 4 },
  normalizeGradient: { offsets: 6, sizes: 4 },
  addRelu: { offsets: 3, sizes: 2 },
  reluGradient: { offsets: 3, sizes: 2 },
  maxPoolGradient: { offsets: 5, sizes: 0 },
  sgdStep: { offsets: 6, sizes: 1 },
} as const;

/** The name of a function of `kernels.c`. */
export type FunctionName = keyof typeof FUNCTIONS;

/** All of them. Those named `…Room` return how many float32 another needs to work in. */
export type Functions = Record<FunctionName, (...args: number[]) => number>;

/** Something that carries out `kernels.c`. */
export interface Carrier {
  readonly functions: Functions;
  /** for people, such as "compiled by gcc 12.2.0" */
  readonly description: string;
  /** whether it can use more than one thread */
  readonly hasThreads: boolean;
}

/** Room for the stack that the compiler puts structures on, in bytes. */
const STACK = 1 << 14;

let fused: boolean | undefined;

/**
 * `kernels.c` in WebAssembly, on tfjs's memory.
 * @param isFused whether a multiply-add rounds once
 * @throws {WebAssembly.CompileError} where there are no vector instructions
 * @throws {WebAssembly.LinkError} where threads share the memory
 */
export function loadWasm(isFused: boolean): Carrier {
  const functions = instantiate(isFused ? "fused" : "unfused").exports as unknown as Functions;
  return { functions, description: "WebAssembly", hasThreads: false };
}

/**
 * Whether a multiply-add rounds once here, as the processors of the last ten years can. "Relaxed" WebAssembly
 * may also round twice, so one is tried: `a·b` is `1 − 2⁻²⁶`, which float32 rounds to 1.
 */
export function isFused(): boolean {
  if (fused !== undefined) return fused;
  if (!WebAssembly.validate(bytesOf("fused"))) return fused = false;
  const { multiplyAdd } = instantiate("fused").exports as unknown as Record<
    "multiplyAdd",
    (abc: number, out: number) => void
  >;
  withRoom([12, 4], (abc, out) => {
    const [a, b, c] = [1 + 2 ** -13, 1 - 2 ** -13, -1];
    floatsAt(abc, 12).set([a, a, a, a, b, b, b, b, c, c, c, c]);
    multiplyAdd(abc, out);
    fused = floatsAt(out, 4).every((value) => value === -(2 ** -26));
  });
  return fused!;
}

const instances = new Map<keyof typeof COMPILED.modules, WebAssembly.Instance>();

function instantiate(name: keyof typeof COMPILED.modules): WebAssembly.Instance {
  let instance = instances.get(name);
  if (!instance) {
    const module = new WebAssembly.Module(bytesOf(name));
    instance = new WebAssembly.Instance(module, { env: { memory: heapMemory() } });
    // The module must not use the stack that it thinks it has: the memory there is tfjs's.
    const pointer = instance.exports.__stack_pointer as WebAssembly.Global;
    pointer.value = (allocate(STACK) + STACK) & ~15;
    instances.set(name, instance);
  }
  return instance;
}

function bytesOf(name: keyof typeof COMPILED.modules): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(COMPILED.modules[name]), (letter) => letter.charCodeAt(0));
}
