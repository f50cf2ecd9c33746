/**
 * Batch normalization, assembled for its number of channels. Activations are looked at as a matrix of one row
 * a pixel and one column a channel.
 * @module
 */
import * as wasm from "./assembler.ts";
import { floatsAt, withRoom } from "./heap.ts";

/**
 * Rows that are worked on at a time: few enough to stay in the nearest cache, and to be added up in float32.
 */
const ROWS = 128;

/**
 * A function over some rows: (rows, pointers to matrices …, pointers to vectors of one value a channel …).
 * Channels are taken some vectors at a time, as many as registers are there for what `start` and `row` keep
 * for each.
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
  const [rows, ...pointers] = f.parameters;
  const [matrix, vector] = [pointers.slice(0, matrices), pointers.slice(matrices)];
  const at = f.integers(matrices);
  const { start, row, end } = kernel(f);
  const part = (count: number) => {
    const each = (visit: (n: number) => void) => {
      for (let n = 0; n < count; n++) visit(n);
    };
    each((n) => start(n, (v) => wasm.load(vector[v], 16 * n)));
    at.forEach((pointer, m) => f.set(pointer, matrix[m]));
    f.repeat(rows, () => {
      each((n) =>
        row(
          n,
          (m) => wasm.load(at[m], 16 * n),
          (m, value) => f.emit(wasm.store(at[m], value, 16 * n)),
        )
      );
      at.forEach((pointer) => f.advance(pointer, 4 * channels));
    });
    each((n) => end?.(n, (v, value) => f.emit(wasm.store(vector[v], value, 16 * n))));
    [...matrix, ...vector].forEach((pointer) => f.advance(pointer, 16 * count));
  };
  const all = channels / 4;
  f.repeat(Math.floor(all / together), () => part(together));
  if (all % together > 0) part(all % together);
  return f;
}

/** (rows, x, sums): sums = Σ x */
function sumRows(channels: number) {
  return overRows(channels, 1, 1, 4, (f) => {
    const sums = f.vectors(4);
    return {
      start: (n) => f.set(sums[n], wasm.zero),
      row: (n, load) => f.set(sums[n], wasm.add(sums[n], load(0))),
      end: (n, store) => store(0, sums[n]),
    };
  });
}

/** (rows, x, mean, sums): sums = Σ (x − mean)² */
function sumSquares(channels: number) {
  return overRows(channels, 1, 2, 4, (f) => {
    const [sums, mean, [centered]] = [f.vectors(4), f.vectors(4), f.vectors(1)];
    return {
      start: (n, load) => {
        f.set(sums[n], wasm.zero);
        f.set(mean[n], load(0));
      },
      row: (n, load) => {
        f.set(centered, wasm.subtract(load(0), mean[n]));
        f.set(sums[n], wasm.multiplyAdd(centered, centered, sums[n]));
      },
      end: (n, store) => store(1, sums[n]),
    };
  });
}

/** (rows, x, y, mean, scale, beta): y = (x − mean)·scale + beta, and ReLU */
function scaleRows(channels: number, relu: boolean) {
  return overRows(channels, 2, 3, 4, (f) => {
    const [mean, scale, beta] = [f.vectors(4), f.vectors(4), f.vectors(4)];
    return {
      start: (n, load) => [mean, scale, beta].forEach((kept, v) => f.set(kept[n], load(v))),
      row: (n, load, store) => {
        const centered = wasm.subtract(load(0), mean[n]);
        const y = wasm.multiplyAdd(centered, scale[n], beta[n]);
        store(1, relu ? wasm.maximum(y, wasm.zero) : y);
      },
    };
  });
}

/**
 * (rows, x, y, dy, mean, sums, products): sums = Σ dz, products = Σ dz·(x − mean), dz being dy where the ReLU
 * let y pass
 */
function sumGradients(channels: number, relu: boolean) {
  return overRows(channels, 3, 3, 4, (f) => {
    const [mean, sums, products, [dz]] = [f.vectors(4), f.vectors(4), f.vectors(4), f.vectors(1)];
    return {
      start: (n, load) => {
        f.set(mean[n], load(0));
        f.set(sums[n], wasm.zero);
        f.set(products[n], wasm.zero);
      },
      row: (n, load) => {
        f.set(dz, relu ? wasm.mask(load(2), wasm.greater(load(1), wasm.zero)) : load(2));
        f.set(sums[n], wasm.add(sums[n], dz));
        const centered = wasm.subtract(load(0), mean[n]);
        f.set(products[n], wasm.multiplyAdd(dz, centered, products[n]));
      },
      end: (n, store) => {
        store(1, sums[n]);
        store(2, products[n]);
      },
    };
  });
}

/** (rows, x, y, dy, dx, mean, scale, slope, offset): dx = dz·scale + (x − mean)·slope + offset */
function applyGradients(channels: number, relu: boolean) {
  return overRows(channels, 4, 4, 2, (f) => {
    const kept = Array.from({ length: 4 }, () => f.vectors(2));
    const [mean, scale, slope, offset] = kept;
    return {
      start: (n, load) => kept.forEach((local, v) => f.set(local[n], load(v))),
      row: (n, load, store) => {
        const dz = relu ? wasm.mask(load(2), wasm.greater(load(1), wasm.zero)) : load(2);
        const centered = wasm.subtract(load(0), mean[n]);
        const constant = wasm.multiplyAdd(centered, slope[n], offset[n]);
        store(3, wasm.multiplyAdd(dz, scale[n], constant));
      },
    };
  });
}

