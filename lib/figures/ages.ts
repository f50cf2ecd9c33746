/** The main result: what became of the classes of each age, arm by arm. @module */
import * as Plot from "@observablehq/plot";
import { percent } from "../statistics.ts";
import { type MethodName, methodNamed } from "../training/method.ts";
import { chart, percentTick } from "./kit/chart.ts";
import { BODY_WIDTH, composeFigure, type Figure, type Origin, PALETTE, stacked, text } from "./kit/svg.ts";

/** The mean over the seeds, between 0 and 1, and the ends of its 95 % interval. */
export interface ShareOfAge {
  /** The mean. */
  readonly mean: number;
  /** Lower end of its interval. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
}

/** What {@linkcode ages} draws. */
export interface Ages extends Origin {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** One row of panels each. */
  readonly datasets: readonly {
    /** Its name, and how many runs an arm has. */
    readonly dataset: string;
    readonly arms: readonly {
      readonly label: string;
      readonly method: MethodName;
      /** Of base, middle and newest classes. */
      readonly shares: readonly ShareOfAge[];
    }[];
  }[];
}

const AGES = ["base classes", "middle classes", "newest classes"];
const FILLED = [0.45, 0.75, 1];

/** One row a data set, one panel an age, one bar an arm. */
export function ages({ title, datasets }: Ages): Figure {
  const highest = Math.max(
    ...datasets.flatMap(({ arms }) => arms.flatMap(({ shares }) => shares.map((s) => s.high))),
  );
  const panels = datasets.flatMap(({ dataset, arms }) => {
    const bars = arms.flatMap(({ label, method, shares }, arm) =>
      shares.map((share, age) => ({
        ...share,
        ...{
          age: AGES[age],
          arm: label,
          color: methodNamed(method).color,
          opacity: FILLED[arm % FILLED.length],
        },
      }))
    );
    const place = { fx: "age", x: "arm" };
    return [
      { svg: text(0, 14, dataset, { bold: true, size: 13 }), width: BODY_WIDTH, height: 18 },
      chart({
        width: BODY_WIDTH,
        height: 220,
        marginLeft: 48,
        marginRight: 4,
        marginTop: 36,
        marginBottom: 26,
        fx: { domain: AGES, label: null, padding: 0.1 },
        x: { type: "band", domain: arms.map(({ label }) => label), label: null, tickSize: 0, padding: 0.25 },
        y: { domain: [0, highest], nice: true, label: "recognized", ticks: 4, tickFormat: percentTick },
        color: { type: "identity" },
        marks: [
          Plot.gridY({ stroke: PALETTE.faint, strokeOpacity: 1, ticks: 4 }),
          Plot.barY(bars, {
            ...place,
            y: "mean",
            fill: "color",
            fillOpacity: (b) => b.opacity,
            stroke: "color",
          }),
          Plot.ruleX(bars, { ...place, y1: "low", y2: "high", stroke: PALETTE.ink, strokeWidth: 1.5 }),
          Plot.text(bars, {
            ...{ ...place, y: "high", text: ({ mean }: ShareOfAge) => percent(mean) },
            ...{
              dy: -8,
              fontSize: 12,
              fontWeight: "bold",
              stroke: "white",
              strokeWidth: 3,
              fill: PALETTE.ink,
            },
          }),
          Plot.ruleY([0], { stroke: PALETTE.muted }),
        ],
      }),
    ];
  });
  return composeFigure({
    title,
    subtitle:
      "Accuracy among all classes seen so far, by the age of the classes; the mean over the increments",
    body: stacked(panels, 4),
    notes: [
      "Base: the classes of M_{0}. Newest: those of the step just learned. Middle: all between, from step 2 on. " +
      "F*: LwF-MC at its best rate; F≈: LwF-MC with the smaller rate at which it learns new classes about as well as M; M: LwM.",
      "Lines: 95 % intervals of the mean over seeds, without what a seed raises or lowers in all arms alike.",
    ],
    description: datasets.map(({ dataset, arms }) =>
      `${dataset}: ${
        arms.map(({ label, shares }) => `${label} ${shares.map(({ mean }) => percent(mean)).join(", ")}`)
          .join("; ")
      }.`
    ).join(" "),
  });
}
