/**
 * The gradient of max pooling: each dy goes to the first input of its window that is the maximum. The stock
 * kernel looks at every window for every input.
 * @module
 */
import type { backend_util } from "@tensorflow/tfjs";
import * as wasm from "./assembler.ts";
import { heap } from "./heap.ts";

/**
 * (rows, columns, x, y, dy, dx), of the part of one window that lies in the image. All but two are offsets on
 * the heap.
 */
type HandOn = (rows: number, columns: number, x: number, y: number, dy: number, dx: number) => void;

/** As a function of vectors of four channels. @param row numbers from one row of the image to the next */
function handOnVectors(channels: number, row: number): wasm.FunctionBuilder {
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

/** The same channel by channel, for any number of them. */
function handOnNumbers(channels: number, row: number): HandOn {
  return (rows, columns, ...offsets) => {
    const numbers = new Float32Array(heap().buffer);
    const [x, y, dy, dx] = offsets.map((offset) => offset / 4);
    for (let c = 0; c < channels; c++) {
      const places = Array.from(
        { length: rows * columns },
        (_, i) => Math.floor(i / columns) * row + i % columns * channels + c,
      );
      const place = places.find((place) => numbers[x + place] === numbers[y + c]);
      if (place !== undefined) numbers[dx + place] += numbers[dy + c];
    }
  };
}

/**
 * (x, y, dy, dx), offsets on the heap; dx is zero at first.
 * @param memory where functions can be assembled for it
 */
export function maxPoolGradient(
  pool: backend_util.Conv2DInfo,
  memory?: WebAssembly.Memory,
): (x: number, y: number, dy: number, dx: number) => void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = pool;
  const row = inWidth * inChannels;
  const handOn: HandOn = memory && inChannels % 4 === 0
    ? wasm.assemble(memory, () => handOnVectors(inChannels, row))
    : handOnNumbers(inChannels, row);
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
