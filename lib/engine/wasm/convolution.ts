/**
 * Convolution and its two gradients, assembled for their sizes.
 *
 * In NHWC, what a filter's row sees of an image's row is one run of numbers. So a convolution is, for each of the filter's
 * rows, a product of matrices whose left one is the image itself, read with overlaps; nothing is unfolded. A block of 4
 * outputs × 8 channels is summed up in registers, which is as many as there are.
 *
 * Zeros around an image are put there by copying it, an image at a time, into room that has them.
 * @module
 */
import type { ConvolutionShape } from "../convolution.ts";
import * as wasm from "./assembler.ts";
import { floatsAt, withRoom } from "./heap.ts";

/** Outputs and input channels of a block. */
const BLOCK = 4;
/** Vectors of 4 output channels of a block. */
const VECTORS = 2;
/** Steps of the innermost loop that are written out. */
const UNROLLED = 12;
/** Bytes that stay in the processor's nearest cache. */
export const CACHE = 24_000;

/** The most that can be written out: a divisor of `length`, of whole vectors if possible. */
function unrolling(length: number, most: number): number {
  const divisors = Array.from({ length: Math.min(most, length) }, (_, i) => i + 1).filter((n) =>
    length % n === 0
  );
  return Math.max(...divisors.filter((n) => n % 4 === 0), 0) || Math.max(...divisors);
}

/** The widths of blocks of vectors that channels are cut into. */
export function vectorBlocks(channels: number): { vectors: number; times: number }[] {
  const all = channels / 4;
  return [{ vectors: VECTORS, times: Math.floor(all / VECTORS) }, { vectors: 1, times: all % VECTORS }];
}

/** How a window moves over one image. All lengths are in numbers, not bytes. */
export interface Windows {
  /** from one row of the image to the next */
  row: number;
  /** from one window to the next in a row */
  step: number;
  /** from the first window of a row of windows to that of the next */
  rowStep: number;
  /** rows of a window */
  rows: number;
  /** length of a window's row, a run of columns and channels */
  run: number;
  windowRows: number;
  windowColumns: number;
  /** output channels, a multiple of 4 */
  channels: number;
}

/** Where the outputs of one image go, or their gradients are. */
export interface Outputs {
  /** from one output to the next in a row */
  step: number;
  /** from one row of outputs to the next */
  rowStep: number;
}

/**
 * y[p, q, :] = Σ over the window's rows and runs of image · filter. Takes (image, packed filter, y), of one image.
 * @param repeats how often, with images, filters and outputs that lie one after the other
 */
export function correlation(windows: Windows, outputs: Outputs, repeats = 1): wasm.FunctionBuilder {
  const f = new wasm.FunctionBuilder(3);
  const [image, filter, y] = [0, 1, 2].map((n) => f.parameter(n));
  const [imageRow, outputRow, window, output] = [0, 1, 2, 3].map(() => f.integer());
  const [windowRow, at, weights] = [0, 1, 2].map(() => f.integer());
  const sums = Array.from({ length: BLOCK }, () => Array.from({ length: VECTORS }, () => f.vector()));
  const inputs = Array.from({ length: BLOCK }, () => f.vector());
  const weight = Array.from({ length: VECTORS }, () => f.vector());
  const one = f.vector();
  const steps = unrolling(windows.run, UNROLLED);
  const whole = steps % 4 === 0;

  const block = (count: number, vectors: number) => {
    const each = (visit: (q: number, v: number) => void) => {
      for (let q = 0; q < count; q++) for (let v = 0; v < vectors; v++) visit(q, v);
    };
    each((q, v) => f.set(sums[q][v], wasm.zero));
    f.set(windowRow, wasm.get(window));
    f.set(weights, wasm.get(filter));
    f.repeat(windows.rows, () => {
      f.set(at, wasm.get(windowRow));
      f.repeat(windows.run / steps, () => {
        for (let k = 0; k < steps; k++) {
          const offset = (q: number) => 4 * (q * windows.step + k);
          if (whole && k % 4 === 0) {
            for (let q = 0; q < count; q++) f.set(inputs[q], wasm.load(wasm.get(at), offset(q)));
          }
          for (let v = 0; v < vectors; v++) {
            f.set(weight[v], wasm.load(wasm.get(weights), 16 * (k * vectors + v)));
          }
          for (let q = 0; q < count; q++) {
            f.set(
              one,
              whole ? wasm.splat(wasm.get(inputs[q]), k % 4) : wasm.loadSplat(wasm.get(at), offset(q)),
            );
            for (let v = 0; v < vectors; v++) {
              f.set(sums[q][v], wasm.multiplyAdd(wasm.get(one), wasm.get(weight[v]), wasm.get(sums[q][v])));
            }
          }
        }
        f.advance(at, 4 * steps);
        f.advance(weights, 16 * vectors * steps);
      });
      f.advance(windowRow, 4 * windows.row);
    });
    each((q, v) => f.emit(wasm.store(wasm.get(output), wasm.get(sums[q][v]), 4 * q * outputs.step + 16 * v)));
    f.advance(window, 4 * count * windows.step);
    f.advance(output, 4 * count * outputs.step);
  };

  f.repeat(repeats, () => {
    for (const { vectors, times } of vectorBlocks(windows.channels)) {
      f.repeat(times, () => {
        f.set(imageRow, wasm.get(image));
        f.set(outputRow, wasm.get(y));
        f.repeat(windows.windowRows, () => {
          f.set(window, wasm.get(imageRow));
          f.set(output, wasm.get(outputRow));
          f.repeat(Math.floor(windows.windowColumns / BLOCK), () => block(BLOCK, vectors));
          if (windows.windowColumns % BLOCK > 0) block(windows.windowColumns % BLOCK, vectors);
          f.advance(imageRow, 4 * windows.rowStep);
          f.advance(outputRow, 4 * outputs.rowStep);
        });
        f.advance(filter, 16 * vectors * windows.rows * windows.run);
        f.advance(y, 16 * vectors);
      });
    }
    f.advance(image, 4 * windows.windowRows * windows.rowStep);
    f.advance(y, 4 * (windows.windowRows * outputs.rowStep - windows.channels));
  });
  return f;
}

