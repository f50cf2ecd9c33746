/**
 * How an attention distillation loss goes wrong: what each variant's gradient does when γ grows.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { chart, legend } from "./kit/chart.ts";
import { FAINT, MUTED, PALETTE } from "./kit/colors.ts";
import {
  beside,
  BODY_WIDTH,
  composeFigure,
  type Drawing,
  type Figure,
  stacked,
  text,
  wrap,
} from "./kit/svg.ts";

/** One way to write L_AD. */
export interface LossVariant {
  /** A short name, such as `student's map detached`. */
  readonly name: string;
  /** Norm of γ · ∂L_AD/∂A for each γ: what reaches the student's feature maps. */
  readonly featureGradient: readonly number[];
  /** Norm of γ · ∂L_AD/∂W for each γ: what reaches the student's classifier. */
  readonly weightGradient: readonly number[];
}

/** What {@linkcode gammaEffect} draws. */
export interface GammaEffect {
  /** The weights at which the gradients were taken, in rising order. */
  readonly gammas: readonly number[];
  /** The right variant first. */
  readonly variants: readonly LossVariant[];
}

/** One small panel a variant, all with the same scale. */
export function gammaEffect({ gammas, variants }: GammaEffect): Figure {
  const width = Math.floor((BODY_WIDTH - 8 * (variants.length - 1)) / variants.length);
  const highest = Math.max(...variants.flatMap((v) => [...v.featureGradient, ...v.weightGradient]));
  const headings = variants.map(({ name }) => wrap(name, width * 0.9, 11));
  const lines = Math.max(...headings.map((heading) => heading.length));
  const panels = variants.map((variant, i) =>
    stacked([panelHeading(headings[i], lines, width), variantPanel(variant, gammas, highest, width)])
  );
  const key = legend([
    { label: "into the feature maps A", color: PALETTE.purple, symbol: "circle" },
    { label: "into the classifier's weights W", color: PALETTE.blue, symbol: "square" },
  ]);
  return composeFigure({
    title: "What γ does to the gradient in different versions of L_{AD}",
    subtitle: "norm of the gradient of γ · L_{AD} in the student",
    body: stacked([key, beside(panels, 8)], 8),
    notes: ["A line at 0 says that γ cannot influence the training of these parameters."],
    description: variants.map(({ name, featureGradient, weightGradient }) =>
      `${name}: gradient norm at the largest γ ${
        (featureGradient.at(-1) ?? 0).toPrecision(3)
      } in the feature maps, ` +
      `${(weightGradient.at(-1) ?? 0).toPrecision(3)} in the weights.`
    ).join(" "),
  });
}

function variantPanel(
  variant: LossVariant,
  gammas: readonly number[],
  highest: number,
  width: number,
): Drawing {
  const series = [
    { color: PALETTE.purple, symbol: "circle", values: variant.featureGradient },
    { color: PALETTE.blue, symbol: "square", values: variant.weightGradient },
  ];
  const points = series.flatMap(({ color, symbol, values }) =>
    values.map((y, i) => ({ color, symbol, x: gammas[i], y }))
  );
  const color = (point: { color: string }) => point.color;
  return chart({
    width,
    height: 190,
    marginLeft: 38,
    marginRight: 8,
    marginTop: 8,
    marginBottom: 38,
    x: { label: "γ", labelAnchor: "center", labelArrow: "none", labelOffset: 34, ticks: 3, inset: 5 },
    y: { domain: [0, highest], nice: true, label: null, tickSize: 0, ticks: 4 },
    symbol: { type: "identity" },
    marks: [
      Plot.gridY({ stroke: FAINT, strokeOpacity: 1, ticks: 4 }),
      Plot.line(points, { x: "x", y: "y", z: "color", stroke: color, strokeWidth: 2 }),
      Plot.dot(points, { x: "x", y: "y", fill: color, symbol: "symbol", stroke: "white", r: 4 }),
      Plot.frame({ anchor: "bottom", stroke: MUTED }),
    ],
  });
}

/** A centered heading, as high as the longest one. */
function panelHeading(words: readonly string[], lines: number, width: number): Drawing {
  const svg = words.map((line, i) =>
    text(width / 2, 12 + i * 15, line, { anchor: "middle", size: 11, bold: true })
  );
  return { svg: svg.join(""), width, height: lines * 15 + 4 };
}
