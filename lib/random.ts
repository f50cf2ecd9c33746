/**
 * Random numbers that depend on nothing but a list of keys, such as `randomStream(seed, "augment", step,
 * epoch)`. There is no hidden state to save: who knows the position in the training knows the random numbers.
 *
 * The stream is SplitMix32 started from an FNV-1a hash of the keys.
 * @module
 */

/** A stream of random numbers. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** The integers 0 … count − 1 in random order (Fisher–Yates). */
  permutation(count: number): number[];
}

/**
 * Starts a stream of random numbers.
 * @param keys what the numbers depend on: seeds, names, positions
 * @returns a stream that is always the same for the same keys
 */
export function randomStream(...keys: (number | string)[]): RandomStream {
  let state = hash(keys.join("\u0000"));

  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const uniform = () => next() / 2 ** 32;
  const integer = (below: number) => Math.floor(uniform() * below);

  return {
    uniform,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    permutation(count) {
      const order = Array.from({ length: count }, (_, i) => i);
      for (let i = count - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    },
  };
}

function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  // One round of mixing, so that keys that differ in the last character start far apart.
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
