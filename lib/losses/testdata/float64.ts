/**
 * L_AD once more, with plain loops over float64 numbers: something to differentiate numerically without
 * drowning in rounding, and written without a look at the tensors' way of doing it.
 * @module
 */

/** Rows of numbers. */
export type Matrix = number[][];

/** Grad-CAM maps (B, H·W) of flat feature maps (B, H·W, K) and weights (K, C). */
export function maps(features: number[][][], weights: Matrix, classes: number[]): Matrix {
  return features.map((pixels, i) =>
    pixels.map((A) => Math.max(0, sum(A.map((a, k) => a * weights[k][classes[i]] / pixels.length))))
  );
}

/** L_AD: mean over the rows of the distance between the rows divided by their length. */
export function mapLoss(teacher: Matrix, student: Matrix, norm: "L1" | "L2"): number {
  const unit = (row: number[]) => {
    const length = Math.hypot(...row);
    return row.map((value) => length === 0 ? 0 : value / length);
  };
  return meanOf(student.map((row, i) => {
    const [a, b] = [unit(teacher[i]), unit(row)];
    const d = a.map((value, j) => value - b[j]);
    return norm === "L1" ? sum(d.map(Math.abs)) : Math.hypot(...d);
  }));
}

/** Central differences of f at x, for each of its numbers: (f(x + h) − f(x − h)) / 2h. */
export function centralDifferences(f: (x: Float64Array) => number, x: Float64Array, h = 1e-6): Float64Array {
  return x.map((value, i) => {
    const at = (moved: number) => f(Float64Array.from(x, (other, j) => j === i ? moved : other));
    return (at(value + h) - at(value - h)) / (2 * h);
  });
}

/** Flat numbers as rows of the given length. */
export function rowsOf(flat: Float64Array, length: number): Matrix {
  return Array.from(
    { length: flat.length / length },
    (_, i) => [...flat.subarray(i * length, (i + 1) * length)],
  );
}

function sum(values: number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function meanOf(values: number[]): number {
  return sum(values) / values.length;
}
