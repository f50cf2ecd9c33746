/**
 * Two models on one picture: their scores as bars, and what their numbers say in a sentence.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { probabilities, topColumns } from "../lib/evaluation/scores.ts";
import type { Comparison } from "./messages.ts";
import { Chart } from "./parts.tsx";

/** Two digits, or more where a number is small. */
export function digits(value: number): string {
  return Math.abs(value) >= 0.1 || value === 0 ? value.toFixed(2) : value.toPrecision(2);
}

/** A logit as a score from 0 to 1. */
export function scoreOf(logit: number): number {
  return probabilities([logit], "sigmoid")[0];
}

/** The comparison of two models. The sentence keeps its numbers beside it. */
export function Scores(
  { comparison, classNames }: { comparison: Comparison; classNames: readonly string[] },
) {
  const { L_D, L_AD, cosine, topBaseClass: b, models } = comparison;
  const titles = models.map(({ name }, i) => `${["Teacher", "Student"][i]}, ${name}`);
  const best = [...new Set(models.flatMap(({ logits }) => topColumns(logits, 4)))];
  const bars = models.flatMap(({ logits }, i) =>
    best.filter((id) => id < logits.length)
      .map((id) => ({ model: titles[i], name: classNames[id], score: scoreOf(logits[id]) }))
  );
  const [before, after] = models.map(({ logits }) => logits);
  return (
    <>
      <p
        id="sentence"
        class="finding"
        aria-live="polite"
        data-numbers={JSON.stringify({ L_D, L_AD, cosine })}
      >
        From {models[0].name} to {models[1].name}, the score of “{classNames[b]}” goes from{" "}
        {digits(scoreOf(before[b]))} to {digits(scoreOf(after[b]))} (logits {digits(before[b])} and{" "}
        {digits(after[b])}). L<sub>D</sub> is {digits(L_D)}, L<sub>AD</sub>{" "}
        {digits(L_AD)}, the cosine of the two maps {digits(cosine)}: {change(comparison)}.
      </p>
      <Chart
        label="The highest scores of both models"
        height={40 + 24 * best.length}
        marginLeft={110}
        x={{ domain: [0, 1], label: "score (sigmoid)", grid: true }}
        y={{ label: null, domain: best.map((id) => classNames[id]) }}
        fx={{ label: null, domain: titles }}
        marks={[
          Plot.barX(bars, { x: "score", y: "name", fx: "model", fill: "var(--accent)" }),
          Plot.ruleX([0]),
        ]}
      />
    </>
  );
}

function change({ cosine, dark }: Comparison): string {
  if (dark) return "one of the two maps is dark: nothing in the picture speaks for the class";
  if (cosine > 0.9) return "the attention stays where it was";
  return cosine > 0.6 ? "the attention has moved in part" : "the attention is elsewhere";
}
