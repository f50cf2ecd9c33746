/**
 * Batch normalization, assembled for its number of channels. Activations are looked at as a matrix of one row a pixel and
 * one column a channel.
 * @module
 */
import * as wasm from "./assembler.ts";
import { floatsAt, withRoom } from "./heap.ts";

/** Rows that are worked on at a time: few enough to stay in the nearest cache, and to be added up in float32. */
const ROWS = 128;

type Run = (...args: number[]) => void;

/**
 * A function over some rows: (rows, pointers to matrices …, pointers to vectors of one value a channel …). Channels are taken
 * some vectors at a time, as many as registers are there for what `start` and `row` keep for each.
 */
function overRows(
  channels: number,
  matrices: number,
  vectors: number,
  together: number,
  kernel: (f: wasm.FunctionBuilder) => {
    /** before the first row; `load(v)` is the part of the v-th vector */
    start: (n: number, load: (vector: number) => wasm.Code) => void;
    /** for each row; `load(m)` is the part of the m-th matrix's row */
    row: (
      n: number,
      load: (matrix: number) => wasm.Code,
      store: (matrix: number, value: wasm.Code) => void,
    ) => void;
    /** after the last row */
    end?: (n: number, store: (vector: number, value: wasm.Code) => void) => void;
  },
): wasm.FunctionBuilder {
  const f = new wasm.FunctionBuilder(1 + matrices + vectors);
  const rows = f.parameter(0);
  const matrix = Array.from({ length: matrices }, (_, m) => f.parameter(1 + m));
  const vector = Array.from({ length: vectors }, (_, v) => f.parameter(1 + matrices + v));
  const at = matrix.map(() => f.integer());
  const { start, row, end } = kernel(f);
  const part = (count: number) => {
    const each = (visit: (n: number) => void) => {
      for (let n = 0; n < count; n++) visit(n);
    };
    each((n) => start(n, (v) => wasm.load(wasm.get(vector[v]), 16 * n)));
    at.forEach((pointer, m) => f.set(pointer, wasm.get(matrix[m])));
    f.repeat(rows, () => {
      each((n) =>
        row(
          n,
          (m) => wasm.load(wasm.get(at[m]), 16 * n),
          (m, value) => f.emit(wasm.store(wasm.get(at[m]), value, 16 * n)),
        )
      );
      at.forEach((pointer) => f.advance(pointer, 4 * channels));
    });
    each((n) => end?.(n, (v, value) => f.emit(wasm.store(wasm.get(vector[v]), value, 16 * n))));
    [...matrix, ...vector].forEach((pointer) => f.advance(pointer, 16 * count));
  };
  const all = channels / 4;
  f.repeat(Math.floor(all / together), () => part(together));
  if (all % together > 0) part(all % together);
  return f;
}

const locals = (f: wasm.FunctionBuilder, count: number) => Array.from({ length: count }, () => f.vector());

/** (rows, x, sums): sums = Σ x */
function sumRows(channels: number) {
  return overRows(channels, 1, 1, 4, (f) => {
    const sums = locals(f, 4);
    return {
      start: (n) => f.set(sums[n], wasm.zero),
      row: (n, load) => f.set(sums[n], wasm.add(wasm.get(sums[n]), load(0))),
      end: (n, store) => store(0, wasm.get(sums[n])),
    };
  });
}

/** (rows, x, mean, sums): sums = Σ (x − mean)² */
function sumSquares(channels: number) {
  return overRows(channels, 1, 2, 4, (f) => {
    const [sums, mean, centerd] = [locals(f, 4), locals(f, 4), f.vector()];
    return {
      start: (n, load) => {
        f.set(sums[n], wasm.zero);
        f.set(mean[n], load(0));
      },
      row: (n, load) => {
        f.set(centerd, wasm.subtract(load(0), wasm.get(mean[n])));
        f.set(sums[n], wasm.multiplyAdd(wasm.get(centerd), wasm.get(centerd), wasm.get(sums[n])));
      },
      end: (n, store) => store(1, wasm.get(sums[n])),
    };
  });
}

