/**
 * The gradient of max pooling: each dy goes to the first input of its window that is the maximum. The stock
 * kernel looks at every window for every input.
 * @module
 */
import type { backend_util } from "@tensorflow/tfjs";
import * as wasm from "./assembler.ts";

/**
 * A function of (rows, columns, x, y, dy, dx), of the part of one window that lies in the image. All but two
 * are offsets on the heap. @param row numbers from one row of the image to the next
 */
function handOnWindow(channels: number, row: number): wasm.FunctionBuilder {
  const f = new wasm.FunctionBuilder(6);
  const [rows, columns, x, y, dy, dx] = f.parameters;
  const [rowOfX, rowOfDx, atX, atDx] = f.integers(4);
  const [largest, left, met] = f.vectors(3);
  f.repeat(channels / 4, () => {
    f.set(largest, wasm.load(y));
    f.set(left, wasm.load(dy));
    f.set(rowOfX, x);
    f.set(rowOfDx, dx);
    f.repeat(rows, () => {
      f.set(atX, rowOfX);
      f.set(atDx, rowOfDx);
      f.repeat(columns, () => {
        f.set(met, wasm.equal(wasm.load(atX), largest));
        f.emit(wasm.store(atDx, wasm.add(wasm.load(atDx), wasm.mask(left, met))));
        f.set(left, wasm.maskOut(left, met));
        [atX, atDx].forEach((pointer) => f.advance(pointer, 4 * channels));
      });
      [rowOfX, rowOfDx].forEach((pointer) => f.advance(pointer, 4 * row));
    });
    [x, y, dy, dx].forEach((pointer) => f.advance(pointer, 16));
  });
  return f;
}

/** (x, y, dy, dx), offsets on the heap, of channels in multiples of four; dx is zero at first. */
export function maxPoolGradient(
  pool: backend_util.Conv2DInfo,
  memory: WebAssembly.Memory,
): (x: number, y: number, dy: number, dx: number) => void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = pool;
  const row = inWidth * inChannels;
  const handOn = wasm.assemble(memory, () => handOnWindow(inChannels, row));
  return (x, y, dy, dx) => {
    for (let n = 0; n < batchSize * outHeight * outWidth; n++) {
      const top = Math.floor(n / outWidth) % outHeight * pool.strideHeight - padInfo.top;
      const left = n % outWidth * pool.strideWidth - padInfo.left;
      const [firstRow, firstColumn] = [Math.max(0, top), Math.max(0, left)];
      const rows = Math.min(inHeight, top + pool.filterHeight) - firstRow;
      const columns = Math.min(inWidth, left + pool.filterWidth) - firstColumn;
      const image = Math.floor(n / (outHeight * outWidth)) * inHeight;
      const from = 4 * ((image + firstRow) * row + firstColumn * inChannels), to = 4 * n * inChannels;
      handOn(rows, columns, x + from, y + to, dy + to, dx + from);
    }
  };
}
