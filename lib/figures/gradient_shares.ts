/** What each term of the loss asks of each layer: the shares of the gradients' lengths. @module */
import * as Plot from "@observablehq/plot";
import { percent } from "../statistics.ts";
import { chart, legend, percentTick } from "./kit/chart.ts";
import { BODY_WIDTH, composeFigure, type Figure, PALETTE, plainText, stacked } from "./kit/svg.ts";

/** What {@linkcode gradientShares} draws. */
export interface GradientShares {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** Data set, batch and step. */
  readonly subtitle: string;
  /** From the image to the scores, such as `stem` or `head W`. */
  readonly layers: readonly string[];
  /** What the layers' short names mean. */
  readonly axis: string;
  /** One panel each, such as a moment of the training: of each term the gradient's 2-norm in each layer. */
  readonly panels: readonly {
    readonly name: string;
    readonly lengths: Readonly<Record<string, readonly number[]>>;
  }[];
}

const COLORS = [PALETTE.orange, PALETTE.blue, PALETTE.green];
const COLUMNS = 3;

/** One stacked bar a layer: how the lengths of the terms' gradients divide it. */
export function gradientShares({ title, subtitle, layers, axis, panels }: GradientShares): Figure {
  const terms = Object.keys(panels[0].lengths);
  const shares = panels.flatMap(({ name, lengths }, panel) =>
    layers.flatMap((layer, i) => {
      const sum = terms.reduce((total, term) => total + lengths[term][i], 0);
      return terms.map((term) => ({
        ...{ panel, name, layer, term },
        share: sum === 0 ? 0 : lengths[term][i] / sum,
      }));
    })
  );
  const rows = Array.from({ length: Math.ceil(panels.length / COLUMNS) }, (_, row) => {
    const names = panels.slice(row * COLUMNS, (row + 1) * COLUMNS).map(({ name }) => name);
    const ofRow = shares.filter(({ panel }) => Math.floor(panel / COLUMNS) === row);
    const last = (row + 1) * COLUMNS >= panels.length;
    return chart({
      width: BODY_WIDTH,
      height: 190,
      marginLeft: 48,
      marginRight: 4,
      marginTop: 44,
      marginBottom: 36,
      fx: { domain: names, label: null, padding: 0.08 },
      x: {
        type: "band",
        domain: [...layers],
        label: last ? axis : null,
        tickSize: 0,
      },
      y: { domain: [0, 1], label: "share of the gradient", ticks: 4, tickFormat: percentTick },
      marks: [
        Plot.barY(ofRow, {
          ...{ fx: "name", x: "layer", y: "share" },
          fill: ({ term }: { term: string }) => COLORS[terms.indexOf(term)],
          insetLeft: 1,
          insetRight: 1,
        }),
        Plot.ruleY([0], { stroke: PALETTE.muted }),
      ],
    });
  });
  return composeFigure({
    title,
    subtitle,
    body: stacked([legend(terms.map((label, i) => ({ label, color: COLORS[i] }))), ...rows], 6),
    notes: [
      "Each bar divides the sum of the three gradients' 2-norms in one layer. A gradient's direction does not show.",
    ],
    description: panels.map(({ name }, panel) =>
      `${name}: ${
        terms.map((term) => {
          const ofTerm = shares.filter((one) => one.panel === panel && one.term === term);
          return `${plainText(term)} ${
            ofTerm.map(({ layer, share }) => `${layer} ${percent(share)}`).join(", ")
          }`;
        }).join("; ")
      }.`
    ).join(" "),
  });
}