/** Offsets on the heap by name. */
export type Offsets<Name extends string> = Record<Name, number>;

/** Batch normalization of one set of sizes. */
export interface HeapNormalization {
  /** what `forward` leaves for `backward` */
  readonly workspaceBytes: number;
  forward(tensors: Offsets<"x" | "gamma" | "beta" | "y" | "mean" | "variance" | "workspace">): void;
  backward(
    tensors: Offsets<"x" | "y" | "dy" | "gamma" | "mean" | "variance" | "workspace" | Gradients>,
  ): void;
  inference(tensors: Offsets<"x" | "gamma" | "beta" | "mean" | "variance" | "y">): void;
}

type Gradients = "dx" | "dgamma" | "dbeta";

/** The functions for one number of channels, with ReLU or without. */
export function normalizationFunctions(memory: WebAssembly.Memory, channels: number, relu: boolean) {
  const assemble = (build: (channels: number, relu: boolean) => wasm.FunctionBuilder) =>
    wasm.assemble(memory, () => build(channels, relu));
  return {
    sumRows: assemble(sumRows),
    sumSquares: assemble(sumSquares),
    scaleRows: assemble(scaleRows),
    sumGradients: assemble(sumGradients),
    applyGradients: assemble(applyGradients),
  };
}

/** Batch normalization of one set of sizes. All tensors are offsets on the heap. */
export class WasmNormalization implements HeapNormalization {
  readonly workspaceBytes = 0;

  /** @param functions those for the number of channels, which is a multiple of four */
  constructor(
    readonly functions: ReturnType<typeof normalizationFunctions>,
    readonly rows: number,
    readonly channels: number,
    readonly epsilon: number,
  ) {}

  forward(tensors: Parameters<HeapNormalization["forward"]>[0]): void {
    const { x, mean, variance } = tensors;
    const { sumRows, sumSquares } = this.functions;
    const keepMeans = (at: number) => (sums: Float64Array) =>
      floatsAt(at, this.channels).set(sums.map((value) => value / this.rows));
    this.#totals(1, (offset, count, sums) => sumRows(count, x + offset, sums), keepMeans(mean));
    this.#totals(1, (offset, count, sums) => sumSquares(count, x + offset, mean, sums), keepMeans(variance));
    this.inference(tensors);
  }

  inference({ x, gamma, beta, mean, variance, y }: Parameters<HeapNormalization["inference"]>[0]): void {
    withRoom([this.channels], (scale) => {
      const [g, v, out] = [gamma, variance, scale].map((offset) => floatsAt(offset, this.channels));
      for (let c = 0; c < out.length; c++) out[c] = g[c] / Math.sqrt(v[c] + this.epsilon);
      this.#inParts((at, count) => this.functions.scaleRows(count, x + at, y + at, mean, scale, beta));
    });
  }

  /** dx = γ/σ · (dz − mean(dz) − (x − µ)/σ² · mean(dz·(x − µ))), dγ = Σ dz·(x − µ)/σ, dβ = Σ dz */
  backward(tensors: Parameters<HeapNormalization["backward"]>[0]): void {
    const { x, y, dy, gamma, mean, variance, dx, dgamma, dbeta } = tensors;
    const { rows, channels, epsilon } = this;
    const { sumGradients, applyGradients } = this.functions;
    withRoom([channels, channels, channels], (scale, slope, offset) => {
      this.#totals(
        2,
        (at, count, sums, products) => sumGradients(count, x + at, y + at, dy + at, mean, sums, products),
        (sums, products) => {
          const [g, v, a, b, c, dg, db] = [gamma, variance, scale, slope, offset, dgamma, dbeta]
            .map((at) => floatsAt(at, channels));
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
      this.#inParts((at, count) =>
        applyGradients(count, x + at, y + at, dy + at, dx + at, mean, scale, slope, offset)
      );
    });
  }

  /** Lets `sum` write the sums of some rows at a time, and adds these up in float64. */
  #totals(
    results: number,
    sum: (offset: number, count: number, ...sums: number[]) => void,
    use: (...totals: Float64Array[]) => void,
  ): void {
    const { channels } = this;
    const size = Math.ceil(this.rows / ROWS) * channels;
    withRoom(new Array(results).fill(size), (...rooms) => {
      let done = 0;
      this.#inParts((offset, count) => {
        sum(offset, count, ...rooms.map((room) => room + 4 * done));
        done += channels;
      });
      use(...rooms.map((room) => {
        const sums = floatsAt(room, size), totals = new Float64Array(channels);
        for (let i = 0; i < sums.length; i += channels) {
          for (let c = 0; c < channels; c++) totals[c] += sums[i + c];
        }
        return totals;
      }));
    });
  }

  #inParts(visit: (offset: number, rows: number) => void): void {
    for (let row = 0; row < this.rows; row += ROWS) {
      visit(4 * this.channels * row, Math.min(ROWS, this.rows - row));
    }
  }
}
