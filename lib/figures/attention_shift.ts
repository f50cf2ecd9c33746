/**
 * The paper's first observation: a network's attention can wander off while its scores hardly change.
 * @module
 */
import { legend } from "./kit/chart.ts";
import { STUDENT_COLOR, TEACHER_COLOR } from "./kit/colors.ts";
import { type AttentionMap, isDark, largestValue, unitMap } from "./kit/attention_map.ts";
import {
  drawImage,
  drawOverlay,
  GRID_GAP,
  type GridCell,
  type GridRow,
  heatLegend,
  type LabeledPicture,
  pictureGrid,
} from "./kit/overlay.ts";
import { beside, composeFigure, type Figure, stacked } from "./kit/svg.ts";
import { type ClassScore, scoreBars } from "./score_bars.ts";
import type { DatasetSetting } from "./runs.ts";

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
export interface AttentionShiftNumbers extends DatasetSetting {
  /** Name of the teacher, such as `M_{0}`. */
  readonly teacher: string;
  /** Name of the student, such as `M_{1}`. */
  readonly student: string;
  /** What L_D compares: a sigmoid for each class, or a softmax over the base classes; default softmax. */
  readonly scores?: "sigmoid" | "softmax";
  /** One row each. */
  readonly examples: readonly AttentionShiftExample[];
}

/** Image, the two maps and the two models' scores, one row an example, with L_D under the scores and L_AD under the maps. */
export function attentionShift(shift: AttentionShiftNumbers): Figure {
  const { dataset, teacher, student, scores, examples } = shift;
  const key = legend([
    { label: `teacher ${teacher}`, color: TEACHER_COLOR },
    { label: `student ${student}`, color: STUDENT_COLOR },
  ], 11);
  const headings: GridCell[] = [
    { caption: "image", bold: true },
    { caption: `attention of ${teacher}`, bold: true },
    { caption: `attention of ${student}`, bold: true },
    { caption: "scores", bold: true, columns: 3 },
  ];
  const scale = heatLegend("no attention", "the row's strongest");
  return composeFigure({
    title: "Scores can stay while attention moves: L_{D} compares scores, L_{AD} maps",
    subtitle: `${dataset}: one image a row, seen by the teacher ${teacher} and by the student ${student}`,
    body: stacked([
      pictureGrid([{ name: "", cells: headings }, ...examples.map((example) => row(example, shift))], 0),
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
  const maps = [unitMap(teacher.map), unitMap(student.map)];
  const max = largestValue(maps);
  const overlays = (side: number) =>
    [models.teacher, models.student].map((model, i) =>
      drawOverlay(image, maps[i], side, `attention of ${model}, ${label}`, max)
    );
  const series = [
    { color: TEACHER_COLOR, scores: teacher.scores },
    { color: STUDENT_COLOR, scores: student.scores },
  ];
  const [L_AD, L_D, least] = [
    example.attentionDistillation.toFixed(2),
    example.distillation.toFixed(3),
    example.leastDistillation.toFixed(3),
  ];
  return {
    name: "",
    cells: [
      { picture: (side) => drawImage(image, side, label), caption: label },
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
