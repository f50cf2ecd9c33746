/**
 * The end of a residual block.
 * @module
 */
import * as wasm from "./assembler.ts";

/** Vectors of four numbers that are worked on in one step of the loop. */
const TOGETHER = 4;

/** A function of (steps, a, b, y): y = combine(a, b), for steps · 16 numbers. */
function elementwise(combine: (a: wasm.Code, b: wasm.Code) => wasm.Code): wasm.FunctionBuilder {
  const f = new wasm.FunctionBuilder(4);
  const [steps, a, b, y] = [0, 1, 2, 3].map((n) => f.parameter(n));
  f.repeat(steps, () => {
    for (let n = 0; n < TOGETHER; n++) {
      const value = combine(wasm.load(wasm.get(a), 16 * n), wasm.load(wasm.get(b), 16 * n));
      f.emit(wasm.store(wasm.get(y), value, 16 * n));
    }
    [a, b, y].forEach((pointer) => f.advance(pointer, 16 * TOGETHER));
  });
  return f;
}

/** Functions of (size, a, b, y), where the size is a multiple of 16 and the others are offsets on the heap. */
export interface WasmResidual {
  /** y = max(0, a + b) */
  addRelu: (size: number, a: number, b: number, y: number) => void;
  /** y = a where b > 0, else 0 */
  reluGradient: (size: number, a: number, b: number, y: number) => void;
}

/** The numbers come in steps of sixteen. */
export function residualSupports(size: number): boolean {
  return size > 0 && size % (4 * TOGETHER) === 0;
}

/** Assembles both. */
export function assembleResidual(memory: WebAssembly.Memory): WasmResidual {
  const make = (combine: (a: wasm.Code, b: wasm.Code) => wasm.Code) => {
    const run = wasm.assemble(memory, elementwise(combine));
    return (size: number, a: number, b: number, y: number) => run(size / (4 * TOGETHER), a, b, y);
  };
  return {
    addRelu: make((a, b) => wasm.maximum(wasm.add(a, b), wasm.zero)),
    reluGradient: make((a, b) => wasm.mask(a, wasm.greater(b, wasm.zero))),
  };
}