/** (rows, x, y, mean, scale, beta): y = (x − mean)·scale + beta, and ReLU */
function scaleRows(channels: number, relu: boolean) {
  return overRows(channels, 2, 3, 4, (f) => {
    const [mean, scale, beta] = [locals(f, 4), locals(f, 4), locals(f, 4)];
    return {
      start: (n, load) => [mean, scale, beta].forEach((kept, v) => f.set(kept[n], load(v))),
      row: (n, load, store) => {
        const centerd = wasm.subtract(load(0), wasm.get(mean[n]));
        const y = wasm.multiplyAdd(centerd, wasm.get(scale[n]), wasm.get(beta[n]));
        store(1, relu ? wasm.maximum(y, wasm.zero) : y);
      },
    };
  });
}

/** (rows, x, y, dy, mean, sums, products): sums = Σ dz, products = Σ dz·(x − mean), dz being dy where the ReLU let y pass */
function sumGradients(channels: number, relu: boolean) {
  return overRows(channels, 3, 3, 4, (f) => {
    const [mean, sums, products, dz] = [locals(f, 4), locals(f, 4), locals(f, 4), f.vector()];
    return {
      start: (n, load) => {
        f.set(mean[n], load(0));
        f.set(sums[n], wasm.zero);
        f.set(products[n], wasm.zero);
      },
      row: (n, load) => {
        f.set(dz, relu ? wasm.mask(load(2), wasm.greater(load(1), wasm.zero)) : load(2));
        f.set(sums[n], wasm.add(wasm.get(sums[n]), wasm.get(dz)));
        const centerd = wasm.subtract(load(0), wasm.get(mean[n]));
        f.set(products[n], wasm.multiplyAdd(wasm.get(dz), centerd, wasm.get(products[n])));
      },
      end: (n, store) => {
        store(1, wasm.get(sums[n]));
        store(2, wasm.get(products[n]));
      },
    };
  });
}

/** (rows, x, y, dy, dx, mean, scale, slope, offset): dx = dz·scale + (x − mean)·slope + offset */
function applyGradients(channels: number, relu: boolean) {
  return overRows(channels, 4, 4, 2, (f) => {
    const kept = Array.from({ length: 4 }, () => locals(f, 2));
    const [mean, scale, slope, offset] = kept;
    return {
      start: (n, load) => kept.forEach((local, v) => f.set(local[n], load(v))),
      row: (n, load, store) => {
        const dz = relu ? wasm.mask(load(2), wasm.greater(load(1), wasm.zero)) : load(2);
        const centerd = wasm.subtract(load(0), wasm.get(mean[n]));
        const constant = wasm.multiplyAdd(centerd, wasm.get(slope[n]), wasm.get(offset[n]));
        store(3, wasm.multiplyAdd(dz, wasm.get(scale[n]), constant));
      },
    };
  });
}

/** Batch normalization of one number of channels, with ReLU or without. All tensors are offsets on the heap. */
export class WasmNormalization {
  readonly #channels: number;
  readonly #assemble: (built: wasm.FunctionBuilder) => Run;
  readonly #relu: boolean;
  readonly #scaleRows: Run;
  #statistics?: { sumRows: Run; sumSquares: Run };
  #gradient?: { sumGradients: Run; applyGradients: Run };

  /** Nothing but `apply` is assembled before it is needed. */
  constructor(memory: WebAssembly.Memory, channels: number, relu: boolean) {
    this.#channels = channels;
    this.#relu = relu;
    this.#assemble = (built) => wasm.assemble(memory, built);
    this.#scaleRows = this.#assemble(scaleRows(channels, relu));
  }

  /** The channels come in vectors of four. */
  static supports(channels: number): boolean {
    return channels % 4 === 0;
  }