/**
 * dfilter[i, k, :] += Σ over windows of image · dy. Takes (image, dy, dfilter), of one image.
 * @param repeats how often, with images, gradients and filters that lie one after the other
 */
export function filterCorrelation(
  windows: Windows,
  { rowStep: gradientRow }: Outputs,
  repeats = 1,
): wasm.FunctionBuilder {
  const { row, step, rowStep, rows, run, windowRows, windowColumns, channels } = windows;
  const f = new wasm.FunctionBuilder(3);
  const [image, dy, dfilter] = [0, 1, 2].map((n) => f.parameter(n));
  const [strip, imageRow, part, windowRow, window] = [0, 1, 2, 3, 4].map(() => f.integer());
  const [gradients, rowOfGradients, gradient, filterRow, target] = [0, 1, 2, 3, 4].map(() => f.integer());
  const sums = Array.from({ length: BLOCK }, () => Array.from({ length: VECTORS }, () => f.vector()));
  const outer = Array.from({ length: VECTORS }, () => f.vector());
  const [inputs, one] = [f.vector(), f.vector()];
  const columns = unrolling(windowColumns, 4);
  // As many rows at a time as stay in the cache while all blocks of the filter pass over them.
  const rowBytes = 4 * (rowStep + windowColumns * channels);
  const stripRows = Math.max(
    1,
    ...Array.from({ length: windowRows }, (_, i) => i + 1)
      .filter((n) => windowRows % n === 0 && n * rowBytes <= CACHE),
  );

  const block = (count: number, vectors: number) => {
    const each = (visit: (k: number, v: number) => void) => {
      for (let k = 0; k < count; k++) for (let v = 0; v < vectors; v++) visit(k, v);
    };
    each((k, v) => f.set(sums[k][v], wasm.zero));
    f.set(windowRow, wasm.get(part));
    f.set(rowOfGradients, wasm.get(gradients));
    f.repeat(stripRows, () => {
      f.set(window, wasm.get(windowRow));
      f.set(gradient, wasm.get(rowOfGradients));
      f.repeat(windowColumns / columns, () => {
        for (let q = 0; q < columns; q++) {
          for (let v = 0; v < vectors; v++) {
            f.set(outer[v], wasm.load(wasm.get(gradient), 4 * q * channels + 16 * v));
          }
          if (count === 4) f.set(inputs, wasm.load(wasm.get(window), 4 * q * step));
          for (let k = 0; k < count; k++) {
            const offset = 4 * (q * step + k);
            f.set(
              one,
              count === 4 ? wasm.splat(wasm.get(inputs), k) : wasm.loadSplat(wasm.get(window), offset),
            );
            for (let v = 0; v < vectors; v++) {
              f.set(sums[k][v], wasm.multiplyAdd(wasm.get(one), wasm.get(outer[v]), wasm.get(sums[k][v])));
            }
          }
        }
        f.advance(window, 4 * columns * step);
        f.advance(gradient, 4 * columns * channels);
      });
      f.advance(windowRow, 4 * rowStep);
      f.advance(rowOfGradients, 4 * gradientRow);
    });
    each((k, v) => {
      const offset = 4 * k * channels + 16 * v;
      const total = wasm.add(wasm.load(wasm.get(target), offset), wasm.get(sums[k][v]));
      f.emit(wasm.store(wasm.get(target), total, offset));
    });
    f.advance(gradients, 16 * vectors);
    f.advance(target, 16 * vectors);
  };
  const blocks = (count: number) => {
    f.set(gradients, wasm.get(dy));
    f.set(target, wasm.get(filterRow));
    for (const { vectors, times } of vectorBlocks(channels)) f.repeat(times, () => block(count, vectors));
    f.advance(part, 4 * count);
    f.advance(filterRow, 4 * count * channels);
  };

  f.set(strip, wasm.get(image));
  f.repeat(repeats, () => {
    f.repeat(windowRows / stripRows, () => {
      f.set(imageRow, wasm.get(strip));
      f.set(filterRow, wasm.get(dfilter));
      f.repeat(rows, () => {
        f.set(part, wasm.get(imageRow));
        f.repeat(Math.floor(run / BLOCK), () => blocks(BLOCK));
        if (run % BLOCK > 0) blocks(run % BLOCK);
        f.advance(imageRow, 4 * row);
      });
      f.advance(strip, 4 * stripRows * rowStep);
      f.advance(dy, 4 * stripRows * gradientRow);
    });
    f.advance(dfilter, 4 * rows * run * channels);
  });
  return f;
}

