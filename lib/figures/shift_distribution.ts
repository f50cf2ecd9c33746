/**
 * How often attention moves while the scores stay: L_D's excess against the cosine of the maps, over all images.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { chart } from "./kit/chart.ts";
import { FAINT, INK, MUTED, PALETTE } from "./kit/colors.ts";
import { methodNamed, methodNames } from "../training/method.ts";
import { beside, BODY_WIDTH, composeFigure, type Drawing, type Figure, stacked, text } from "./kit/svg.ts";
import type { DatasetSetting } from "./runs.ts";

/** One image as teacher and student see it. */
export interface ShiftedImage {
  /** What is in the image. */
  readonly label: string;
  /** L_D of the image minus its least value: 0 where the student's scores are the teacher's. */
  readonly excess: number;
  /** Cosine between the two maps. */
  readonly cosine: number;
  /** Whether the student's map is all zero, so that nothing has moved. */
  readonly dark: boolean;
}

/** What {@linkcode shiftDistribution} draws. */
export interface ShiftDistribution extends DatasetSetting {
  /** Name of the student, such as `M_{1}`. */
  readonly student: string;
  /** L_D has hardly changed up to this excess. */
  readonly largestExcess: number;
  /** A map has moved below this cosine. */
  readonly movedBelow: number;
  /** Images of this label are marked. */
  readonly marked?: string;
  /** One panel each. */
  readonly students: readonly { readonly name: string; readonly images: readonly ShiftedImage[] }[];
}

/** What is counted in a panel. */
interface Counts {
  readonly images: number;
  readonly kept: number;
  readonly moved: number;
  readonly dark: number;
}

/** One dot an image, one panel a student, all with the same axes. Maps that are all zero have a strip of their own. */
export function shiftDistribution(distribution: ShiftDistribution): Figure {
  const { dataset, preset, student, largestExcess, movedBelow, marked, students } = distribution;
  const width = (BODY_WIDTH - 12 * (students.length - 1)) / students.length;
  const highest = Math.max(...students.flatMap(({ images }) => images.map(({ excess }) => excess)), 1);
  const counted = students.map(({ name, images }) => ({ name, ...countOf(images, distribution) }));
  const panels = students.map(({ name, images }, i) => {
    const { kept, moved, dark } = counted[i];
    const color = methodNames().includes(name) ? methodNamed(name).color : INK;
    const heading = [
      text(width / 2, 13, name, { anchor: "middle", bold: true, color }),
      text(width / 2, 30, `L_{D} hardly changed: ${kept} of ${images.length} images`, {
        anchor: "middle",
        size: 11,
      }),
      text(width / 2, 46, `of these moved: ${moved}, all zero: ${dark}`, { anchor: "middle", size: 11 }),
    ];
    return stacked([
      { svg: heading.join(""), width, height: 52 },
      panel(images, distribution, color, highest, width),
    ]);
  });
  return composeFigure({
    title: "How often does attention move while the scores stay?",
    subtitle: `${dataset}${preset === undefined ? "" : `, preset ${preset}`}: ` +
      `M_{0} and ${student}, one dot for each image that M_{0} recognizes`,
    body: beside(panels, 12),
    notes: [
      `Shaded: L_{D} at most ${largestExcess} above its least value, and the cosine of the maps below ${movedBelow}. ` +
      "Crosses are maps of the student that are all zero: they have not moved, they are gone." +
      (marked === undefined ? "" : ` Rings: ${marked}.`),
    ],
    description: "Dots of L_D's excess and the maps' cosine, one an image. " +
      counted.map(({ name, images, kept, moved, dark }) =>
        `${name}: of ${images} images, ${kept} hardly changed L_D; of these, ${moved} maps moved and ${dark} are all zero.`
      ).join(" "),
  });
}

function countOf(
  images: readonly ShiftedImage[],
  { largestExcess, movedBelow }: ShiftDistribution,
): Counts {
  const kept = images.filter(({ excess }) => excess <= largestExcess);
  const lit = kept.filter(({ dark }) => !dark);
  return {
    images: images.length,
    kept: kept.length,
    moved: lit.filter(({ cosine }) => cosine < movedBelow).length,
    dark: kept.length - lit.length,
  };
}

function panel(
  images: readonly ShiftedImage[],
  { largestExcess, movedBelow, marked }: ShiftDistribution,
  color: string,
  highest: number,
  width: number,
): Drawing {
  const dark = images.filter((image) => image.dark);
  const lit = images.filter((image) => !image.dark);
  const rings = images.filter(({ label }) => label === marked);
  // All-zero maps have no cosine; they stand below the axis.
  const y = ({ dark, cosine }: ShiftedImage) => dark ? -0.1 : cosine;
  return chart({
    width,
    height: 300,
    marginLeft: 46,
    marginRight: 10,
    marginTop: 22,
    x: {
      type: "symlog",
      constant: largestExcess,
      domain: [0, highest],
      ticks: [0, 0.1, 0.3, 1, 3, 10].filter((tick) => tick <= highest),
      tickFormat: String,
      label: "distillation loss above its least value",
      inset: 6,
    },
    y: {
      domain: [-0.16, 1],
      ticks: [0, 0.2, 0.4, 0.6, 0.8, 1],
      label: "cosine of the maps",
      tickSize: 0,
      tickFormat: (value: number) => value.toFixed(1),
    },
    marks: [
      Plot.rect([0], {
        x1: 0,
        x2: largestExcess,
        y1: 0,
        y2: movedBelow,
        fill: PALETTE.orange,
        fillOpacity: 0.18,
      }),
      Plot.gridY([0, 0.2, 0.4, 0.6, 0.8, 1], { stroke: FAINT, strokeOpacity: 1 }),
      Plot.dot(lit, { x: "excess", y, r: 2.6, fill: color, fillOpacity: 0.65, className: "lit" }),
      Plot.dot(dark, { x: "excess", y, r: 3, symbol: "times", stroke: MUTED, className: "dark" }),
      Plot.dot(rings, { x: "excess", y, r: 6, stroke: INK, strokeWidth: 1.5, className: "marked" }),
      Plot.ruleY([0], { stroke: MUTED }),
    ],
  });
}
