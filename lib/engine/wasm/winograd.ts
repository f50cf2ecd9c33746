/**
 * Convolution by filters of 3 × 3 with a stride of 1, and its gradient by the filter, with 16 multiplications
 * for 36: Winograd's F(2×2, 3×3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR
 * 2016).
 *
 * A tile of 2 × 2 outputs, which sees 4 × 4 inputs d, is Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for a filter g. Over all
 * tiles and channels the product ⊙ is 16 products of matrices, one for each position in the tile: those of
 * `convolution.ts` do them.
 * @module
 */
import type { ConvolutionShape } from "../conv2d.ts";
import * as wasm from "./assembler.ts";
import {
  CACHE,
  correlation,
  filterCorrelation,
  FramedImages,
  type HeapConvolution,
  largestDivisor,
  type Outputs,
  tapsOfPhase,
  transposedFilter,
  vectorBlocks,
  wholeFilter,
  type Windows,
  withPacked,
} from "./convolution.ts";
import { floatsAt, withRoom } from "./heap.ts";

/** Entries are 0, ±1 and ±½. */
type Matrix = readonly (readonly number[])[];

/** Bᵀ */
const INPUT: Matrix = [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]];
/** G */
const FILTER: Matrix = [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]];
/** Aᵀ */
const OUTPUT: Matrix = [[1, 1, 1, 0], [0, 1, -1, -1]];
/** Positions in a tile of inputs. */
const POSITIONS = 16;

const transposed = (matrix: Matrix): Matrix => matrix[0].map((_, j) => matrix.map((row) => row[j]));

/** Emits M X Mᵀ, of each of the four numbers of the vectors that X is made of. */
function sandwich(
  f: wasm.FunctionBuilder,
  matrix: Matrix,
  load: (i: number, j: number) => wasm.Code,
  store: (i: number, j: number, value: wasm.Code) => void,
): void {
  const kept = (value: wasm.Code) => {
    const [local] = f.vectors(1);
    f.set(local, value);
    return local;
  };
  const combination = (coefficients: readonly number[], vectors: wasm.Local[]): wasm.Code => {
    const terms = coefficients.map((coefficient, k) => ({
      negative: coefficient < 0,
      value: Math.abs(coefficient) === 1
        ? vectors[k]
        : wasm.multiply(vectors[k], wasm.vectorConstant(Math.abs(coefficient))),
    })).filter((_, k) => coefficients[k] !== 0).sort((a, b) => Number(a.negative) - Number(b.negative));
    const [first, ...others] = terms;
    return others.reduce(
      (total, { negative, value }) => (negative ? wasm.subtract : wasm.add)(total, value),
      first.negative ? wasm.subtract(wasm.zero, first.value) : first.value,
    );
  };
  const columns = matrix[0].map((_, j) => {
    const column = matrix[0].map((_, i) => kept(load(i, j)));
    return matrix.map((row) => kept(combination(row, column)));
  });
  matrix.forEach((_, i) =>
    matrix.forEach((row, j) => store(i, j, combination(row, columns.map((column) => column[i]))))
  );
}

/** Tiles of an image, each 2 rows or columns after the one before, and where their positions lie. */
interface Tiles {
  rows: number;
  columns: number;
  /** a multiple of 4 */
  channels: number;
  /** numbers from one row of the image to the next */
  row: number;
  /** numbers from one position to the next */
  plane: number;
}

/** A function of (image, planes) that takes tiles of an image apart into positions, or puts them together. */
function tileTransform(matrix: Matrix, { rows, columns, channels, row, plane }: Tiles): wasm.FunctionBuilder {
  const f = new wasm.FunctionBuilder(2);
  const [image, planes] = f.parameters;
  const pixels = (i: number, j: number) => [image, 4 * (i * row + j * channels)] as const;
  const positions = (i: number, j: number) => [planes, 4 * (4 * i + j) * plane] as const;
  const [from, to] = matrix === OUTPUT ? [positions, pixels] : [pixels, positions];
  const put = (value: wasm.Code, [address, offset]: readonly [wasm.Local, number]) =>
    f.emit(wasm.store(address, value, offset));
  f.repeat(rows, () => {
    f.repeat(columns, () => {
      f.repeat(channels / 4, () => {
        sandwich(f, matrix, (i, j) => wasm.load(...from(i, j)), (i, j, value) => put(value, to(i, j)));
        f.advance(image, 16);
        f.advance(planes, 16);
      });
      f.advance(image, 4 * channels);
    });
    f.advance(image, 4 * 2 * (row - columns * channels));
  });
  return f;
}

