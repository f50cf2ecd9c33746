/** Height and width in pixels. */
export type MapSize = readonly [height: number, width: number];

/**
 * Scales a map to another size, for display and for comparing it with a mask. Bilinear, pixel centers at half
 * coordinates, edges repeated: what PyTorch's `interpolate(…, align_corners=False)` and image viewers do when
 * enlarging.
 * @param map (h, w) values, row by row
 * @param from its height and width
 * @param to the height and width wanted
 * @returns (height, width) values, row by row; within the range of the map
 */
export function resizeMap(map: ArrayLike<number>, from: MapSize, to: MapSize): Float32Array {
  const rows = samples(from[0], to[0]);
  const columns = samples(from[1], to[1]);
  const out = new Float32Array(to[0] * to[1]);
  rows.forEach((row, i) => {
    columns.forEach((column, j) => {
      const inRow = (y: number) =>
        mix(map[y * from[1] + column.lower], map[y * from[1] + column.upper], column.share);
      out[i * to[1] + j] = mix(inRow(row.lower), inRow(row.upper), row.share);
    });
  });
  return out;
}

/** For each new pixel along one axis: the two old pixels around its center and the share of the upper one. */
function samples(from: number, to: number): { lower: number; upper: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const center = Math.min(Math.max((i + 0.5) * from / to - 0.5, 0), from - 1);
    const lower = Math.floor(center);
    return { lower, upper: Math.min(lower + 1, from - 1), share: center - lower };
  });
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}
