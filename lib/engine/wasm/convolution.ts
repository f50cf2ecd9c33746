/**
 * Convolution and its two gradients, assembled for their sizes.
 *
 * In NHWC, what a filter's row sees of an image's row is one run of numbers. So a convolution is, for each of
 * the filter's rows, a product of matrices whose left one is the image itself, read with overlaps; nothing is
 * unfolded. A block of 4 outputs × 8 channels is summed up in registers, which is as many as there are.
 *
 * Zeros around an image are put there by copying it, an image at a time, into room that has them.
 * @module
 */
import type { ConvolutionShape } from "../conv2d.ts";
import * as wasm from "./assembler.ts";
import { floatsAt, heap, withRoom } from "./heap.ts";

/** Outputs and input channels of a block. */
const BLOCK = 4;
/** Vectors of 4 output channels of a block. */
const VECTORS = 2;
/** Steps of the innermost loop that are written out. */
const UNROLLED = 12;
/** Bytes that stay in the processor's nearest cache. */
export const CACHE = 24_000;

/** The largest divisor of `count` that fits; 1 where none does. */
export function largestDivisor(count: number, fits: (divisor: number) => boolean): number {
  const divisors = Array.from({ length: count }, (_, i) => i + 1).filter((n) => count % n === 0);
  return Math.max(1, ...divisors.filter(fits));
}

/** The most that can be written out: a divisor of `length`, of whole vectors if possible. */
function unrolling(length: number, most: number): number {
  const vectors = largestDivisor(length, (n) => n <= most && n % 4 === 0);
  return vectors > 1 ? vectors : largestDivisor(length, (n) => n <= most);
}

