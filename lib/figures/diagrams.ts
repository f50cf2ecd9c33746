/**
 * The method in one picture: the teacher, the student, and the three losses between them.
 * @module
 */
import * as Plot from "@observablehq/plot";
import type { Picture } from "../data/image_set.ts";
import { chart } from "./kit/chart.ts";
import { type AttentionMap, largestValue } from "./kit/overlay.ts";
import { drawImage, drawOverlay } from "./kit/picture_grid.ts";
import {
  composeFigure,
  escapeXml,
  FAINT,
  type Figure,
  PALETTE,
  type Setting,
  shorten,
  STUDENT_COLOR,
  TEACHER_COLOR,
} from "./kit/svg.ts";
import METHOD_OVERVIEW from "./method_overview.svg" with { type: "text" };

/** What {@linkcode methodOverview} draws: one new image on its way through teacher and student. */
export interface MethodOverview extends Setting {
  /** An image of a new class. */
  readonly image: Picture;
  /** Its class, one of the new ones. */
  readonly label: string;
  /** The student's top base class b. */
  readonly topBaseClass: string;
  /** Scores of the base classes, and the map for b. */
  readonly teacher: { readonly baseScores: readonly number[]; readonly map: AttentionMap };
  /** Scores of the base classes and of the new ones, and the map for b. */
  readonly student: {
    readonly baseScores: readonly number[];
    readonly newScores: readonly number[];
    readonly map: AttentionMap;
  };
}

/** Fills `method_overview.svg`. The two maps share one color scale. */
export function methodOverview({ image, label, topBaseClass, teacher, student }: MethodOverview): Figure {
  const max = largestValue([teacher.map, student.map]);
  const topBase = student.baseScores.indexOf(Math.max(...student.baseScores));
  const map = (values: AttentionMap, name: string) => drawOverlay(image, values, 100, name, max).svg;
  const parts: Readonly<Record<string, string>> = {
    image: drawImage(image, 96, label).svg,
    label: escapeXml(shorten(label, 112, 12)),
    trueClass: escapeXml(shorten(label, 108, 12)),
    teacherScores: scores(teacher.baseScores, TEACHER_COLOR),
    studentScores: scores(student.baseScores, STUDENT_COLOR, topBase),
    newScores: scores(student.newScores, PALETTE.orange),
    teacherMap: map(teacher.map, "the teacher's attention map"),
    studentMap: map(student.map, "the student's attention map"),
  };
  return composeFigure({
    title: "Learning without Memorizing: keep the scores, and keep the attention",
    subtitle: "One training image of step t, which shows a new class; no image of an earlier class is needed",
    body: {
      svg: METHOD_OVERVIEW.replaceAll(/\{(\w+)\}/g, (_, name) => parts[name]),
      width: 808,
      height: 430,
    },
    notes: [
      `b is the base class with the highest score of the student, here ${topBaseClass}: both maps are for it. ` +
      "Gradients reach the student only: through its feature maps and through its classifier's weights.",
    ],
    description:
      "Diagram. A new image goes through the frozen teacher and through the student. L_D compares their " +
      "scores of the base classes, L_C the student's scores of the new classes with the true class, and L_AD their " +
      "attention maps for the top base class.",
  });
}

/** Bars without numbers, and a letter above the top base class. */
function scores(values: readonly number[], fill: string, topBase?: number): string {
  const highest = Math.max(...values, 1e-9);
  return chart({
    width: 116,
    height: 84,
    marginLeft: 4,
    marginRight: 4,
    marginTop: 18,
    marginBottom: 4,
    x: { type: "band", axis: null, padding: 0.24, round: false },
    y: { axis: null, domain: [0, highest] },
    marks: [
      Plot.frame({ inset: -4, insetTop: -18, rx: 3, fill: "white", stroke: FAINT }),
      // Even a score of 0 is seen.
      Plot.barY(values, { x: (_, i) => i, y: (value) => Math.max(value, highest / 40), fill }),
      Plot.text(topBase === undefined ? [] : [values[topBase]], {
        x: [topBase],
        y: (value) => value,
        text: ["b"],
        dy: -8,
        fontSize: 12,
        fontWeight: "bold",
      }),
    ],
  }).svg;
}
