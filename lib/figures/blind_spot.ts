/**
 * What L_D cannot see: a network that was trained to keep its scores and to look elsewhere, beside one that
 * was trained to keep its scores alone.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { percent } from "../statistics.ts";
import { chart, scoreProfile } from "./kit/chart.ts";
import { type AttentionMap, cosineText, largestValue } from "./kit/overlay.ts";
import {
  drawOverlay,
  GRID_GAP,
  type GridCell,
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
  stacked,
} from "./kit/svg.ts";

/** One image as one model sees it. */
export interface SeenImage {
  /** The answers to all base classes, σ(z), between 0 and 1. */
  readonly baseScores: readonly number[];
  /** The map for the teacher's favorite class. */
  readonly map: AttentionMap;
  /** Cosine between this map and the teacher's: 1 for the teacher. */
  readonly cosine: number;
}

/** A held-out image, and what teacher and students make of it. */
export interface BlindSpotExample extends LabeledPicture {
  /** Name of the class of all three maps: the teacher's favorite. */
  readonly topBaseClass: string;
  /** Its column among the base classes. */
  readonly b: number;
  /** What the teacher makes of it. */
  readonly teacher: SeenImage;
  /** The student whose scores were kept while its attention was moved. */
  readonly intervention: SeenImage;
  /** The student whose scores were kept, and nothing else. */
  readonly control: SeenImage;
}

/** Of the held-out images whose scores stayed, those whose attention moved. */
export interface MovedImages {
  /** How many kept their scores. */
  readonly stayed: number;
  /** In how many of these the attention moved. */
  readonly moved: number;
}

/** What {@linkcode blindSpot} draws. */
export interface BlindSpot extends DatasetOrigin {
  /** Name of the teacher, such as `M_{0}`. */
  readonly teacher: string;
  /** Scores have stayed where L_D is at most this much above its least value. */
  readonly largestExcess: number;
  /** Attention has moved where the cosine of the maps is below this. */
  readonly movedBelow: number;
  /** One row each. */
  readonly examples: readonly BlindSpotExample[];
  /** Over all held-out images. */
  readonly intervention: MovedImages;
  /** The same for the student of the control. */
  readonly control: MovedImages;
}

const STUDENTS = [
  { name: "intervention", color: PALETTE.orange },
  { name: "control", color: PALETTE.student },
] as const;

/**
 * One row an image: maps and answers of teacher, intervention and control; below, how often attention moved.
 */
export function blindSpot(numbers: BlindSpot): Figure {
  const { dataset, teacher, examples, largestExcess, movedBelow } = numbers;
  const headings = ["image", `teacher ${teacher}`, ...STUDENTS.map(({ name }) => name)];
  const shares = STUDENTS.map(({ name, color }) => {
    const { stayed, moved } = numbers[name];
    const share = moved / Math.max(1, stayed);
    return { name, color, share, words: `${percent(share)} (${moved} of ${stayed} images)` };
  });
  return composeFigure({
    title: "L_{D} does not see where a network looks",
    subtitle:
      `${dataset}, test images. Both students are trained to keep the scores, the intervention also to look elsewhere.`,
    body: stacked([
      pictureGrid([headingRow(headings, [1, 2, 2, 2]), ...examples.map(exampleRow)], 0),
      heatLegend("no attention", "the row's strongest"),
      chart({
        width: BODY_WIDTH,
        height: 90,
        marginLeft: 100,
        marginRight: 160,
        marginTop: 26,
        marginBottom: 6,
        x: { domain: [0, 1], axis: null },
        y: { domain: shares.map(({ name }) => name), label: null, padding: 0.25 },
        marks: [
          Plot.text(["Of the images whose scores stayed, the attention moved in"], {
            frameAnchor: "top-left",
            dy: -20,
            fontSize: 12,
            fontWeight: "bold",
          }),
          Plot.barX(shares, { y: "name", x: "share", fill: "color" }),
          Plot.text(shares, { y: "name", x: "share", text: "words", textAnchor: "start", dx: 6 }),
          Plot.ruleX([0], { stroke: PALETTE.muted }),
        ],
      }),
    ], 12),
    notes: [
      "▾: the teacher's favorite class. Each map is for it, and divided by its 2-norm: its strength does not show. One color scale a row. " +
      `Bars: the answers σ(z) to all ${
        examples[0]?.teacher.baseScores.length ?? ""
      } base classes. Scores stayed: L_{D} at most ${largestExcess} above its least value. Attention moved: cosine below ${movedBelow}.`,
    ],
    description: "Attention maps and scores of a teacher and two students. " +
      shares.map(({ name, words }) => `${name}: attention moved in ${words}.`).join(" "),
  });
}

function exampleRow(example: BlindSpotExample): GridRow {
  const { image, label, topBaseClass, b, teacher, intervention, control } = example;
  const max = largestValue([teacher.map, intervention.map, control.map]);
  const cell = (seen: SeenImage, name: string, color: string): GridCell => ({
    picture: (side, width) =>
      beside([
        drawOverlay(image, seen.map, side, `attention of the ${name}, ${label}`, max),
        scoreProfile(seen.baseScores, {
          width: width - side - GRID_GAP,
          height: side,
          color,
          marked: b,
          mark: "▾",
          highest: 1,
        }),
      ], GRID_GAP),
    caption: (name === "teacher" ? `▾ ${topBaseClass}` : cosineText(seen.map, seen.cosine, "cosine ")) +
      `, σ(z) ${seen.baseScores[b].toFixed(2)}`,
    columns: 2,
  });
  return {
    cells: [
      imageCell(example),
      cell(teacher, "teacher", PALETTE.teacher),
      ...STUDENTS.map(({ name, color }) => cell(example[name], name, color)),
    ],
  };
}