/** Visits each pair of numbers below two counts. */
function each(count: number, vectors: number, visit: (q: number, v: number) => void): void {
  for (let q = 0; q < count; q++) for (let v = 0; v < vectors; v++) visit(q, v);
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
 * y[p, q, :] = Σ over the window's rows and runs of image · filter. Takes (image, packed filter, y), of one
 * image.
 * @param repeats how often, with images, filters and outputs that lie one after the other
 */
export function correlation(windows: Windows, outputs: Outputs, repeats = 1): wasm.FunctionBuilder {
  const f = new wasm.FunctionBuilder(3);
  const [image, filter, y] = f.parameters;
  const [imageRow, outputRow, window, output] = f.integers(4);
  const [windowRow, at, weights] = f.integers(3);
  const sums = Array.from({ length: BLOCK }, () => f.vectors(VECTORS));
  const inputs = f.vectors(BLOCK);
  const weight = f.vectors(VECTORS);
  const [one] = f.vectors(1);
  const steps = unrolling(windows.run, UNROLLED);
  const whole = steps % 4 === 0;

  const block = (count: number, vectors: number) => {
    each(count, vectors, (q, v) => f.set(sums[q][v], wasm.zero));
    f.set(windowRow, window);
    f.set(weights, filter);
    f.repeat(windows.rows, () => {
      f.set(at, windowRow);
      f.repeat(windows.run / steps, () => {
        for (let k = 0; k < steps; k++) {
          const offset = (q: number) => 4 * (q * windows.step + k);
          if (whole && k % 4 === 0) {
            for (let q = 0; q < count; q++) f.set(inputs[q], wasm.load(at, offset(q)));
          }
          for (let v = 0; v < vectors; v++) {
            f.set(weight[v], wasm.load(weights, 16 * (k * vectors + v)));
          }
          for (let q = 0; q < count; q++) {
            f.set(one, whole ? wasm.splat(inputs[q], k % 4) : wasm.loadSplat(at, offset(q)));
            for (let v = 0; v < vectors; v++) {
              f.set(sums[q][v], wasm.multiplyAdd(one, weight[v], sums[q][v]));
            }
          }
        }
        f.advance(at, 4 * steps);
        f.advance(weights, 16 * vectors * steps);
      });
      f.advance(windowRow, 4 * windows.row);
    });
    each(count, vectors, (q, v) => f.emit(wasm.store(output, sums[q][v], 4 * q * outputs.step + 16 * v)));
    f.advance(window, 4 * count * windows.step);
    f.advance(output, 4 * count * outputs.step);
  };

  f.repeat(repeats, () => {
    for (const { vectors, times } of vectorBlocks(windows.channels)) {
      f.repeat(times, () => {
        f.set(imageRow, image);
        f.set(outputRow, y);
        f.repeat(windows.windowRows, () => {
          f.set(window, imageRow);
          f.set(output, outputRow);
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
  const [image, dy, dfilter] = f.parameters;
  const [strip, imageRow, part, windowRow, window] = f.integers(5);
  const [gradients, rowOfGradients, gradient, filterRow, target] = f.integers(5);
  const sums = Array.from({ length: BLOCK }, () => f.vectors(VECTORS));
  const outer = f.vectors(VECTORS);
  const [inputs, one] = f.vectors(2);
  const columns = unrolling(windowColumns, 4);
  // As many rows at a time as stay in the cache while all blocks of the filter pass over them.
  const rowBytes = 4 * (rowStep + windowColumns * channels);
  const stripRows = largestDivisor(windowRows, (n) => n * rowBytes <= CACHE);

  const block = (count: number, vectors: number) => {
    each(count, vectors, (k, v) => f.set(sums[k][v], wasm.zero));
    f.set(windowRow, part);
    f.set(rowOfGradients, gradients);
    f.repeat(stripRows, () => {
      f.set(window, windowRow);
      f.set(gradient, rowOfGradients);
      f.repeat(windowColumns / columns, () => {
        for (let q = 0; q < columns; q++) {
          for (let v = 0; v < vectors; v++) {
            f.set(outer[v], wasm.load(gradient, 4 * q * channels + 16 * v));
          }
          if (count === 4) f.set(inputs, wasm.load(window, 4 * q * step));
          for (let k = 0; k < count; k++) {
            f.set(one, count === 4 ? wasm.splat(inputs, k) : wasm.loadSplat(window, 4 * (q * step + k)));
            for (let v = 0; v < vectors; v++) {
              f.set(sums[k][v], wasm.multiplyAdd(one, outer[v], sums[k][v]));
            }
          }
        }
        f.advance(window, 4 * columns * step);
        f.advance(gradient, 4 * columns * channels);
      });
      f.advance(windowRow, 4 * rowStep);
      f.advance(rowOfGradients, 4 * gradientRow);
    });
    each(count, vectors, (k, v) => {
      const offset = 4 * k * channels + 16 * v;
      const total = wasm.add(wasm.load(target, offset), sums[k][v]);
      f.emit(wasm.store(target, total, offset));
    });
    f.advance(gradients, 16 * vectors);
    f.advance(target, 16 * vectors);
  };
  const blocks = (count: number) => {
    f.set(gradients, dy);
    f.set(target, filterRow);
    for (const { vectors, times } of vectorBlocks(channels)) f.repeat(times, () => block(count, vectors));
    f.advance(part, 4 * count);
    f.advance(filterRow, 4 * count * channels);
  };

  f.set(strip, image);
  f.repeat(repeats, () => {
    f.repeat(windowRows / stripRows, () => {
      f.set(imageRow, strip);
      f.set(filterRow, dfilter);
      f.repeat(rows, () => {
        f.set(part, imageRow);
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
  /** numbers of an image as it is */
  readonly #size: number;
  /** numbers of a framed image; 0 where images are used as they are */
  readonly #room: number;
  readonly #copy: wasm.Run;

  constructor(memory: WebAssembly.Memory, [, height, width, channels]: number[], frame: Frame) {
    const fits = frame.top === 0 && frame.left === 0 && frame.height <= height && frame.width <= width;
    this.row = (fits ? width : frame.width) * channels;
    this.#size = height * width * channels;
    this.#room = fits ? 0 : frame.height * this.row;
    this.#copy = wasm.assemble(memory, () => {
      const f = new wasm.FunctionBuilder(2);
      const [image, framed] = f.parameters;
      const columns = Math.min(width, frame.width - frame.left);
      f.advance(framed, 4 * (frame.top * this.row + frame.left * channels));
      f.repeat(Math.min(height, frame.height - frame.top), () => {
        f.copy(framed, image, wasm.constant(4 * columns * channels));
        f.advance(image, 4 * width * channels);
        f.advance(framed, 4 * this.row);
      });
      return f;
    });
  }

  /** Visits the offset of each image, framed. */
  visit(images: number, count: number, visit: (image: number, n: number) => void): void {
    withRoom([this.#room], (room) => {
      floatsAt(room, this.#room).fill(0);
      for (let n = 0; n < count; n++) {
        const image = images + 4 * n * this.#size;
        if (this.#room > 0) this.#copy(image, room);
        visit(this.#room > 0 ? room : image, n);
      }
    });
  }
}

/**
 * A tap of a filter along one axis, and how far from an input's place among the outputs the output that it
 * meets is.
 */
interface Tap {
  tap: number;
  offset: number;
}

/**
 * Which of the filter's taps meet those inputs that lie `phase` after a multiple of the stride, along one
 * axis: dx[s·m + phase] gets dy[m + offset] · w[tap] for each tap with s·offset = phase + padding − tap.
 */
export function tapsOfPhase(phase: number, taps: number, stride: number, padding: number): Tap[] {
  // In the order of offsets, so that a window can be read as one run.
  return Array.from({ length: taps }, (_, tap) => ({ tap, offset: (phase + padding - tap) / stride }))
    .filter(({ offset }) => Number.isInteger(offset))
    .sort((a, b) => a.offset - b.offset);
}

/** The inputs that meet one set of taps. */
interface Phase {
  /** which part of the transposed filter they meet */
  part: FilterPart;
  /** where the phase's windows begin, from the start of a framed image */
  start: number;
  /** where its first input lies */
  target: number;
  run: wasm.Run;
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
  readonly #filterSize: number;
  /** bytes of an image's outputs */
  readonly #outputBytes: number;
  readonly #frames: FramedImages;
  readonly #correlation: wasm.Run;
  readonly #filterCorrelation: wasm.Run;
  readonly #gradient: { frames: FramedImages; phases: Phase[] };

  constructor(memory: WebAssembly.Memory, readonly shape: ConvolutionShape) {
    const { inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = shape;
    const { strideHeight, strideWidth, padInfo: { top, left } } = shape;
    this.#filterSize = filterHeight * filterWidth * inChannels * outChannels;
    this.#outputBytes = 4 * outHeight * outWidth * outChannels;
    const [height, width] = [
      (outHeight - 1) * strideHeight + filterHeight,
      (outWidth - 1) * strideWidth + filterWidth,
    ];
    this.#frames = new FramedImages(memory, shape.inShape, { top, left, height, width });
    const windows: Windows = {
      row: this.#frames.row,
      step: strideWidth * inChannels,
      rowStep: strideHeight * this.#frames.row,
      rows: filterHeight,
      run: filterWidth * inChannels,
      windowRows: outHeight,
      windowColumns: outWidth,
      channels: outChannels,
    };
    const outputs = { step: outChannels, rowStep: outWidth * outChannels };
    this.#correlation = wasm.assemble(memory, () => correlation(windows, outputs));
    this.#filterCorrelation = wasm.assemble(memory, () => filterCorrelation(windows, outputs));
    this.#gradient = inputGradientPhases(memory, shape);
  }

  /**
   * The channels come in vectors of four: those of the output, and for the input's gradient those of the
   * input.
   */
  static supports(shape: ConvolutionShape, what: keyof HeapConvolution): boolean {
    const channels = what === "inputGradient" ? shape.inChannels : shape.outChannels;
    return channels % 4 === 0 && shape.dilationHeight === 1 && shape.dilationWidth === 1;
  }

  forward(x: number, filter: number, y: number): void {
    withPacked(filter, [wholeFilter(this.shape)], (packed) =>
      this.#frames.visit(
        x,
        this.shape.batchSize,
        (image, n) => this.#correlation(image, packed, y + n * this.#outputBytes),
      ));
  }

  filterGradient(x: number, dy: number, dfilter: number): void {
    floatsAt(dfilter, this.#filterSize).fill(0);
    this.#frames.visit(
      x,
      this.shape.batchSize,
      (image, n) => this.#filterCorrelation(image, dy + n * this.#outputBytes, dfilter),
    );
  }

  inputGradient(dy: number, filter: number, dx: number): void {
    const { batchSize, inHeight, inWidth, inChannels, strideHeight, strideWidth } = this.shape;
    const { frames, phases } = this.#gradient;
    const size = inHeight * inWidth * inChannels;
    const all = Math.min(strideHeight, inHeight) * Math.min(strideWidth, inWidth);
    if (phases.length < all) floatsAt(dx, batchSize * size).fill(0);
    withPacked(filter, phases.map(({ part }) => part), (...packed) =>
      frames.visit(
        dy,
        batchSize,
        (image, n) =>
          phases.forEach(({ run, start, target }, i) =>
            run(image + 4 * start, packed[i], dx + 4 * (n * size + target))
          ),
      ));
  }
}

/** With a stride of s, s² phases of inputs meet different taps. Those that meet none are left out. */
function inputGradientPhases(memory: WebAssembly.Memory, shape: ConvolutionShape) {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = shape;
  const { strideHeight, strideWidth, filterHeight, filterWidth, padInfo } = shape;
  const axis = (inSize: number, outSize: number, taps: number, stride: number, padding: number) => {
    const phases = Array.from({ length: Math.min(stride, inSize) }, (_, phase) => ({
      phase,
      count: Math.ceil((inSize - phase) / stride),
      taps: tapsOfPhase(phase, taps, stride, padding),
    })).filter(({ taps }) => taps.length > 0);
    const before = Math.max(0, ...phases.map(({ taps }) => -taps[0].offset));
    const end = Math.max(outSize, ...phases.map(({ count, taps }) => count + taps.at(-1)!.offset));
    return { phases, before, size: before + end };
  };
  const vertical = axis(inHeight, outHeight, filterHeight, strideHeight, padInfo.top);
  const horizontal = axis(inWidth, outWidth, filterWidth, strideWidth, padInfo.left);
  const frames = new FramedImages(memory, shape.outShape, {
    top: vertical.before,
    left: horizontal.before,
    height: vertical.size,
    width: horizontal.size,
  });
  const outputs = { step: strideWidth * inChannels, rowStep: strideHeight * inWidth * inChannels };
  const phases = vertical.phases.flatMap((v) =>
    horizontal.phases.map((h): Phase => {
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
      return {
        part: transposedFilter(shape, v.taps, h.taps),
        start: (vertical.before + v.taps[0].offset) * frames.row +
          (horizontal.before + h.taps[0].offset) * outChannels,
        target: (v.phase * inWidth + h.phase) * inChannels,
        run: wasm.assemble(memory, () => correlation(windows, outputs)),
      };
    })
  );
  return { frames, phases };
}

/** A part of a filter as a matrix of rows of channels. */
export interface FilterPart {
  /** where each row begins */
  starts: number[];
  channels: number;
  /** from one channel to the next */
  step: number;
}

type FilterShape = Pick<ConvolutionShape, "filterHeight" | "filterWidth" | "inChannels" | "outChannels">;

/** `[rows, columns, I, O]` */
export function wholeFilter({ filterHeight, filterWidth, inChannels, outChannels }: FilterShape): FilterPart {
  const rows = filterHeight * filterWidth * inChannels;
  return { starts: Array.from({ length: rows }, (_, k) => k * outChannels), channels: outChannels, step: 1 };
}

/** Some taps of a filter, transposed to `[rows, columns, O, I]`. */
export function transposedFilter(
  { filterWidth, inChannels, outChannels }: FilterShape,
  rows: Tap[],
  columns: Tap[],
): FilterPart {
  const outputs = Array.from({ length: outChannels }, (_, o) => o);
  const starts = rows.flatMap(({ tap: i }) =>
    columns.flatMap(({ tap: j }) => outputs.map((o) => (i * filterWidth + j) * inChannels * outChannels + o))
  );
  return { starts, channels: inChannels, step: outChannels };
}

/** Lends room with parts of a filter as blocks of channels, `[blocks][rows][8 or 4]`: as they are read. */
export function withPacked(filter: number, parts: FilterPart[], use: (...packed: number[]) => void): void {
  withRoom(parts.map(({ starts, channels }) => starts.length * channels), (...rooms) => {
    const values = new Float32Array(heap().buffer);
    for (const [i, { starts, channels, step }] of parts.entries()) {
      let to = rooms[i] / 4;
      for (let first = 0; first < channels; first += 4 * VECTORS) {
        const end = Math.min(channels, first + 4 * VECTORS);
        for (const start of starts) {
          for (let c = first; c < end; c++) values[to++] = values[filter / 4 + start + c * step];
        }
      }
    }
    use(...rooms);
  });
}
