/**
 * Which classes are taken for which, and with it forgetting and the bias to new classes.
 * @module
 */
import { percent } from "../statistics.ts";
import { heatColor, MUTED } from "./kit/colors.ts";
import { heatLegend } from "./kit/overlay.ts";
import { pngDataUri } from "./kit/png.ts";
import {
  beside,
  BODY_WIDTH,
  composeFigure,
  type Drawing,
  element,
  type Figure,
  moved,
  plainText,
  shorten,
  stacked,
  text,
  textWidth,
} from "./kit/svg.ts";

/** The answers of one model. */
export interface Confusion {
  /** Heading of this matrix, such as `LwM, M_{4}`. */
  readonly name: string;
  /** (classes, classes) number of images of each true class (row) that were taken for each class (column). */
  readonly counts: readonly (readonly number[])[];
}

/** What {@linkcode confusionMatrix} draws. */
export interface ConfusionMatrices {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
  /** Number of classes of each step; together, the rows of the matrices. */
  readonly classesPerStep: readonly number[];
  /** Names of the classes in the order of the rows; written beside the first matrix. */
  readonly classNames?: readonly string[];
  /** One to three matrices. */
  readonly matrices: readonly Confusion[];
}

const TOP = 22;
const STEP_WIDTH = 20;
const GAP = 22;
const NAME_SIZE = 8;
const NAME_WIDTH = 84;

/**
 * Matrices side by side. A cell's color is the root of its share of the row, so that rare confusions are
 * seen, too.
 */
export function confusionMatrix(confusions: ConfusionMatrices): Figure {
  const { dataset, classesPerStep, classNames, matrices } = confusions;
  const names = classNames === undefined ? 0 : NAME_WIDTH;
  const room = (BODY_WIDTH - names + GAP) / matrices.length - STEP_WIDTH - GAP;
  const width = Math.min(330, Math.floor(room));
  // Rows high enough for their names.
  const height = Math.max(width, classNames === undefined ? 0 : (NAME_SIZE + 1) * classNames.length);
  const drawings = matrices.map((matrix) => drawMatrix(matrix, classesPerStep, width, height));
  if (classNames !== undefined) drawings[0] = withNames(drawings[0], classNames, height);
  return composeFigure({
    title: "Which classes the images are taken for",
    subtitle:
      `${dataset}: one row a true class, one column an answer, in the order in which the classes were learned`,
    body: stacked([beside(drawings, GAP), heatLegend("0 %", "100 % of the true class")], 10),
    notes: [
      "Lines separate the steps. The diagonal is correct; columns that are bright from top to bottom are answers given too often. " +
      "Colors grow with the square root of the share, so that rare confusions are seen, too.",
    ],
    description: "Confusion matrices. " + matrices.map(({ name, counts }) => {
      const total = counts.flat().reduce((sum, count) => sum + count, 0);
      const correct = counts.reduce((sum, row, i) => sum + row[i], 0);
      return `${name}: ${percent(correct / Math.max(1, total))} on the diagonal.`;
    }).join(" "),
  });
}

const STEP_LABEL = { size: 10, color: MUTED };

function drawMatrix(
  { name, counts }: Confusion,
  classesPerStep: readonly number[],
  width: number,
  height: number,
): Drawing {
  const classes = counts.length;
  const pieces = [
    text(width / 2, 14 - TOP, name, { anchor: "middle", bold: true }),
    element("image", {
      width,
      height,
      preserveAspectRatio: "none",
      "image-rendering": "pixelated",
      href: heatmap(counts),
      "aria-label": plainText(`confusion of ${name}`),
    }),
  ];
  const isNarrow = Math.min(...classesPerStep) / classes * width < textWidth("step 10", STEP_LABEL.size);
  if (isNarrow) pieces.push(text(-6, height + 14, "step", { ...STEP_LABEL, anchor: "end" }));
  let first = 0;
  classesPerStep.forEach((count, step) => {
    const middle = (first + count / 2) / classes;
    const label = text(0, 0, isNarrow ? `${step}` : `step ${step}`, { ...STEP_LABEL, anchor: "middle" });
    pieces.push(moved(middle * width, height + 14, label));
    pieces.push(`<g transform="translate(-6,${middle * height}) rotate(-90)">${label}</g>`);
    first += count;
    if (step === classesPerStep.length - 1) return;
    const at = first / classes;
    const line = { stroke: "white", "stroke-width": 1, "stroke-opacity": 0.7 };
    pieces.push(element("line", { x1: at * width, x2: at * width, y1: 0, y2: height, ...line }));
    pieces.push(element("line", { x1: 0, x2: width, y1: at * height, y2: at * height, ...line }));
  });
  return {
    svg: moved(STEP_WIDTH, TOP, ...pieces),
    width: STEP_WIDTH + width,
    height: TOP + height + 18,
  };
}

/** The names of the rows to the left of a matrix. */
function withNames(matrix: Drawing, names: readonly string[], height: number): Drawing {
  const row = height / names.length;
  const labels = names.map((name, i) =>
    text(NAME_WIDTH - 2, TOP + (i + 0.5) * row + 3, shorten(name, NAME_WIDTH - 4, NAME_SIZE), {
      anchor: "end",
      size: NAME_SIZE,
    })
  );
  return {
    svg: labels.join("") + moved(NAME_WIDTH, 0, matrix.svg),
    width: NAME_WIDTH + matrix.width,
    height: matrix.height,
  };
}

/** The matrix as a picture with one pixel a cell. */
function heatmap(counts: readonly (readonly number[])[]): string {
  const pixels = counts.flatMap((row) => {
    const total = Math.max(1, row.reduce((sum, count) => sum + count, 0));
    return row.flatMap((count) => [...heatColor(Math.sqrt(count / total))]);
  });
  return pngDataUri(pixels, counts.length, counts.length);
}
