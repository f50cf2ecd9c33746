/** How a network's scores become probabilities: they compete, or each class is a yes or no by itself. */
export type OutputKind = "softmax" | "sigmoid";

/**
 * Probabilities of the classes from their scores.
 *
 * @param logits (C) scores of one image
 * @param kind as in the loss that the network was trained with
 * @returns (C) probabilities; with `softmax` they sum to 1
 */
export function probabilities(logits: ArrayLike<number>, kind: OutputKind): Float64Array {
  const scores = Float64Array.from(logits);
  if (kind === "sigmoid") return scores.map((z) => 1 / (1 + Math.exp(-z)));
  const highest = Math.max(...scores);
  const powers = scores.map((z) => Math.exp(z - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
