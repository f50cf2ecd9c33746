/**
 * How an attention distillation loss goes wrong: what each variant's gradient does when γ grows.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { chart, legend } from "./kit/chart.ts";
import { FAINT, MUTED, PALETTE } from "./kit/colors.ts";
import { BODY_WIDTH, composeFigure, type Figure, stacked, wrap } from "./kit/svg.ts";

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
  const key = [
    { label: "into the feature maps A", color: PALETTE.purple, symbol: "circle" },
    { label: "into the classifier's weights W", color: PALETTE.blue, symbol: "square" },
  ] as const;
  const points = variants.flatMap(({ name, featureGradient, weightGradient }) =>
    [featureGradient, weightGradient].flatMap((values, i) =>
      values.map((y, at) => ({ name, color: key[i].color, symbol: key[i].symbol, x: gammas[at], y }))
    )
  );
  const color = (point: typeof points[number]) => point.color;
  const body = chart({
    width: BODY_WIDTH,
    height: 230,
    marginLeft: 42,
    marginRight: 8,
    marginTop: 48,
    marginBottom: 38,
    fx: {
      domain: variants.map(({ name }) => name),
      label: null,
      tickFormat: (name: string) => wrap(name, BODY_WIDTH / variants.length * 0.85, 11).join("\n"),
    },
    x: { label: "γ", ticks: 3, inset: 5 },
    y: { nice: true, label: null, ticks: 4 },
    marks: [
      Plot.gridY({ stroke: FAINT, strokeOpacity: 1, ticks: 4 }),
      Plot.line(points, { fx: "name", x: "x", y: "y", z: "color", stroke: color, strokeWidth: 2 }),
      Plot.dot(points, { fx: "name", x: "x", y: "y", fill: color, symbol: "symbol", stroke: "white", r: 4 }),
      Plot.frame({ anchor: "bottom", stroke: MUTED }),
    ],
  });
  return composeFigure({
    title: "What γ does to the gradient in different versions of L_{AD}",
    subtitle: "norm of the gradient of γ · L_{AD} in the student",
    body: stacked([legend(key), body], 8),
    notes: ["A line at 0 says that γ cannot influence the training of these parameters."],
    description: variants.map(({ name, featureGradient, weightGradient }) => {
      const [A, W] = [featureGradient, weightGradient].map((values) => (values.at(-1) ?? 0).toPrecision(3));
      return `${name}: gradient norm at the largest γ ${A} in the feature maps, ${W} in the weights.`;
    }).join(" "),
  });
}
