/**
 * Compares two carriers of `kernels.c`, bit by bit.
 * @module
 */
import { convolutionShape } from "../conv2d.ts";
import type { Functions } from "./functions.ts";
import { heap, withRoom } from "./heap.ts";

/** The sizes of one convolution, and of what follows it. */
export interface Sizes {
  /** images */
  batch: number;
  /** rows of the input */
  height: number;
  /** columns of the input */
  width: number;
  /** channels of the input */
  input: number;
  /** channels of the output */
  output: number;
  /** rows and columns of the filter */
  filter: number;
  /** rows and columns from one output to the next */
  stride: number;
  /** zeros on each side */
  padding: number;
}

/** What every load compares, some milliseconds' worth: with and without Winograd, strides, channels that fill no vector. */
export const SAMPLE: readonly Sizes[] = [
  { batch: 2, height: 8, width: 6, input: 16, output: 32, filter: 3, stride: 1, padding: 1 },
  { batch: 1, height: 4, width: 4, input: 12, output: 20, filter: 3, stride: 1, padding: 1 },
  { batch: 3, height: 9, width: 7, input: 3, output: 16, filter: 3, stride: 1, padding: 1 },
  { batch: 2, height: 8, width: 8, input: 16, output: 24, filter: 3, stride: 2, padding: 1 },
  { batch: 2, height: 7, width: 8, input: 16, output: 32, filter: 1, stride: 2, padding: 0 },
  { batch: 1, height: 11, width: 9, input: 5, output: 7, filter: 5, stride: 3, padding: 2 },
];

/** Random float32 between −1 and 1, as bits; some of them are replaced by `special`. */
function noise(length: number, seed: number, special: readonly number[]): Float32Array {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    return state ^= state << 5; // xorshift
  };
  return Float32Array.from({ length }, () => {
    const value = next() / 2 ** 31;
    if (special.length === 0) return value;
    const draw = (next() >>> 0) % (16 * special.length);
    return draw < special.length ? special[draw] : value;
  });
}

/**
 * Runs every function of both on the same numbers.
 * @param special numbers that are strewn among random ones, such as NaN
 * @returns the name of the first function whose results differ in a bit, if any
 */
export function firstDifference(
  a: Functions,
  b: Functions,
  { batch, height, width, input, output, filter, stride, padding }: Sizes,
  { seed = 1, threads = 1, special = [] }: { seed?: number; threads?: number; special?: number[] } = {},
): string | undefined {
  const shape = convolutionShape([batch, height, width, input], [filter, filter, input, output], {
    strides: stride,
    pad: padding,
    dataFormat: "NHWC",
    dimRoundingMode: "floor",
  });
  const { outHeight, outWidth } = shape;
  const rows = batch * outHeight * outWidth, size = rows * output, weights = filter ** 2 * input * output;
  const pixels = batch * outHeight * outWidth * input;
  const sizes = [batch, height, width, input, outHeight, outWidth, output, filter, filter, stride, stride];
  sizes.push(padding, padding);
  const given = { x: batch * height * width * input, w: weights, dy: size, y: size, z: size, pool: pixels };
  const vectors = { mean: output, factors: 3 * output, momenta: weights, gradients: weights };
  const lengths = { ...given, ...vectors };
  let result: string | undefined;
  withRoom([sizes.length, 8, ...Object.values(lengths)], (structure, scalars, ...tensors) => {
    new Int32Array(heap().buffer, structure, sizes.length).set(sizes);
    new Float64Array(heap().buffer, scalars, 4).set([0.9, 0.7, 5e-4, -0.05]);
    const at = Object.fromEntries(Object.keys(lengths).map((name, i) => [name, tensors[i]])) as Record<
      keyof typeof lengths,
      number
    >;
    Object.values(lengths).forEach((length, i) =>
      new Float32Array(heap().buffer, tensors[i], length).set(noise(length, 100 * seed + i, special))
    );
    /** The bits that a function leaves in so many float32, with room if it needs some. */
    const bits = (
      { functions, threads }: { functions: Functions; threads: number },
      length: number,
      run: (f: Functions, out: number, threads: number, room: number) => void,
      room = (_: Functions, _threads: number) => 1,
    ) => {
      let found = new Uint32Array();
      withRoom([length, room(functions, threads)], (out, scratch) => {
        run(functions, out, threads, scratch);
        found = new Uint32Array(heap().buffer, out, length).slice();
      });
      return found;
    };
    const flags = [rows, output, 1];
    const cases: Record<string, [number, Parameters<typeof bits>[2], Parameters<typeof bits>[3]?]> = {
      convolution: [
        size,
        (f, out, threads, room) => f.convolution(structure, at.x, at.w, out, room, threads),
        (f, threads) => f.convolutionRoom(structure, threads),
      ],
      filterGradient: [
        weights,
        (f, out, threads, room) => f.filterGradient(structure, at.x, at.dy, out, room, threads),
        (f, threads) => f.filterGradientRoom(structure, threads),
      ],
      inputGradient: [
        lengths.x,
        (f, out, threads, room) => f.inputGradient(structure, at.dy, at.w, out, room, threads),
        (f, threads) => f.inputGradientRoom(structure, threads),
      ],
      ...Object.fromEntries(["sums", "squares"].map((name, squares) => [name, [
        2 * output,
        (f: Functions, out: number, threads: number, room: number) =>
          f.channelSums(at.y, at.mean, out, room, rows, output, squares, threads),
        (f: Functions) => f.sumsRoom(rows, output, 1),
      ]])),
      channelGradients: [
        4 * output,
        (f, out, threads, room) =>
          f.channelGradients(at.z, at.y, at.dy, at.mean, out, room, ...flags, threads),
        (f) => f.sumsRoom(rows, output, 2),
      ],
      normalize: [
        size,
        (f, out, threads) => f.normalize(at.y, at.mean, at.factors, at.mean, out, ...flags, threads),
      ],
      normalizeGradient: [
        size,
        (f, out, threads) =>
          f.normalizeGradient(at.z, at.y, at.dy, at.mean, at.factors, out, ...flags, threads),
      ],
      addRelu: [size, (f, out, threads) => f.addRelu(at.y, at.z, out, size, threads)],
      reluGradient: [size, (f, out, threads) => f.reluGradient(at.dy, at.y, out, size, threads)],
      maxPoolGradient: [
        lengths.x,
        (f, out) => f.maxPoolGradient(structure, at.x, at.pool, at.pool, out),
      ],
      sgdStep: [
        2 * weights,
        (f, out) => f.sgdStep(scalars, at.w, at.momenta, at.gradients, out, out + 4 * weights, weights),
      ],
    };
    result = Object.keys(cases).find((name) => {
      const one = bits({ functions: a, threads: 1 }, ...cases[name]);
      const other = bits({ functions: b, threads }, ...cases[name]);
      return one.some((value, i) => value !== other[i]);
    });
  });
  return result;
}
