/**
 * The end of a residual block.
 * @module
 */
import * as wasm from "./assembler.ts";

/** Vectors of four numbers that are worked on in one step of the loop. */
const TOGETHER = 4;

/** A function of (steps, a, b, y): y = combine(a, b), for steps · 16 numbers. */
function elementwise(combine: wasm.Binary): wasm.FunctionBuilder {
  const f = new wasm.FunctionBuilder(4);
  const [steps, a, b, y] = f.parameters;
  f.repeat(steps, () => {
    for (let n = 0; n < TOGETHER; n++) {
      f.emit(wasm.store(y, combine(wasm.load(a, 16 * n), wasm.load(b, 16 * n)), 16 * n));
    }
    [a, b, y].forEach((pointer) => f.advance(pointer, 16 * TOGETHER));
  });
  return f;
}

/** (size, a, b, y): y from a and b, offsets on the heap of so many numbers, a multiple of sixteen. */
export type Elementwise = (size: number, a: number, b: number, y: number) => void;

/** y = max(0, a + b), and its gradient: dz = dy where y > 0, else 0, of (dy, y, dz). */
export function wasmResidual(memory: WebAssembly.Memory): Record<"addRelu" | "maskByRelu", Elementwise> {
  const assemble = (combine: wasm.Binary): Elementwise => {
    const run = wasm.assemble(memory, () => elementwise(combine));
    return (size, ...offsets) => run(size / (4 * TOGETHER), ...offsets);
  };
  return {
    addRelu: assemble((a, b) => wasm.maximum(wasm.add(a, b), wasm.zero)),
    maskByRelu: assemble((a, b) => wasm.mask(a, wasm.greater(b, wasm.zero))),
  };
}
