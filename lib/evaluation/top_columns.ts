/**
 * The classes with the highest scores, the highest first. Where scores tie, lower columns come first.
 *
 * @param scores (C) scores of one image
 * @param count how many; all of them where there are fewer
 * @returns columns of the head
 */
export function topColumns(scores: ArrayLike<number>, count: number): number[] {
  const columns = Array.from(scores, (_, column) => column);
  return columns.sort((a, b) => scores[b] - scores[a] || a - b).slice(0, count);
}