  /** Mean and biased variance of each channel. */
  statistics(rows: number, x: number, mean: number, variance: number): void {
    const { sumRows: sum, sumSquares: square } = this.#statistics ??= {
      sumRows: this.#assemble(sumRows(this.#channels)),
      sumSquares: this.#assemble(sumSquares(this.#channels)),
    };
    this.#totals(rows, 1, (offset, count, sums) => sum(count, x + offset, sums), (sums) => {
      floatsAt(mean, this.#channels).set(sums.map((value) => value / rows));
    });
    this.#totals(rows, 1, (offset, count, sums) => square(count, x + offset, mean, sums), (sums) => {
      floatsAt(variance, this.#channels).set(sums.map((value) => value / rows));
    });
  }

  /** y = γ·(x − mean)/√(variance + ε) + β */
  apply(
    rows: number,
    { x, gamma, beta, mean, variance, y }: Record<"x" | "gamma" | "beta" | "mean" | "variance" | "y", number>,
    epsilon: number,
  ): void {
    const channels = this.#channels;
    withRoom([channels], (scale) => {
      const [g, v] = [gamma, variance].map((offset) => floatsAt(offset, channels));
      floatsAt(scale, channels).forEach((_, c, out) => out[c] = g[c] / Math.sqrt(v[c] + epsilon));
      inParts(
        rows,
        channels,
        (offset, count) => this.#scaleRows(count, x + offset, y + offset, mean, scale, beta),
      );
    });
  }

  /** dx = γ/σ · (dz − mean(dz) − (x − µ)/σ² · mean(dz·(x − µ))), dγ = Σ dz·(x − µ)/σ, dβ = Σ dz */
  gradient(
    rows: number,
    tensors: Record<"x" | "y" | "dy" | "gamma" | "mean" | "variance" | "dx" | "dgamma" | "dbeta", number>,
    epsilon: number,
  ): void {
    const { x, y, dy, gamma, mean, variance, dx, dgamma, dbeta } = tensors;
    const channels = this.#channels;
    const { sumGradients: sum, applyGradients: apply } = this.#gradient ??= {
      sumGradients: this.#assemble(sumGradients(channels, this.#relu)),
      applyGradients: this.#assemble(applyGradients(channels, this.#relu)),
    };
    withRoom([channels, channels, channels], (scale, slope, offset) => {
      this.#totals(
        rows,
        2,
        (at, count, sums, products) => sum(count, x + at, y + at, dy + at, mean, sums, products),
        (sums, products) => {
          const view = (at: number) => floatsAt(at, channels);
          const [g, v, a, b, c, dg, db] = [gamma, variance, scale, slope, offset, dgamma, dbeta].map(view);
          for (let i = 0; i < channels; i++) {
            const inverse = 1 / Math.sqrt(v[i] + epsilon); // 1/σ
            a[i] = g[i] * inverse;
            b[i] = -g[i] * inverse ** 3 * products[i] / rows;
            c[i] = -g[i] * inverse * sums[i] / rows;
            dg[i] = products[i] * inverse;
            db[i] = sums[i];
          }
        },
      );
      inParts(
        rows,
        channels,
        (at, count) => apply(count, x + at, y + at, dy + at, dx + at, mean, scale, slope, offset),
      );
    });
  }

  /** Lets `sum` write the sums of some rows at a time, and adds these up in float64. */
  #totals(
    rows: number,
    results: number,
    sum: (offset: number, count: number, ...sums: number[]) => void,
    use: (...totals: Float64Array[]) => void,
  ): void {
    const channels = this.#channels;
    const parts = Math.ceil(rows / ROWS);
    withRoom(new Array(results).fill(parts * channels), (...rooms) => {
      let part = 0;
      inParts(rows, channels, (offset, count) => {
        sum(offset, count, ...rooms.map((room) => room + 4 * channels * part));
        part++;
      });
      use(...rooms.map((room) => {
        const sums = floatsAt(room, parts * channels), totals = new Float64Array(channels);
        for (let i = 0; i < sums.length; i += channels) {
          for (let c = 0; c < channels; c++) totals[c] += sums[i + c];
        }
        return totals;
      }));
    });
  }
}

/** Visits a matrix some rows at a time. */
function inParts(rows: number, channels: number, visit: (offset: number, count: number) => void): void {
  for (let row = 0; row < rows; row += ROWS) visit(4 * channels * row, Math.min(ROWS, rows - row));
}