/** A function of (packed filter, its positions). */
function filterTransform(inputs: number, outputs: number): wasm.FunctionBuilder {
  const f = new wasm.FunctionBuilder(2);
  const [packed, positions] = f.parameters;
  for (const { vectors, times } of vectorBlocks(outputs)) {
    const tap = 16 * inputs * vectors;
    f.repeat(times, () => {
      f.repeat(inputs * vectors, () => {
        sandwich(
          f,
          FILTER,
          (i, j) => wasm.load(packed, (3 * i + j) * tap),
          (i, j, value) => f.emit(wasm.store(positions, value, 4 * (4 * i + j) * inputs * outputs)),
        );
        f.advance(packed, 16);
        f.advance(positions, 16);
      });
      f.advance(packed, 8 * tap);
    });
  }
  return f;
}

/** A function of (positions of a filter's gradient, the gradient). */
function gradientTransform(size: number): wasm.FunctionBuilder {
  const f = new wasm.FunctionBuilder(2);
  const [positions, gradient] = f.parameters;
  f.repeat(size / 4, () => {
    sandwich(
      f,
      transposed(FILTER),
      (i, j) => wasm.load(positions, 4 * (4 * i + j) * size),
      (i, j, value) => f.emit(wasm.store(gradient, value, 4 * (3 * i + j) * size)),
    );
    f.advance(positions, 16);
    f.advance(gradient, 16);
  });
  return f;
}

/** The sizes that matter here. */
type TiledShape =
  & Pick<
    ConvolutionShape,
    "inShape" | "batchSize" | "outHeight" | "outWidth" | "inChannels" | "outChannels"
  >
  & { padInfo: { top: number; left: number } };

/** One set of sizes, with the filter packed as `convolution.ts` packs it. */
class TiledConvolution {
  readonly #frames: FramedImages;
  /** rows of tiles that are worked on at a time, of one image or of several */
  readonly #rows: number;
  /** numbers of all positions of a filter, of tiles of inputs, and of tiles of outputs */
  readonly #room: number[];
  readonly #run;

