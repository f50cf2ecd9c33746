/**
 * Scores in charts, and what two models' numbers say in a sentence.
 * @module
 */
import * as Plot from "@observablehq/plot";
import type { Comparison } from "./messages.ts";

/** A model and its scores of one picture. */
export interface ScoredModel {
  /** Such as `M_1 of LwM`. */
  readonly name: string;
  /** Before the sigmoid. */
  readonly logits: Float32Array;
}

/** How many of each model's best classes are drawn. */
const BEST = 4;

/** 1 / (1 + e^−z) */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Two digits, or more where a number is small. */
export function digits(value: number): string {
  return Math.abs(value) >= 0.1 || value === 0 ? value.toFixed(2) : value.toPrecision(2);
}

/** What happened from the first model to the second. */
export function sentence(
  [before, after]: readonly ScoredModel[],
  { L_D, L_AD, cosine, topBaseClass: b }: Comparison,
  classNames: readonly string[],
): string {
  const moved = cosine === 0
    ? "one of the two maps is dark: nothing in the picture speaks for the class"
    : cosine > 0.9
    ? "the attention stays where it was"
    : cosine > 0.6
    ? "the attention has moved in part"
    : "the attention is elsewhere";
  const [first, second] = [before.logits[b], after.logits[b]];
  return `From ${before.name} to ${after.name}, the score of “${classNames[b]}” goes from ${
    digits(sigmoid(first))
  } ` +
    `to ${digits(sigmoid(second))} (logits ${digits(first)} and ${digits(second)}). L_D is ${digits(L_D)}, ` +
    `L_AD ${digits(L_AD)}, the cosine of the two maps ${digits(cosine)}: ${moved}.`;
}

/** The best classes of both models as bars. */
export function scoreChart(models: readonly ScoredModel[], classNames: readonly string[]): Element {
  const titles = models.map(({ name }, i) => `${i === 0 ? "Teacher" : "Student"}, ${name}`);
  const bestOf = ({ logits }: ScoredModel) =>
    [...logits.keys()].sort((a, b) => logits[b] - logits[a]).slice(0, BEST);
  const best = [...new Set(models.flatMap(bestOf))];
  const bars = models.flatMap(({ logits }, i) =>
    best.filter((id) => id < logits.length)
      .map((id) => ({ model: titles[i], name: classNames[id], score: sigmoid(logits[id]) }))
  );
  return chart({
    height: 40 + 24 * best.length,
    marginLeft: 110,
    x: { domain: [0, 1], label: "score (sigmoid)", grid: true },
    y: { label: null, domain: best.map((id) => classNames[id]) },
    fx: { label: null, domain: titles },
    marks: [Plot.barX(bars, { x: "score", y: "name", fx: "model", fill: "var(--accent)" }), Plot.ruleX([0])],
  }, "The highest scores of both models");
}

/** A chart with one label for screen readers, in place of Plot's labels of its parts. */
export function chart(options: Plot.PlotOptions, label: string): Element {
  const svg = Plot.plot({ width: 520, style: { background: "none" }, ...options }) as Element;
  for (const labeled of svg.querySelectorAll("g[aria-label]")) labeled.removeAttribute("aria-label");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return svg;
}
