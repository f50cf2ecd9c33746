/**
 * Which classes are taken for which, and with it forgetting and the bias to new classes.
 * @module
 */
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
  stacked,
  text,
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
  /** One to three matrices. */
  readonly matrices: readonly Confusion[];
}

const LEFT = 30;
const GAP = 22;

/** Matrices side by side. A cell's color is the root of its share of the row, so that rare confusions are seen, too. */
export function confusionMatrix({ dataset, classesPerStep, matrices }: ConfusionMatrices): Figure {
  const side = Math.min(330, Math.floor(BODY_WIDTH / matrices.length - LEFT - GAP));
  const drawings = matrices.map((matrix) => drawMatrix(matrix, classesPerStep, side));
  return composeFigure({
    title: "Which classes the images are taken for",
    subtitle:
      `${dataset}: one row a true class, one column an answer, in the order in which the classes were learned`,
    body: stacked([beside(drawings, GAP), heatLegend("0 %", "100 % of the true class")], 10),
    notes: [
      "Lines part the steps. The diagonal is correct; columns that are bright from top to bottom are answers given too often. " +
      "Colors grow with the square root of the share, so that rare confusions are seen, too.",
    ],
    description: "Confusion matrices. " + matrices.map(({ name, counts }) => {
      const total = counts.flat().reduce((sum, count) => sum + count, 0);
      const correct = counts.reduce((sum, row, i) => sum + row[i], 0);
      return `${name}: ${(100 * correct / Math.max(1, total)).toFixed(1)} % on the diagonal.`;
    }).join(" "),
  });
}

function drawMatrix({ name, counts }: Confusion, classesPerStep: readonly number[], side: number): Drawing {
  const classes = counts.length;
  const pieces = [
    text(LEFT + side / 2, 14, name, { anchor: "middle", bold: true }),
    moved(
      LEFT,
      22,
      element("image", {
        width: side,
        height: side,
        href: heatmap(counts, side),
        "aria-label": plainText(`confusion of ${name}`),
      }),
    ),
  ];
  let first = 0;
  classesPerStep.forEach((count, step) => {
    const middle = (first + count / 2) * side / classes;
    pieces.push(
      text(LEFT + middle, 22 + side + 14, `step ${step}`, { anchor: "middle", size: 10, color: MUTED }),
    );
    pieces.push(
      `<g transform="translate(${LEFT - 6},${22 + middle}) rotate(-90)">${
        text(0, 0, `step ${step}`, { anchor: "middle", size: 10, color: MUTED })
      }</g>`,
    );
    first += count;
    if (step === classesPerStep.length - 1) return;
    const at = first * side / classes;
    const line = { stroke: "white", "stroke-width": 1, "stroke-opacity": 0.7 };
    pieces.push(element("line", { x1: LEFT + at, x2: LEFT + at, y1: 22, y2: 22 + side, ...line }));
    pieces.push(element("line", { x1: LEFT, x2: LEFT + side, y1: 22 + at, y2: 22 + at, ...line }));
  });
  return { svg: pieces.join(""), width: LEFT + side, height: 22 + side + 18 };
}

/** The matrix as a picture with as many whole pixels a cell as fit into twice the side, so that nothing is blurred. */
function heatmap(counts: readonly (readonly number[])[], side: number): string {
  const classes = counts.length;
  const cell = Math.max(1, Math.round(2 * side / classes));
  const size = cell * classes;
  const pixels = new Uint8Array(size * size * 3);
  for (let row = 0; row < classes; row++) {
    const total = counts[row].reduce((sum, count) => sum + count, 0);
    for (let column = 0; column < classes; column++) {
      const color = heatColor(total === 0 ? 0 : Math.sqrt(counts[row][column] / total));
      for (let y = row * cell; y < (row + 1) * cell; y++) {
        for (let x = column * cell; x < (column + 1) * cell; x++) pixels.set(color, (y * size + x) * 3);
      }
    }
  }
  return pngDataUri(pixels, size, size);
}
