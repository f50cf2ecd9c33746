/**
 * Convolution by filters of 3 × 3 with a stride of 1, and its gradient by the filter, with 16 multiplications for 36:
 * Winograd's F(2×2, 3×3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016).
 *
 * A tile of 2 × 2 outputs, which sees 4 × 4 inputs d, is Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for a filter g. Over all tiles and channels
 * the product ⊙ is 16 products of matrices, one for each position in the tile: those of `convolution.ts` do them.
 * @module
 */
import type { ConvolutionShape } from "../convolution.ts";
import * as wasm from "./assembler.ts";
import {
  CACHE,
  correlation,
  filterCorrelation,
  FramedImages,
  type HeapConvolution,
  type Outputs,
  packFilter,
  packTransposed,
  tapsOfPhase,
  vectorBlocks,
  type Windows,
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
    const local = f.vector();
    f.set(local, value);
    return local;
  };
  const combination = (coefficients: readonly number[], vectors: wasm.Local[]): wasm.Code => {
    const terms = coefficients.map((coefficient, k) => ({
      negative: coefficient < 0,
      value: Math.abs(coefficient) === 1
        ? wasm.get(vectors[k])
        : wasm.multiply(wasm.get(vectors[k]), wasm.vectorConstant(Math.abs(coefficient))),
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
  const [image, planes] = [f.parameter(0), f.parameter(1)];
  const pixel = (i: number, j: number) => 4 * (i * row + j * channels);
  const position = (i: number, j: number) => 4 * (4 * i + j) * plane;
  f.repeat(rows, () => {
    f.repeat(columns, () => {
      f.repeat(channels / 4, () => {
        if (matrix === OUTPUT) {
          sandwich(
            f,
            matrix,
            (i, j) => wasm.load(wasm.get(planes), position(i, j)),
            (i, j, value) => f.emit(wasm.store(wasm.get(image), value, pixel(i, j))),
          );
        } else {
          sandwich(
            f,
            matrix,
            (i, j) => wasm.load(wasm.get(image), pixel(i, j)),
            (i, j, value) => f.emit(wasm.store(wasm.get(planes), value, position(i, j))),
          );
        }
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
  const [packed, positions] = [f.parameter(0), f.parameter(1)];
  for (const { vectors, times } of vectorBlocks(outputs)) {
    const tap = 16 * inputs * vectors;
    f.repeat(times, () => {
      f.repeat(inputs * vectors, () => {
        sandwich(
          f,
          FILTER,
          (i, j) => wasm.load(wasm.get(packed), (3 * i + j) * tap),
          (i, j, value) => f.emit(wasm.store(wasm.get(positions), value, 4 * (4 * i + j) * inputs * outputs)),
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
  const [positions, gradient] = [f.parameter(0), f.parameter(1)];
  f.repeat(size / 4, () => {
    sandwich(
      f,
      transposed(FILTER),
      (i, j) => wasm.load(wasm.get(positions), 4 * (4 * i + j) * size),
      (i, j, value) => f.emit(wasm.store(wasm.get(gradient), value, 4 * (3 * i + j) * size)),
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
  readonly #shape: TiledShape;
  readonly #assemble: (built: wasm.FunctionBuilder) => (...args: number[]) => void;
  readonly #frames: FramedImages;
  readonly #split: (image: number, planes: number) => void;
  /** rows of tiles that are worked on at a time, of one image or of several */
  readonly #rows: number;
  /** rows of tiles of an image that are worked on at a time */
  readonly #rowsOfImage: number;
  /** tiles that are worked on at a time */
  readonly #tiles: number;
  #forward?: Record<"filter" | "products" | "join", (...args: number[]) => void>;
  #gradient?: Record<"split" | "products" | "filter", (...args: number[]) => void>;

  constructor(memory: WebAssembly.Memory, shape: TiledShape) {
    const { batchSize, outHeight, outWidth, inChannels, outChannels, padInfo } = shape;
    this.#shape = shape;
    this.#assemble = (built) => wasm.assemble(memory, built);
    const [rows, columns] = [outHeight / 2, outWidth / 2];
    const rowBytes = 4 * columns * (inChannels + outChannels);
    this.#rows = Math.max(
      1,
      ...Array.from({ length: batchSize * rows }, (_, i) => i + 1).filter((n) =>
        n * rowBytes <= CACHE && batchSize * rows % n === 0 && (rows % n === 0 || n % rows === 0)
      ),
    );
    this.#rowsOfImage = Math.min(rows, this.#rows);
    this.#tiles = this.#rows * columns;
    this.#frames = new FramedImages(memory, shape.inShape, {
      top: padInfo.top,
      left: padInfo.left,
      height: outHeight + 2,
      width: outWidth + 2,
    });
    this.#split = this.#assemble(
      tileTransform(INPUT, {
        ...this.#tilesOf(inChannels),
        rows: this.#rowsOfImage,
        row: this.#frames.row,
      }),
    );
  }

  #tilesOf(channels: number): Tiles {
    const { outWidth } = this.#shape;
    const plane = this.#planeOf(channels);
    return { rows: this.#rows, columns: outWidth / 2, channels, row: outWidth * channels, plane };
  }

  /** Numbers from one position to the next: at powers of two they would share few lines of the cache. */
  #planeOf(channels: number): number {
    return this.#tiles * channels + 16;
  }

  /** The product of each position is one of matrices: a window is a tile's channels. */
  get #windows(): Windows {
    const { inChannels, outChannels } = this.#shape;
    return {
      row: 0,
      step: inChannels,
      rowStep: this.#planeOf(inChannels),
      rows: 1,
      run: inChannels,
      windowRows: 1,
      windowColumns: this.#tiles,
      channels: outChannels,
    };
  }

  get #outputs(): Outputs {
    const { outChannels } = this.#shape;
    return { step: outChannels, rowStep: this.#planeOf(outChannels) };
  }

  /** Takes the images apart, some rows of tiles at a time. @param use gets the number of the first row's tiles */
  #visit(x: number, room: number, planes: number, use: (n: number) => void): void {
    const { batchSize, outHeight, inChannels, outWidth } = this.#shape;
    const parts = outHeight / 2 / this.#rowsOfImage, together = this.#rows / this.#rowsOfImage;
    const tiles = this.#rowsOfImage * outWidth / 2;
    let done = 0;
    floatsAt(room, this.#frames.room).fill(0);
    this.#frames.visit(x, batchSize, room, (image) => {
      for (let part = 0; part < parts; part++) {
        const start = 4 * 2 * part * this.#rowsOfImage * this.#frames.row;
        this.#split(image + start, planes + 4 * (done % together) * tiles * inChannels);
        done++;
        if (done % together === 0) use((done / together - 1) * this.#tiles);
      }
    });
  }

  forward(x: number, packed: number, y: number): void {
    const { inChannels, outChannels } = this.#shape;
    const { filter, products, join } = this.#forward ??= {
      filter: this.#assemble(filterTransform(inChannels, outChannels)),
      products: this.#assemble(correlation(this.#windows, this.#outputs, POSITIONS)),
      join: this.#assemble(tileTransform(OUTPUT, this.#tilesOf(outChannels))),
    };
    const sizes = [inChannels * outChannels, this.#planeOf(inChannels), this.#planeOf(outChannels)];
    withRoom(
      [this.#frames.room, ...sizes.map((size) => POSITIONS * size)],
      (room, filters, inputs, outputs) => {
        filter(packed, filters);
        this.#visit(x, room, inputs, (n) => {
          products(inputs, filters, outputs);
          join(y + 4 * 4 * n * outChannels, outputs);
        });
      },
    );
  }

  filterGradient(x: number, dy: number, dfilter: number): void {
    const { inChannels, outChannels } = this.#shape;
    const { split, products, filter } = this.#gradient ??= {
      split: this.#assemble(tileTransform(transposed(OUTPUT), this.#tilesOf(outChannels))),
      products: this.#assemble(filterCorrelation(this.#windows, this.#outputs, POSITIONS)),
      filter: this.#assemble(gradientTransform(inChannels * outChannels)),
    };
    const sizes = [inChannels * outChannels, this.#planeOf(inChannels), this.#planeOf(outChannels)];
    withRoom(
      [this.#frames.room, ...sizes.map((size) => POSITIONS * size)],
      (room, sums, inputs, gradients) => {
        floatsAt(sums, POSITIONS * sizes[0]).fill(0);
        this.#visit(x, room, inputs, (n) => {
          split(dy + 4 * 4 * n * outChannels, gradients);
          products(inputs, gradients, sums);
        });
        filter(sums, dfilter);
      },
    );
  }
}

/** A convolution by tiles; the input's gradient is one too, of the flipped and transposed filter. */
export class WinogradConvolution implements HeapConvolution {
  readonly #shape: ConvolutionShape;
  readonly #memory: WebAssembly.Memory;
  #made?: TiledConvolution;
  #backward?: TiledConvolution;

  /** Nothing is assembled before it is needed. */
  constructor(memory: WebAssembly.Memory, shape: ConvolutionShape) {
    this.#memory = memory;
    this.#shape = shape;
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

  get #forward(): TiledConvolution {
    return this.#made ??= new TiledConvolution(this.#memory, this.#shape);
  }

  get #filterSize(): number {
    return 9 * this.#shape.inChannels * this.#shape.outChannels;
  }

  forward(x: number, filter: number, y: number): void {
    const size = this.#filterSize;
    withRoom([size], (packed) => {
      packFilter(floatsAt(filter, size), floatsAt(packed, size), this.#shape.outChannels);
      this.#forward.forward(x, packed, y);
    });
  }

  filterGradient(x: number, dy: number, dfilter: number): void {
    this.#forward.filterGradient(x, dy, dfilter);
  }

  inputGradient(dy: number, filter: number, dx: number): void {
    const { batchSize, outShape, inHeight, inWidth, inChannels, outChannels, padInfo } = this.#shape;
    const backward = this.#backward ??= new TiledConvolution(this.#memory, {
      batchSize,
      inShape: outShape,
      outHeight: inHeight,
      outWidth: inWidth,
      inChannels: outChannels,
      outChannels: inChannels,
      padInfo: { top: 2 - padInfo.top, left: 2 - padInfo.left },
    });
    const size = this.#filterSize;
    withRoom([size], (packed) => {
      const [rows, columns] = [padInfo.top, padInfo.left].map((padding) => tapsOfPhase(0, 3, 1, padding));
      packTransposed(floatsAt(filter, size), floatsAt(packed, size), { rows, columns }, this.#shape);
      backward.forward(dy, packed, dx);
    });
  }
}
