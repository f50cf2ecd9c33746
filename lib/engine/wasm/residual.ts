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

/** The end of a residual block, for tensors of one size. All arguments are offsets on the heap. */
export interface HeapResidual {
  /** y = max(0, a + b) */
  forward(a: number, b: number, y: number): void;
  /** dz = dy where y > 0, else 0 */
  backward(dy: number, y: number, dz: number): void;
}

/** Assembles both for tensors whose size is a multiple of sixteen; others have none. */
export function wasmResidual(memory: WebAssembly.Memory): (size: number) => HeapResidual | undefined {
  const assemble = (combine: wasm.Binary) => wasm.assemble(memory, () => elementwise(combine));
  const addRelu = assemble((a, b) => wasm.maximum(wasm.add(a, b), wasm.zero));
  const mask = assemble((a, b) => wasm.mask(a, wasm.greater(b, wasm.zero)));
  return (size) => {
    const steps = size / (4 * TOGETHER);
    if (!Number.isInteger(steps) || steps === 0) return undefined;
    return {
      forward: (...offsets) => addRelu(steps, ...offsets),
      backward: (...offsets) => mask(steps, ...offsets),
    };
  };
}
