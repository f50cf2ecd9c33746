/**
 * A small assembler for WebAssembly: enough to write loops over vectors of four numbers on a memory that is
 * given.
 *
 * Kernels are assembled when they are first needed, for the sizes that they are needed for. With the sizes
 * known, loops have a fixed length, addresses are constants, and sums stay in registers; which is what makes
 * them fast.
 *
 * Encoding: WebAssembly Core Specification 2.0, section 5. Every value on the stack is an i32 (an address or
 * a count) or a v128 (four float32).
 * @module
 */

/** Instructions, encoded. An expression is code that leaves one value on the stack. */
export type Code = number[];

/** A local variable: the code that leaves its value on the stack. */
export type Local = Code;

/** Signed LEB128, in which WebAssembly writes constants. */
function signed(value: number): Code {
  const bytes: Code = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    if ((value === 0 && !(low & 0x40)) || (value === -1 && (low & 0x40))) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

/** Unsigned LEB128, in which WebAssembly writes lengths, indices and offsets. */
function unsigned(value: number): Code {
  const bytes: Code = [];
  for (;;) {
    const low = value & 0x7f;
    value >>>= 7;
    if (value === 0) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const I32 = 0x7f, V128 = 0x7b;
/** Prefix of the vector instructions, whose numbers follow in LEB128. */
const SIMD = 0xfd;

/** An i32. */
export const constant = (value: number): Code => [0x41, ...signed(value)];
/** Sum of two i32. */
export const sum = (a: Code, b: Code): Code => [...a, ...b, 0x6a];

/** The operand of a load or store: an alignment of 4 bytes (2²) and a constant to add to the address. */
const at = (offset: number): Code => [2, ...unsigned(offset)];
/** Four float32 from memory. */
export const load = (address: Code, offset = 0): Code => [...address, SIMD, 0x00, ...at(offset)];
/** One float32 from memory, four times. */
export const loadSplat = (address: Code, offset = 0): Code => [...address, SIMD, 0x09, ...at(offset)];
/** Stores four float32. */
export const store = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  SIMD,
  0x0b,
  ...at(offset),
];

/** The same number four times. */
export const vectorConstant = (value: number): Code => [
  SIMD,
  0x0c,
  ...new Uint8Array(new Float32Array(4).fill(value).buffer), // little-endian, as WebAssembly's memory is
];
/** Four zeros. */
export const zero: Code = vectorConstant(0);
/** An instruction that takes two vectors and leaves one. */
export type Binary = (a: Code, b: Code) => Code;
const binary = (opcode: number): Binary => (a, b) => [...a, ...b, SIMD, ...unsigned(opcode)];
/** Of each of the four, as are those below. */
export const add: Binary = binary(0xe4);
export const subtract: Binary = binary(0xe5);
export const multiply: Binary = binary(0xe6);
/** The larger; NaN if either is NaN. */
export const maximum: Binary = binary(0xe9);
/** All bits set where a > b, else none. */
export const greater: Binary = binary(0x44);
/** All bits set where a = b, else none. */
export const equal: Binary = binary(0x41);
/** a where the bits of b are set, else 0. */
export const mask: Binary = binary(0x4e);
/** a where the bits of b are not set, else 0. */
export const maskOut: Binary = binary(0x4f);

/** The n-th of the four, four times. */
export const splat = (vector: Code, lane: number): Code => {
  const bytes = [0, 1, 2, 3].map((byte) => 4 * lane + byte);
  return [...vector, ...vector, SIMD, 0x0d, ...bytes, ...bytes, ...bytes, ...bytes];
};

/**
 * a · b + c, rounded once where the machine can: a single instruction of WebAssembly 3.0, the "relaxed"
 * multiply-add.
 */
export const multiplyAdd = (a: Code, b: Code, c: Code): Code =>
  hasMultiplyAdd() ? [...a, ...b, ...c, SIMD, ...unsigned(0x105)] : add(multiply(a, b), c);

let multiplyAddFound: boolean | undefined;
function hasMultiplyAdd(): boolean {
  if (multiplyAddFound === undefined) {
    const probe = new FunctionBuilder(1);
    probe.emit(store(probe.parameters[0], [...zero, ...zero, ...zero, SIMD, ...unsigned(0x105)]));
    multiplyAddFound = WebAssembly.validate(moduleBytes(probe, 1));
  }
  return multiplyAddFound;
}

export type Run = (...args: number[]) => void;

const local = (index: number): Local => [0x20, ...unsigned(index)];

/** A function under construction: takes i32s, returns nothing. */
export class FunctionBuilder {
  readonly parameters: Local[];
  readonly #locals: number[] = [];
  readonly #code: Code = [];

  constructor(parameters: number) {
    this.parameters = Array.from({ length: parameters }, (_, n) => local(n));
  }

  /** New locals that hold i32s. */
  integers(count: number): Local[] {
    return Array.from({ length: count }, () => this.#local(I32));
  }

  /** New locals that hold vectors. */
  vectors(count: number): Local[] {
    return Array.from({ length: count }, () => this.#local(V128));
  }

  #local(type: number): Local {
    return local(this.parameters.length + this.#locals.push(type) - 1);
  }

  /** Appends instructions that leave nothing on the stack. */
  emit(code: Code): void {
    // One by one: kernels are longer than a call's arguments may be.
    for (const byte of code) this.#code.push(byte);
  }

  set(local: Local, value: Code): void {
    this.emit([...value, 0x21, ...local.slice(1)]);
  }

  /** local += amount */
  advance(local: Local, amount: number): void {
    if (amount !== 0) this.set(local, sum(local, constant(amount)));
  }

  /** Copies bytes inside the memory. */
  copy(to: Code, from: Code, bytes: Code): void {
    this.emit([...to, ...from, ...bytes, 0xfc, 10, 0, 0]);
  }

  /**
   * Repeats what `body` emits.
   * @param times at least 1 if it is known only when the function runs; if it is 0 now, nothing is emitted
   */
  repeat(times: number | Local, body: () => void): void {
    if (times === 0) return;
    if (times === 1) return body();
    const [left] = this.integers(1);
    this.set(left, typeof times === "number" ? constant(times) : times);
    this.emit([0x03, 0x40]); // loop
    body();
    this.set(left, sum(left, constant(-1)));
    this.emit([...left, 0x0d, 0, 0x0b]); // once more unless it is 0; end
  }

  /** The function's type and body, as the sections of a module want them. */
  encode(): { type: Code; body: Code } {
    const locals = [...unsigned(this.#locals.length), ...this.#locals.flatMap((type) => [1, type])];
    const body = [...locals, ...this.#code, 0x0b];
    const parameters = this.parameters.map(() => I32);
    const type = [0x60, ...unsigned(parameters.length), ...parameters, 0];
    return { type, body: [...unsigned(body.length), ...body] };
  }
}

/**
 * The bytes of a module of one exported function, `run`, on an imported memory.
 * @param pages least size of the memory, in 64 KiB: addresses are checked against the true size, which takes
 * one comparison less for constant offsets that are sure to be below the least
 */
function moduleBytes(built: FunctionBuilder, pages: number): Uint8Array<ArrayBuffer> {
  const { type, body } = built.encode();
  const text = (value: string) => [...unsigned(value.length), ...new TextEncoder().encode(value)];
  const section = (id: number, content: Code) => [id, ...unsigned(content.length), ...content];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, [1, ...type]),
    ...section(2, [1, ...text("env"), ...text("memory"), 0x02, 0x00, ...unsigned(pages)]),
    ...section(3, [1, 0]), // one function, of type 0
    ...section(7, [1, ...text("run"), 0x00, 0]),
    ...section(10, [1, ...body]),
  ]);
}

/** A function for a memory, built and compiled when it is first called. */
export function assemble(memory: WebAssembly.Memory, build: () => FunctionBuilder): Run {
  let run: Run | undefined;
  const compile = () => {
    const pages = memory.buffer.byteLength / 2 ** 16; // memories only grow
    const module = new WebAssembly.Module(moduleBytes(build(), pages));
    return new WebAssembly.Instance(module, { env: { memory } }).exports.run as Run;
  };
  return (...args) => (run ??= compile())(...args);
}

/**
 * Whether functions can be assembled for a memory: it takes vector instructions, and a memory that no thread
 * shares.
 */
export function canAssemble(memory: WebAssembly.Memory): boolean {
  const probe = new FunctionBuilder(1);
  probe.emit(store(probe.parameters[0], zero));
  return memory.buffer instanceof ArrayBuffer && WebAssembly.validate(moduleBytes(probe, 1));
}
