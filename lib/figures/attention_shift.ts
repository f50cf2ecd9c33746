/**
 * The paper's first observation: a network's attention can wander off while its scores hardly change.
 * @module
 */
import type { Picture } from "../data/image_set.ts";
import { legend } from "./kit/chart.ts";
import { STUDENT_COLOR, TEACHER_COLOR } from "./kit/colors.ts";
import {
  type AttentionMap,
  drawImage,
  drawOverlay,
  heatLegend,
  isDark,
  largestValue,
  unitMap,
} from "./kit/overlay.ts";
import { beside, composeFigure, type Drawing, type Figure, moved, stacked, text } from "./kit/svg.ts";
import { type ClassScore, scoreBars } from "./score_bars.ts";
import type { Setting } from "./runs.ts";

/** One image as teacher and student see it. */
export interface AttentionShiftExample {
  /** The image as the models saw it, without normalization. */
  readonly image: Picture;
  /** What is in the image. */
  readonly label: string;
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
export interface AttentionShiftNumbers extends Setting {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
  /** Name of the teacher, such as `M_{0}`. */
  readonly teacher: string;
  /** Name of the student, such as `M_{1}`. */
  readonly student: string;
  /** What L_D compares: a sigmoid for each class, or a softmax over the base classes; default softmax. */
  readonly scores?: "sigmoid" | "softmax";
  /** One row each. */
  readonly examples: readonly AttentionShiftExample[];
}

const SIDE = 124;
const GAP = 10;
const BARS = 340;

/** Image, the two maps and the two models' scores, one row an example, with L_D under the scores and L_AD under the maps. */
export function attentionShift(shift: AttentionShiftNumbers): Figure {
  const rows = shift.examples.map((example) => row(example, shift));
  const key = legend([
    { label: `teacher ${shift.teacher}`, color: TEACHER_COLOR },
    { label: `student ${shift.student}`, color: STUDENT_COLOR },
  ], 11);
  const scale = heatLegend("no attention", "the row's strongest");
  return composeFigure({
    title: "Scores can stay while attention moves: L_{D} compares scores, L_{AD} maps",
    subtitle:
      `${shift.dataset}: one image a row, seen by the teacher ${shift.teacher} and by the student ${shift.student}`,
    body: stacked([headings(shift), ...rows, beside([scale, key], 60)], 12),
    notes: [
      "Maps are for the student's top base class b, each divided by its 2-norm as in L_{AD}; one color scale a row. " +
      `Scores are ${shift.scores === "sigmoid" ? "sigmoids" : "shares among the base classes (softmax)"}. ` +
      "L_{D} is a cross-entropy: in brackets its value for identical scores.",
    ],
    description:
      "For each image: the teacher's and the student's attention map over it, and both models' scores. " +
      shift.examples.map((e) =>
        `${e.label}: L_D ${e.distillation.toFixed(3)}, L_AD ${e.attentionDistillation.toFixed(2)}, ` +
        `${cosineText(e)}.`
      ).join(" "),
  });
}

function headings({ teacher, student }: AttentionShiftNumbers): Drawing {
  const heads = ["image", `attention of ${teacher}`, `attention of ${student}`, "scores"];
  const svg = heads.map((head, i) =>
    text(i * (SIDE + GAP) + (i === 3 ? 16 + BARS / 2 : SIDE / 2), 12, head, {
      anchor: "middle",
      bold: true,
      size: 11,
    })
  );
  return { svg: svg.join(""), width: 3 * (SIDE + GAP) + BARS, height: 14 };
}

function row(example: AttentionShiftExample, models: AttentionShiftNumbers): Drawing {
  const maps = [unitMap(example.teacher.map), unitMap(example.student.map)];
  const max = largestValue(maps);
  const overlays = [models.teacher, models.student].map((model, i) =>
    drawOverlay(example.image, maps[i], SIDE, `attention of ${model}, ${example.label}`, { max })
  );
  const bars = scoreBars(
    [
      { color: TEACHER_COLOR, scores: example.teacher.scores },
      { color: STUDENT_COLOR, scores: example.student.scores },
    ],
    BARS,
    SIDE,
  );
  const pictures = beside([drawImage(example.image, SIDE, example.label), ...overlays, {
    ...bars,
    svg: moved(16, 0, bars.svg),
    width: BARS + 16,
  }], GAP);
  const captions = [
    text(SIDE / 2, SIDE + 16, example.label, { anchor: "middle" }),
    text(
      SIDE * 2 + GAP * 1.5,
      SIDE + 16,
      `L_{AD} = ${example.attentionDistillation.toFixed(2)}  (${
        cosineText(example)
      }, b: ${example.topBaseClass})`,
      { anchor: "middle" },
    ),
    text(
      3 * (SIDE + GAP) + 16 + BARS / 2,
      SIDE + 16,
      `L_{D} = ${example.distillation.toFixed(3)}  (${example.leastDistillation.toFixed(3)})`,
      { anchor: "middle" },
    ),
  ];
  return { svg: pictures.svg + captions.join(""), width: pictures.width, height: SIDE + 22 };
}

/** A map that is all zero has not moved, so it gets no cosine. */
function cosineText({ student, cosine }: AttentionShiftExample): string {
  return isDark(student.map) ? "the student's map is all zero" : `cosine ${cosine.toFixed(2)}`;
}
