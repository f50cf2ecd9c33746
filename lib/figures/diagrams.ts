/**
 * The method in one picture: the teacher, the student, and the three losses between them. And the protocol in
 * another: what each step brings, and what it locks away.
 * @module
 */
import type { Picture } from "../data/image_set.ts";
import { scoreProfile } from "./kit/chart.ts";
import { type AttentionMap, largestValue } from "./kit/overlay.ts";
import { drawImage, drawOverlay, type LabeledPicture } from "./kit/picture_grid.ts";
import {
  BODY_WIDTH,
  composeFigure,
  element,
  escapeXml,
  type Figure,
  moved,
  type Origin,
  PALETTE,
  shorten,
  text,
} from "./kit/svg.ts";
import METHOD_OVERVIEW from "./method_overview.svg" with { type: "text" };

/** What {@linkcode methodOverview} draws: one new image on its way through teacher and student. */
export interface MethodOverview extends Origin {
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
  const scores = (values: readonly number[], color: string, marked?: number) =>
    scoreProfile(values, { width: 116, height: 84, color, marked }).svg;
  const parts: Readonly<Record<string, string>> = {
    image: drawImage(image, 96, label).svg,
    label: escapeXml(shorten(label, 112, 12)),
    trueClass: escapeXml(shorten(label, 108, 12)),
    teacherScores: scores(teacher.baseScores, PALETTE.teacher),
    studentScores: scores(student.baseScores, PALETTE.student, topBase),
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
      height: 440,
    },
    notes: [
      `b is the old class with the student's highest score, here ${topBaseClass}: both maps are for it. Grad-CAM needs ` +
      "the feature maps A and the head's weights W. Gradients reach the student only, through its A and its W.",
    ],
    description:
      "Diagram. A new image goes through the frozen teacher and through the student. L_D compares their " +
      "scores of the old classes, L_C the student's scores of the new classes with the true class, and L_AD their " +
      "attention maps for the top old class.",
  });
}

/** What {@linkcode protocol} draws. */
export interface Protocol extends Origin {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
  /** From step 0: the names of the classes that come, and a few of their training images. */
  readonly steps: readonly {
    readonly classes: readonly string[];
    readonly images: readonly LabeledPicture[];
  }[];
}

const LABELS = 122;
const HEADING = 26;

/**
 * A timeline: one column a step, one row for the training images of each step; below, the models and their
 * tests.
 */
export function protocol({ dataset, steps }: Protocol): Figure {
  const width = (BODY_WIDTH - LABELS) / steps.length;
  const height = Math.max(26, Math.min(64, 300 / steps.length));
  const left = (step: number) => LABELS + step * width;
  const top = (step: number) => HEADING + step * height;
  const models = top(steps.length) + 44;
  const middle = { anchor: "middle" } as const;
  const columns = steps.map(({ images }, t) => {
    const center = left(t) + width / 2;
    const side = Math.min(height - 10, 48);
    const shown = images.slice(0, Math.floor((width - 10) / (side + 4)));
    const start = center - (shown.length * (side + 4) - 4) / 2;
    const open = { x: left(t) + 3, y: top(t) + 2, width: width - 6, height: height - 4, rx: 4 };
    const seen = steps.slice(0, t + 1).reduce((sum, step) => sum + step.classes.length, 0);
    const teacher = width < 100 ? "" : "teacher";
    return [
      text(center, 14, `step ${t}`, { ...middle, bold: true }),
      text(0, top(t) + height / 2 + 4, `images of step ${t}`),
      element("rect", { ...open, fill: PALETTE.orange, "fill-opacity": 0.18, stroke: PALETTE.orange }),
      ...shown.map(({ image, label }, i) =>
        moved(start + i * (side + 4), top(t) + (height - side) / 2, drawImage(image, side, label).svg)
      ),
      ...steps.slice(0, t).map((_, earlier) => moved(center, top(earlier) + height / 2, PADLOCK)),
      element("path", {
        d: `M${center},${top(t) + height - 2}V${models - 24}`,
        stroke: PALETTE.orange,
        "stroke-width": 1.5,
      }),
      element("path", { d: `M${center},${models - 18}l-4,-8h8z`, fill: PALETTE.orange }),
      element("circle", {
        cx: center,
        cy: models,
        r: 18,
        fill: "white",
        stroke: PALETTE.student,
        "stroke-width": 2,
      }),
      text(center, models + 4, `M_{${t}}`, { ...middle, bold: true }),
      text(center, models + 44, `${seen}`, middle),
      ...(t === 0 ? [] : [
        element("path", {
          d: `M${center - width + 20},${models}H${center - 28}`,
          stroke: PALETTE.teacher,
          "stroke-width": 1.5,
        }),
        element("path", { d: `M${center - 20},${models}l-9,-4v8z`, fill: PALETTE.teacher }),
        text(center - width / 2, models - 6, teacher, { ...middle, size: 11, color: PALETTE.muted }),
      ]),
    ].join("");
  });
  const words = [text(0, models + 4, "models"), text(0, models + 44, "classes tested")];
  return composeFigure({
    title: "The protocol: classes come step by step, and no image stays",
    subtitle: dataset,
    body: { svg: [...columns, ...words].join(""), width: BODY_WIDTH, height: models + 54 },
    notes: [
      "Each model begins as a copy of the one before, its teacher, which then stays as it is. " +
      "Locked: images of earlier steps. Each model is tested on images of all classes seen so far.",
    ],
    description: "Timeline. " +
      steps.map(({ classes }, t) =>
        `Step ${t} brings ${classes.length} classes and makes M_${t}` +
        (t === 0 ? "." : ` with M_${t - 1} as teacher.`)
      ).join(" ") + " Images of earlier steps are locked away.",
  });
}

/** Around the origin. */
const PADLOCK = element("rect", { x: -8, y: -3, width: 16, height: 12, rx: 2, fill: PALETTE.muted }) +
  element("path", {
    d: "M-5,-3v-3a5,5 0 0 1 10,0v3",
    fill: "none",
    stroke: PALETTE.muted,
    "stroke-width": 2,
  });
