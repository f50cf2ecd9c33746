/**
 * The paper's first observation: a network's attention can wander off while its scores hardly change. In a
 * few images, and how often it happens among all.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { methodNamed, methodNames } from "../training/method.ts";
import { chart, type ClassScore, legend, scoreBars } from "./kit/chart.ts";
import { type AttentionMap, isDark, largestValue } from "./kit/overlay.ts";
import {
  drawOverlay,
  GRID_GAP,
  type GridRow,
  headingRow,
  heatLegend,
  imageCell,
  type LabeledPicture,
  pictureGrid,
} from "./kit/picture_grid.ts";
import {
  beside,
  BODY_WIDTH,
  composeFigure,
  type DatasetOrigin,
  type Figure,
  PALETTE,
  type Piece,
  stacked,
  text,
} from "./kit/svg.ts";

/** One image as teacher and student see it. */
export interface AttentionShiftExample extends LabeledPicture {
  /** The class b that both maps are for. */
  readonly topBaseClass: string;
  /** The highest scores of the teacher, and its map for b. */
  readonly teacher: { readonly scores: readonly ClassScore[]; readonly map: AttentionMap };
  /** The student's scores of the same classes, and its map for b. */
  readonly student: { readonly scores: readonly ClassScore[]; readonly map: AttentionMap };
  /** L_D of this image. */
  readonly distillation: number;
  /** L_D of a student with the teacher's scores: L_D is a cross-entropy, so its least value is not 0. */
  readonly leastDistillation: number;
  /** L_AD of this image. */
  readonly attentionDistillation: number;
  /** Cosine between the two maps. */
  readonly cosine: number;
}

/** What {@linkcode attentionShift} draws. */
export interface AttentionShiftNumbers extends DatasetOrigin {
  /** Name of the teacher, such as `M_{0}`. */
  readonly teacher: string;
  /** Name of the student, such as `M_{1}`. */
  readonly student: string;
  /** What L_D compares: a sigmoid for each class, or a softmax over the base classes; default softmax. */
  readonly scores?: "sigmoid" | "softmax";
  /** One row each. */
  readonly examples: readonly AttentionShiftExample[];
}

/**
 * Image, the two maps and the two models' scores, one row an example, with L_D under the scores and L_AD
 * under the maps.
 */
export function attentionShift(shift: AttentionShiftNumbers): Figure {
  const { dataset, teacher, student, scores, examples } = shift;
  const key = legend([
    { label: `teacher ${teacher}`, color: PALETTE.teacher },
    { label: `student ${student}`, color: PALETTE.student },
  ], 11);
  const headings = ["image", `attention of ${teacher}`, `attention of ${student}`, "scores"];
  const scale = heatLegend("no attention", "the row's strongest");
  return composeFigure({
    title: "Scores can stay while attention moves: L_{D} compares scores, L_{AD} maps",
    subtitle: `${dataset}: one image a row, seen by the teacher ${teacher} and by the student ${student}`,
    body: stacked([
      pictureGrid([headingRow(headings, [1, 1, 1, 3]), ...examples.map((example) => row(example, shift))], 0),
      beside([scale, key], 60),
    ], 12),
    notes: [
      "Maps are for the student's top base class b, each divided by its 2-norm as in L_{AD}; one color scale a row. " +
      `Scores are ${scores === "sigmoid" ? "sigmoids" : "shares among the base classes (softmax)"}. ` +
      "L_{D} is a cross-entropy: in brackets its value for identical scores.",
    ],
    description:
      "For each image: the teacher's and the student's attention map over it, and both models' scores. " +
      examples.map((e) =>
        `${e.label}: L_D ${e.distillation.toFixed(3)}, L_AD ${e.attentionDistillation.toFixed(2)}, ` +
        `${cosineText(e)}.`
      ).join(" "),
  });
}

function row(example: AttentionShiftExample, models: AttentionShiftNumbers): GridRow {
  const { image, label, teacher, student } = example;
  const maps = [teacher.map, student.map];
  const max = largestValue(maps);
  const overlays = (side: number) =>
    [models.teacher, models.student].map((model, i) =>
      drawOverlay(image, maps[i], side, `attention of ${model}, ${label}`, max)
    );
  const series = [
    { color: PALETTE.teacher, scores: teacher.scores },
    { color: PALETTE.student, scores: student.scores },
  ];
  const L_AD = example.attentionDistillation.toFixed(2);
  const [L_D, least] = [example.distillation, example.leastDistillation].map((loss) => loss.toFixed(3));
  return {
    cells: [
      imageCell(example),
      {
        picture: (side) => beside(overlays(side), GRID_GAP),
        caption: `L_{AD} = ${L_AD}  (${cosineText(example)}, b: ${example.topBaseClass})`,
        columns: 2,
      },
      {
        picture: (side, width) => scoreBars(series, width, side),
        caption: `L_{D} = ${L_D}  (${least})`,
        columns: 3,
      },
    ],
  };
}

/** A map that is all zero has not moved, so it gets no cosine. */
function cosineText({ student, cosine }: AttentionShiftExample): string {
  return isDark(student.map) ? "the student's map is all zero" : `cosine ${cosine.toFixed(2)}`;
}

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
export interface ShiftDistribution extends DatasetOrigin {
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

/**
 * One dot an image, one panel a student, all with the same axes. Maps that are all zero have a strip of their
 * own.
 */
export function shiftDistribution(distribution: ShiftDistribution): Figure {
  const { dataset, preset, student, largestExcess, movedBelow, marked, students } = distribution;
  const width = (BODY_WIDTH - 12 * (students.length - 1)) / students.length;
  const highest = Math.max(...students.flatMap(({ images }) => images.map(({ excess }) => excess)), 1);
  const counted = students.map(({ name, images }) => ({ name, ...countOf(images, distribution) }));
  const panels = students.map(({ name, images }, i) => {
    const { kept, moved, dark } = counted[i];
    const color = methodNames().includes(name) ? methodNamed(name).color : PALETTE.ink;
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
      dots(images, distribution, color, highest, width),
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

function countOf(images: readonly ShiftedImage[], { largestExcess, movedBelow }: ShiftDistribution) {
  const kept = images.filter(({ excess }) => excess <= largestExcess);
  const lit = kept.filter(({ dark }) => !dark);
  return {
    images: images.length,
    kept: kept.length,
    moved: lit.filter(({ cosine }) => cosine < movedBelow).length,
    dark: kept.length - lit.length,
  };
}

function dots(
  images: readonly ShiftedImage[],
  { largestExcess, movedBelow, marked }: ShiftDistribution,
  color: string,
  highest: number,
  width: number,
): Piece {
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
      Plot.gridY([0, 0.2, 0.4, 0.6, 0.8, 1], { stroke: PALETTE.faint, strokeOpacity: 1 }),
      Plot.dot(lit, { x: "excess", y, r: 2.6, fill: color, fillOpacity: 0.65, className: "lit" }),
      Plot.dot(dark, { x: "excess", y, r: 3, symbol: "times", stroke: PALETTE.muted, className: "dark" }),
      Plot.dot(rings, { x: "excess", y, r: 6, stroke: PALETTE.ink, strokeWidth: 1.5, className: "marked" }),
      Plot.ruleY([0], { stroke: PALETTE.muted }),
    ],
  });
}
