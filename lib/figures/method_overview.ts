/**
 * The method in one picture: the teacher, the student, and the three losses between them.
 * @module
 */
import type { Picture } from "../data/image_set.ts";
import { FAINT, INK, MUTED, PALETTE, TEACHER_COLOR } from "./kit/colors.ts";
import { type AttentionMap, largestValue } from "./kit/attention_map.ts";
import { drawImage, drawOverlay } from "./kit/overlay.ts";
import { composeFigure, element, type Figure, moved, shorten, text, textWidth } from "./kit/svg.ts";
import type { Setting } from "./runs.ts";

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

const WIDTH = 808;
const HEIGHT = 426;
/** Middle of the teacher's lane, of the losses and of the student's lane. */
const TEACHER_Y = 84;
const LOSS_Y = 196;
const STUDENT_Y = 308;
/** Left edges: networks, scores of base classes, scores of new classes, maps. The image is at 0. */
const NETWORK_X = 140;
const BASE_X = 366;
const NEW_X = 492;
const MAP_X = 704;

const IMAGE_SIDE = 96;
const MAP_SIDE = 100;
const SCORES_HEIGHT = 84;
const SCORES_WIDTH = 116;

const LOSS_COLORS = { C: PALETTE.vermilion, D: PALETTE.blue, AD: PALETTE.green };
const NEW_COLOR = PALETTE.orange;