/** Zeros around an image, and how much of it is used. */
interface Frame {
  top: number;
  left: number;
  /** of image and zeros together */
  height: number;
  /** of image and zeros together */
  width: number;
}

/** Images inside zeros. */
export class FramedImages {
  /** numbers from one row to the next */
  readonly row: number;
  /** room that one image needs, in numbers; 0 where it is used as it is */
  readonly room: number;
  readonly #size: number;
  readonly #copy?: (image: number, framed: number) => void;

  constructor(memory: WebAssembly.Memory, [, height, width, channels]: number[], frame: Frame) {
    this.#size = height * width * channels;
    const fits = frame.top === 0 && frame.left === 0 && frame.height <= height && frame.width <= width;
    this.row = (fits ? width : frame.width) * channels;
    this.room = fits ? 0 : frame.height * this.row;
    if (fits) return;
    const f = new wasm.FunctionBuilder(2);
    const [image, framed] = [f.parameter(0), f.parameter(1)];
    const columns = Math.min(width, frame.width - frame.left);
    f.advance(framed, 4 * (frame.top * this.row + frame.left * channels));
    f.repeat(Math.min(height, frame.height - frame.top), () => {
      f.copy(wasm.get(framed), wasm.get(image), wasm.constant(4 * columns * channels));
      f.advance(image, 4 * width * channels);
      f.advance(framed, 4 * this.row);
    });
    this.#copy = wasm.assemble(memory, f);
  }

  /** Visits the offset of each image, framed. @param room offset of `room` numbers that are all zero */
  visit(images: number, count: number, room: number, visit: (image: number, n: number) => void): void {
    for (let n = 0; n < count; n++) {
      const image = images + 4 * n * this.#size;
      this.#copy?.(image, room);
      visit(this.#copy ? room : image, n);
    }
  }
}

/**
 * Which of the filter's taps meet those inputs that lie `phase` after a multiple of the stride, along one axis: dx[s·m + phase]
 * gets dy[m + offset] · w[tap] for each tap with s·offset = phase + padding − tap.
 */
export function tapsOfPhase(phase: number, taps: number, stride: number, padding: number) {
  // In the order of offsets, so that a window can be read as one run.
  return Array.from({ length: taps }, (_, tap) => ({ tap, offset: (phase + padding - tap) / stride }))
    .filter(({ offset }) => Number.isInteger(offset))
    .sort((a, b) => a.offset - b.offset);
}

/** The inputs that meet one set of taps. */
interface Phase {
  rows: { tap: number; offset: number }[];
  columns: { tap: number; offset: number }[];
  /** where the phase's windows begin, from the start of a framed image */
  start: number;
  /** where its first input lies */
  target: number;
  run: (dy: number, filter: number, dx: number) => void;
}

/** A convolution of one set of sizes. All arguments are offsets on the heap. */
export interface HeapConvolution {
  /** y = x ∗ filter */
  forward(x: number, filter: number, y: number): void;
  /** dfilter = Σ over images and outputs of x · dy */
  filterGradient(x: number, dy: number, dfilter: number): void;
  /** dx = dy ∗ transposed filter */
  inputGradient(dy: number, filter: number, dx: number): void;
}

/** Convolution by its definition. */
export class WasmConvolution implements HeapConvolution {
  readonly #shape: ConvolutionShape;
  readonly #memory: WebAssembly.Memory;
  #forward?: { frames: FramedImages; run: (image: number, filter: number, y: number) => void };
  #filterGradient?: { frames: FramedImages; run: (image: number, dy: number, dfilter: number) => void };
  #inputGradient?: { frames: FramedImages; phases: Phase[] };

