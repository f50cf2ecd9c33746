import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { convolutionShape } from "../conv2d.ts";
import { isHere } from "../testdata/each_engine.ts";
import { type HeapConvolution, WasmConvolution } from "./convolution.ts";
import { floatsAt, heapMemory, withRoom } from "./heap.ts";
import { WinogradConvolution } from "./winograd.ts";

/** [batch, height, width, channels in, channels out, padding] */
const SIZES = [
  [2, 32, 32, 16, 16, 1], // several strips of an image
  [4, 8, 8, 64, 64, 1], // several images at a time
  [3, 6, 10, 12, 20, 0],
  [1, 2, 4, 4, 8, 2],
];

/** y, dx and dW of a convolution by its definition, in float64. */
function definition(
  { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo }:
    tf.backend_util.Conv2DInfo,
  [x, filter, dy]: Float32Array[],
): Float64Array[] {
  const [y, dx, dfilter] = [dy, x, filter].map(({ length }) => new Float64Array(length));
  for (let b = 0; b < batchSize; b++) {
    for (let p = 0; p < outHeight; p++) {
      for (let q = 0; q < outWidth; q++) {
        for (let tap = 0; tap < 9; tap++) {
          const [row, column] = [p + Math.floor(tap / 3) - padInfo.top, q + tap % 3 - padInfo.left];
          if (row < 0 || row >= inHeight || column < 0 || column >= inWidth) continue;
          for (let i = 0; i < inChannels; i++) {
            const from = ((b * inHeight + row) * inWidth + column) * inChannels + i;
            for (let o = 0; o < outChannels; o++) {
              const to = ((b * outHeight + p) * outWidth + q) * outChannels + o;
              const weight = (tap * inChannels + i) * outChannels + o;
              y[to] += x[from] * filter[weight];
              dx[from] += dy[to] * filter[weight];
              dfilter[weight] += x[from] * dy[to];
            }
          }
        }
      }
    }
  }
  return [y, dx, dfilter];
}

Deno.test("WinogradConvolution rounds no worse than four times as much as the direct convolution", async () => {
  await isHere("wasm");
  for (const [batch, height, width, input, output, padding] of SIZES) {
    const shape = convolutionShape([batch, height, width, input], [3, 3, input, output], {
      strides: 1,
      pad: padding,
      dataFormat: "NHWC",
    });
    assert.ok(WinogradConvolution.supports(shape));
    const sizes = [shape.inShape, [9, input, output], shape.outShape].map((size) =>
      tf.util.sizeFromShape(size)
    );
    const given = sizes.map((size, seed) =>
      tf.randomNormal([size], 0, 1, "float32", seed).dataSync<"float32">()
    );
    const expected = definition(shape, given);
    const errors = (convolution: HeapConvolution): number[] => {
      let found: number[] = [];
      withRoom([...sizes, ...sizes], (x, filter, dy, dx, dfilter, y) => {
        [x, filter, dy].forEach((offset, i) => floatsAt(offset, sizes[i]).set(given[i]));
        convolution.forward(x, filter, y);
        convolution.inputGradient(dy, filter, dx);
        convolution.filterGradient(x, dy, dfilter);
        found = [y, dx, dfilter].map((offset, i) => {
          const values = floatsAt(offset, expected[i].length);
          return Math.sqrt(
            values.reduce((sum, value, k) => sum + (value - expected[i][k]) ** 2, 0) / values.length,
          );
        });
      });
      return found;
    };
    const direct = errors(new WasmConvolution(heapMemory(), shape));
    errors(new WinogradConvolution(heapMemory(), shape)).forEach((error, i) =>
      assert.ok(error > 0 && error <= 4 * direct[i], `${["y", "dx", "dW"][i]}: ${error}, direct ${direct[i]}`)
    );
  }
});
