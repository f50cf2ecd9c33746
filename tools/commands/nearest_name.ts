/**
 * What was probably meant by a wrong name.
 *
 * @param name what was written
 * @param known at least one name
 * @returns the known name that takes the fewest changes of a letter to get to; undefined where every name takes as many as
 * half of the letters. Capitals and dashes do not count
 *
 * @example
 * ```ts ignore
 * nearestName("lerning-rate", ["learningRate", "epochs"]); // "learningRate"
 * ```
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => editDistance(plain(name), plain(candidate)));
  const fewest = Math.min(...distances);
  return fewest <= plain(name).length / 2 ? known[distances.indexOf(fewest)] : undefined;
}

function plain(name: string): string {
  return name.replaceAll("-", "").toLowerCase();
}

/** Levenshtein's distance: letters to be put in, taken out or replaced. */
function editDistance(from: string, to: string): number {
  // row[j]: distance of the letters of `from` so far to the first j letters of `to`
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1] + (letter === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}