  /** Nothing is assembled before it is needed. */
  constructor(memory: WebAssembly.Memory, shape: ConvolutionShape) {
    this.#memory = memory;
    this.#shape = shape;
  }

  /** The channels come in vectors of four: those of the output, and for the input's gradient those of the input. */
  static supports(shape: ConvolutionShape, what: "forward" | "inputGradient" | "filterGradient"): boolean {
    const channels = what === "inputGradient" ? shape.inChannels : shape.outChannels;
    return channels % 4 === 0 && shape.dilationHeight === 1 && shape.dilationWidth === 1;
  }

  #windows(row: number): Windows {
    const {
      strideHeight,
      strideWidth,
      filterHeight,
      filterWidth,
      inChannels,
      outHeight,
      outWidth,
      outChannels,
    } = this.#shape;
    return {
      row,
      step: strideWidth * inChannels,
      rowStep: strideHeight * row,
      rows: filterHeight,
      run: filterWidth * inChannels,
      windowRows: outHeight,
      windowColumns: outWidth,
      channels: outChannels,
    };
  }

  get #outputs(): Outputs {
    const { outWidth, outChannels } = this.#shape;
    return { step: outChannels, rowStep: outWidth * outChannels };
  }

  #inputFrames(): FramedImages {
    const { padInfo, outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth } =
      this.#shape;
    return new FramedImages(this.#memory, this.#shape.inShape, {
      top: padInfo.top,
      left: padInfo.left,
      height: (outHeight - 1) * strideHeight + filterHeight,
      width: (outWidth - 1) * strideWidth + filterWidth,
    });
  }

  forward(x: number, filter: number, y: number): void {
    const { batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels } =
      this.#shape;
    const { frames, run } = this.#forward ??= (() => {
      const frames = this.#inputFrames();
      const run = wasm.assemble(this.#memory, correlation(this.#windows(frames.row), this.#outputs));
      return { frames, run };
    })();
    const depth = filterHeight * filterWidth * inChannels;
    withRoom([frames.room, depth * outChannels], (room, packed) => {
      packFilter(floatsAt(filter, depth * outChannels), floatsAt(packed, depth * outChannels), outChannels);
      floatsAt(room, frames.room).fill(0);
      const size = 4 * outHeight * outWidth * outChannels;
      frames.visit(x, batchSize, room, (image, n) => run(image, packed, y + n * size));
    });
  }

  filterGradient(x: number, dy: number, dfilter: number): void {
    const { batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels } =
      this.#shape;
    const { frames, run } = this.#filterGradient ??= (() => {
      const frames = this.#inputFrames();
      const run = wasm.assemble(this.#memory, filterCorrelation(this.#windows(frames.row), this.#outputs));
      return { frames, run };
    })();
    floatsAt(dfilter, filterHeight * filterWidth * inChannels * outChannels).fill(0);
    withRoom([frames.room], (room) => {
      floatsAt(room, frames.room).fill(0);
      const size = 4 * outHeight * outWidth * outChannels;
      frames.visit(x, batchSize, room, (image, n) => run(image, dy + n * size, dfilter));
    });
  }

  /** With a stride of s, s² phases of inputs meet different taps. */
  inputGradient(dy: number, filter: number, dx: number): void {
    const { batchSize, inHeight, inWidth, inChannels, outChannels, filterHeight, filterWidth } = this.#shape;
    const { frames, phases } = this.#inputGradient ??= this.#makeInputGradient();
    const filterSize = filterHeight * filterWidth * inChannels * outChannels;
    const size = inHeight * inWidth * inChannels;
    const unmet = phases.some(({ rows, columns }) => rows.length * columns.length === 0);
    if (unmet) floatsAt(dx, batchSize * size).fill(0);
    withRoom([frames.room, filterSize], (room, packed) => {
      floatsAt(room, frames.room).fill(0);
      // The phases share the filter's taps out among them, so their packed filters fill the room of one.
      let end = packed;
      const met = phases.filter(({ rows, columns }) => rows.length * columns.length > 0).map((phase) => {
        const start = end;
        end += packTransposed(
          floatsAt(filter, filterSize),
          floatsAt(start, (packed - start) / 4 + filterSize),
          phase,
          this.#shape,
        ) * 4;
        return { ...phase, packed: start };
      });
      frames.visit(dy, batchSize, room, (image, n) => {
        for (const { run, start, target, packed } of met) {
          run(image + 4 * start, packed, dx + 4 * (n * size + target));
        }
      });
    });
  }

  #makeInputGradient(): { frames: FramedImages; phases: Phase[] } {
    const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = this.#shape;
    const { strideHeight, strideWidth, filterHeight, filterWidth, padInfo, batchSize } = this.#shape;
    const axis = (inSize: number, outSize: number, taps: number, stride: number, padding: number) => {
      const phases = Array.from({ length: Math.min(stride, inSize) }, (_, phase) => ({
        phase,
        count: Math.ceil((inSize - phase) / stride),
        taps: tapsOfPhase(phase, taps, stride, padding),
      }));
      const met = phases.filter(({ taps }) => taps.length > 0);
      const before = Math.max(0, ...met.map(({ taps }) => -taps[0].offset));
      const end = Math.max(outSize, ...met.map(({ count, taps }) => count + taps.at(-1)!.offset));
      return { phases, before, size: before + end };
    };
    const vertical = axis(inHeight, outHeight, filterHeight, strideHeight, padInfo.top);
    const horizontal = axis(inWidth, outWidth, filterWidth, strideWidth, padInfo.left);
    const frames = new FramedImages(this.#memory, [batchSize, outHeight, outWidth, outChannels], {
      top: vertical.before,
      left: horizontal.before,
      height: vertical.size,
      width: horizontal.size,
    });
    const phases = vertical.phases.flatMap((v) =>
      horizontal.phases.map((h): Phase => {
        const target = (v.phase * inWidth + h.phase) * inChannels;
        if (v.taps.length * h.taps.length === 0) {
          return { rows: v.taps, columns: h.taps, start: 0, target, run: () => {} };
        }
        const windows: Windows = {
          row: frames.row,
          step: outChannels,
          rowStep: frames.row,
          rows: v.taps.length,
          run: h.taps.length * outChannels,
          windowRows: v.count,
          windowColumns: h.count,
          channels: inChannels,
        };
        const outputs = { step: strideWidth * inChannels, rowStep: strideHeight * inWidth * inChannels };
        return {
          rows: v.taps,
          columns: h.taps,
          start: (vertical.before + v.taps[0].offset) * frames.row +
            (horizontal.before + h.taps[0].offset) * outChannels,
          target,
          run: wasm.assemble(this.#memory, correlation(windows, outputs)),
        };
      })
    );
    return { frames, phases };
  }
}