  constructor(memory: WebAssembly.Memory, readonly shape: TiledShape) {
    const { batchSize, outHeight, outWidth, inChannels, outChannels, padInfo } = shape;
    const [rows, columns] = [outHeight / 2, outWidth / 2];
    const rowBytes = 4 * columns * (inChannels + outChannels);
    const isWhole = (n: number) => rows % n === 0 || n % rows === 0;
    this.#rows = largestDivisor(batchSize * rows, (n) => n * rowBytes <= CACHE && isWhole(n));
    this.#frames = new FramedImages(memory, shape.inShape, {
      top: padInfo.top,
      left: padInfo.left,
      height: outHeight + 2,
      width: outWidth + 2,
    });
    const tiles = this.#rows * columns;
    // From one position to the next: at powers of two they would share few lines of the cache.
    const [inputPlane, outputPlane] = [inChannels, outChannels].map((channels) => tiles * channels + 16);
    this.#room = [inChannels * outChannels, inputPlane, outputPlane].map((size) => POSITIONS * size);
    const inputTiles: Tiles = {
      rows: Math.min(rows, this.#rows),
      columns,
      channels: inChannels,
      row: this.#frames.row,
      plane: inputPlane,
    };
    const outputTiles: Tiles = {
      rows: this.#rows,
      columns,
      channels: outChannels,
      row: outWidth * outChannels,
      plane: outputPlane,
    };
    // The product of each position is one of matrices: a window is a tile's channels.
    const windows: Windows = {
      row: 0,
      step: inChannels,
      rowStep: inputPlane,
      rows: 1,
      run: inChannels,
      windowRows: 1,
      windowColumns: tiles,
      channels: outChannels,
    };
    const outputs: Outputs = { step: outChannels, rowStep: outputPlane };
    const assemble = (build: () => wasm.FunctionBuilder) => wasm.assemble(memory, build);
    this.#run = {
      splitInputs: assemble(() => tileTransform(INPUT, inputTiles)),
      transformFilter: assemble(() => filterTransform(inChannels, outChannels)),
      products: assemble(() => correlation(windows, outputs, POSITIONS)),
      joinOutputs: assemble(() => tileTransform(OUTPUT, outputTiles)),
      splitGradients: assemble(() => tileTransform(transposed(OUTPUT), outputTiles)),
      filterProducts: assemble(() => filterCorrelation(windows, outputs, POSITIONS)),
      transformGradient: assemble(() => gradientTransform(inChannels * outChannels)),
    };
  }

  /**
   * Takes the images apart, some rows of tiles at a time.
   * @param use gets where the outputs of these tiles begin, in bytes
   */
  #visit(x: number, planes: number, use: (outputs: number) => void): void {
    const { batchSize, outHeight, inChannels, outWidth, outChannels } = this.shape;
    const rowsOfImage = Math.min(outHeight / 2, this.#rows);
    const parts = outHeight / 2 / rowsOfImage, together = this.#rows / rowsOfImage;
    const tiles = rowsOfImage * outWidth / 2;
    let done = 0;
    this.#frames.visit(x, batchSize, (image) => {
      for (let part = 0; part < parts; part++) {
        const start = 4 * 2 * part * rowsOfImage * this.#frames.row;
        this.#run.splitInputs(image + start, planes + 4 * (done % together) * tiles * inChannels);
        done++;
        if (done % together === 0) use(4 * 4 * (done - together) * tiles * outChannels);
      }
    });
  }

  forward(x: number, packed: number, y: number): void {
    withRoom(this.#room, (filters, inputs, outputs) => {
      this.#run.transformFilter(packed, filters);
      this.#visit(x, inputs, (start) => {
        this.#run.products(inputs, filters, outputs);
        this.#run.joinOutputs(y + start, outputs);
      });
    });
  }

  filterGradient(x: number, dy: number, dfilter: number): void {
    withRoom(this.#room, (sums, inputs, gradients) => {
      floatsAt(sums, this.#room[0]).fill(0);
      this.#visit(x, inputs, (start) => {
        this.#run.splitGradients(dy + start, gradients);
        this.#run.filterProducts(inputs, gradients, sums);
      });
      this.#run.transformGradient(sums, dfilter);
    });
  }
}

/** A convolution by tiles; the input's gradient is one too, of the flipped and transposed filter. */
export class WinogradConvolution implements HeapConvolution {
  readonly #forward: TiledConvolution;
  readonly #backward: TiledConvolution;

  constructor(memory: WebAssembly.Memory, readonly shape: ConvolutionShape) {
    const { batchSize, outShape, inHeight, inWidth, inChannels, outChannels, padInfo } = shape;
    this.#forward = new TiledConvolution(memory, shape);
    this.#backward = new TiledConvolution(memory, {
      batchSize,
      inShape: outShape,
      outHeight: inHeight,
      outWidth: inWidth,
      inChannels: outChannels,
      outChannels: inChannels,
      padInfo: { top: 2 - padInfo.top, left: 2 - padInfo.left },
    });
  }

  /** The tiles are whole, and the channels come in vectors of four. */
  static supports(shape: ConvolutionShape): boolean {
    const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = shape;
    const { inHeight, inWidth, outHeight, outWidth, inChannels, outChannels, padInfo } = shape;
    return filterHeight === 3 && filterWidth === 3 && strideHeight * strideWidth === 1 &&
      dilationHeight * dilationWidth === 1 && Math.max(padInfo.top, padInfo.left) <= 2 &&
      [inHeight, inWidth, outHeight, outWidth].every((size) => size % 2 === 0) &&
      [inChannels, outChannels].every((channels) => channels % 4 === 0);
  }

  forward(x: number, filter: number, y: number): void {
    withPacked(filter, [wholeFilter(this.shape)], (packed) => this.#forward.forward(x, packed, y));
  }

  filterGradient(x: number, dy: number, dfilter: number): void {
    this.#forward.filterGradient(x, dy, dfilter);
  }

  inputGradient(dy: number, filter: number, dx: number): void {
    const { top, left } = this.shape.padInfo;
    const [rows, columns] = [top, left].map((padding) => tapsOfPhase(0, 3, 1, padding));
    const part = transposedFilter(this.shape, rows, columns);
    withPacked(filter, [part], (packed) => this.#backward.forward(dy, packed, dx));
  }
}