/** The diagram. Its maps share one color scale. */
export function methodOverview({ image, label, topBaseClass, teacher, student }: MethodOverview): Figure {
  const max = largestValue([teacher.map, student.map]);
  const topBase = student.baseScores.indexOf(Math.max(...student.baseScores));

  const body = [
    inputImage(image, label),
    arrow([[IMAGE_SIDE + 4, LOSS_Y - 14], [116, LOSS_Y - 14], [116, TEACHER_Y], [NETWORK_X - 4, TEACHER_Y]]),
    arrow([[IMAGE_SIDE + 4, LOSS_Y + 14], [116, LOSS_Y + 14], [116, STUDENT_Y], [NETWORK_X - 4, STUDENT_Y]]),

    network(TEACHER_Y, "teacher M_{t−1}", "frozen", false),
    network(STUDENT_Y, "student M_{t}", "learns; its head has grown by the new classes", true),
    copyArrow(),

    arrow([[NETWORK_X + 188, TEACHER_Y], [BASE_X - 4, TEACHER_Y]]),
    arrow([[NETWORK_X + 188, STUDENT_Y], [BASE_X - 4, STUDENT_Y]]),
    scores(BASE_X, TEACHER_Y, teacher.baseScores, TEACHER_COLOR, "base classes"),
    scores(BASE_X, STUDENT_Y, student.baseScores, PALETTE.sky, "base classes", topBase),
    scores(NEW_X, STUDENT_Y, student.newScores, NEW_COLOR, "new classes"),

    gradCam(BASE_X + SCORES_WIDTH, TEACHER_Y),
    gradCam(NEW_X + SCORES_WIDTH, STUDENT_Y),
    map(image, teacher.map, max, TEACHER_Y, "Q_{t−1}^{I,b}"),
    map(image, student.map, max, STUDENT_Y, "Q_{t}^{I,b}"),

    classificationLoss(label),
    lossBetween(BASE_X + SCORES_WIDTH / 2, "L_{D}", "same scores?", LOSS_COLORS.D),
    lossBetween(MAP_X + MAP_SIDE / 2, "L_{AD}", "same attention?", LOSS_COLORS.AD),
    totalLoss(),
  ];
  return composeFigure({
    title: "Learning without Memorizing: keep the scores, and keep the attention",
    subtitle: "One training image of step t, which shows a new class; no image of an earlier class is needed",
    body: { svg: body.join(""), width: WIDTH, height: HEIGHT },
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

type Point = readonly [x: number, y: number];

function arrow(points: readonly Point[], color: string = MUTED, dash?: string): string {
  const path = points.map((point) => point.join()).join("L");
  const [[x1, y1], [x2, y2]] = points.slice(-2);
  const angle = Math.atan2(y2 - y1, x2 - x1) * 180 / Math.PI;
  const line = { d: `M${path}`, fill: "none", stroke: color, "stroke-width": 1.5, "stroke-dasharray": dash };
  return element("path", line) + `<g transform="translate(${x2},${y2}) rotate(${angle})">` +
    element("path", { d: "M1,0L-8,-4L-8,4Z", fill: color }) + "</g>";
}

function inputImage(image: Picture, label: string): string {
  const caption = { anchor: "middle", size: 11, color: MUTED } as const;
  return moved(
    0,
    LOSS_Y - IMAGE_SIDE / 2,
    drawImage(image, IMAGE_SIDE, label).svg,
    text(IMAGE_SIDE / 2, -8, "new image I", { anchor: "middle", bold: true }),
    text(IMAGE_SIDE / 2, IMAGE_SIDE + 16, shorten(label, IMAGE_SIDE + 16, 11), caption),
  );
}

/** Three stages that grow thinner and flatter, global average pooling, and the head's rows. */
function network(y: number, name: string, what: string, grown: boolean): string {
  const color = grown ? PALETTE.sky : TEACHER_COLOR;
  const block = { rx: 3, fill: color, "fill-opacity": 0.25, stroke: color, "stroke-width": 1.5 };
  const blocks = [88, 66, 44].map((height, i) => box(i * 38, y - height / 2, 28, height, block));
  const rows = Array.from({ length: grown ? 6 : 4 }, (_, i) => {
    const fill = i > 3 ? NEW_COLOR : color;
    return box(152, y - 33 + i * 11, 30, 9, { rx: 2, fill, "fill-opacity": 0.35, stroke: fill });
  });
  const links = [[28, 38], [66, 76], [104, 116], [140, 152]].map(([x1, x2]) =>
    element("line", { x1, x2, y1: y, y2: y, stroke: MUTED })
  );
  return moved(
    NETWORK_X,
    0,
    ...blocks,
    ...links,
    element("circle", { cx: 128, cy: y, r: 12, fill: "white", stroke: color, "stroke-width": 1.5 }),
    text(128, y + 3, "GAP", { anchor: "middle", size: 8 }),
    ...rows,
    text(0, grown ? y + 62 : y - 66, name, { bold: true }),
    text(0, grown ? y + 77 : y - 51, what, { size: 11, color: MUTED }),
  );
}

function box(x: number, y: number, width: number, height: number, style: Record<string, string | number>) {
  return element("rect", { x, y, width, height, ...style });
}

function copyArrow(): string {
  const x = NETWORK_X + 52;
  return arrow([[x, TEACHER_Y + 50], [x, STUDENT_Y - 50]], MUTED, "4,4") +
    text(x + 8, LOSS_Y + 4, "copied before step t", { size: 11, color: MUTED });
}

/** From the scores to the map: Grad-CAM asks which features speak for b. */
function gradCam(from: number, y: number): string {
  const middle = (NEW_X + SCORES_WIDTH + MAP_X) / 2;
  return arrow([[from + 4, y], [MAP_X - 4, y]]) +
    text(middle, y - 8, "Grad-CAM", { anchor: "middle", size: 11 }) +
    text(middle, y + 17, "for class b", { anchor: "middle", size: 11 });
}

/** Names stand above the teacher's lane and below the student's. */
function captionY(y: number, height: number): number {
  return y === TEACHER_Y ? -8 : height + 17;
}

function map(image: Picture, values: AttentionMap, max: number, y: number, name: string): string {
  const overlay = drawOverlay(image, values, MAP_SIDE, `attention map ${name}`, max);
  const caption = text(MAP_SIDE / 2, captionY(y, MAP_SIDE), name, { anchor: "middle", size: 13 });
  return moved(MAP_X, y - MAP_SIDE / 2, overlay.svg, caption);
}

function scores(
  x: number,
  y: number,
  values: readonly number[],
  color: string,
  name: string,
  marked?: number,
): string {
  const step = (SCORES_WIDTH - 8) / values.length;
  const highest = Math.max(...values, 1e-9);
  const bars = values.map((value, i) => {
    const height = Math.max(1.5, (SCORES_HEIGHT - 22) * value / highest);
    const left = 4 + i * step;
    const top = SCORES_HEIGHT - 4 - height;
    const bar = box(left + step * 0.12, top, step * 0.76, height, { fill: color });
    if (i !== marked) return bar;
    return bar + text(left + step / 2, top - 4, "b", { anchor: "middle", size: 11, bold: true });
  });
  const frame = box(0, 0, SCORES_WIDTH, SCORES_HEIGHT, { rx: 3, fill: "white", stroke: FAINT });
  const style = { anchor: "middle", size: 10, color: MUTED } as const;
  const caption = text(SCORES_WIDTH / 2, captionY(y, SCORES_HEIGHT), name, style);
  return moved(x, y - SCORES_HEIGHT / 2, frame, ...bars, caption);
}

/**
 * @param above what is left free of the teacher's lane, and `below` of the student's, in pixels from their
 * middle
 */
function lossBetween(x: number, name: string, what: string, color: string, above = 52, below = 52): string {
  const width = 108;
  const pill = moved(
    x - width / 2,
    LOSS_Y - 20,
    box(0, 0, width, 40, { rx: 20, fill: "white", stroke: color, "stroke-width": 2 }),
    text(width / 2, 17, name, { anchor: "middle", size: 13, bold: true, color }),
    text(width / 2, 32, what, { anchor: "middle", size: 10, color: INK }),
  );
  return arrow([[x, TEACHER_Y + above], [x, LOSS_Y - 22]], color) +
    arrow([[x, STUDENT_Y - below], [x, LOSS_Y + 22]], color) + pill;
}

function classificationLoss(label: string): string {
  const x = NEW_X + SCORES_WIDTH / 2;
  return text(x, TEACHER_Y + 32, "true class", { anchor: "middle", size: 11, color: MUTED }) +
    text(x, TEACHER_Y + 48, shorten(label, 116, 11), { anchor: "middle", size: 11, bold: true }) +
    lossBetween(x, "L_{C}", "right class?", LOSS_COLORS.C, 56, 46);
}

function totalLoss(): string {
  let x = BASE_X + 110;
  return [
    ["L =", INK],
    ["L_{C}", LOSS_COLORS.C],
    ["+ β ·", INK],
    ["L_{D}", LOSS_COLORS.D],
    ["+ γ ·", INK],
    ["L_{AD}", LOSS_COLORS.AD],
  ].map(([content, color]) => {
    const piece = text(x, HEIGHT - 8, content, { size: 16, bold: true, color });
    x += textWidth(content, 16, true) + 7;
    return piece;
  }).join("");
}