/** A filter `[depth, channels]` as blocks of channels, `[blocks][depth][8 or 4]`: the order in which it is read. */
export function packFilter(filter: Float32Array, packed: Float32Array, channels: number): void {
  const depth = filter.length / channels;
  let to = 0;
  for (let first = 0; first < channels;) {
    const width = Math.min(4 * VECTORS, channels - first);
    for (let k = 0; k < depth; k++) {
      for (let c = 0; c < width; c++) packed[to++] = filter[k * channels + first + c];
    }
    first += width;
  }
}

/** The filter's part that a phase meets, transposed to `[rows, columns, O, I]`, and packed. Returns how much was written. */
export function packTransposed(
  filter: Float32Array,
  packed: Float32Array,
  { rows, columns }: Pick<Phase, "rows" | "columns">,
  { filterWidth, inChannels, outChannels }: ConvolutionShape,
): number {
  let to = 0;
  for (let first = 0; first < inChannels;) {
    const width = Math.min(4 * VECTORS, inChannels - first);
    for (const { tap: i } of rows) {
      for (const { tap: j } of columns) {
        const from = ((i * filterWidth + j) * inChannels + first) * outChannels;
        for (let o = 0; o < outChannels; o++) {
          for (let c = 0; c < width; c++) packed[to++] = filter[from + c * outChannels + o];
        }
      }
    }
    first += width;
  }
  return to;
}
