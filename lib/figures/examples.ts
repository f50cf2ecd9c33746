/**
 * A few images, and what models make of them: many at a glance; what each model of a sequence answers, which
 * is what forgetting looks like; and the paper's second observation: scores say what an image resembles,
 * attention says why.
 * @module
 */
import type { Picture } from "../data/image_set.ts";
import { percent } from "../statistics.ts";
import { type ClassScore, scoreBars } from "./kit/chart.ts";
import { type AttentionMap, largestValue } from "./kit/overlay.ts";
import {
  drawImage,
  type GridCell,
  type GridRow,
  headingRow,
  heatLegend,
  imageCell,
  type LabeledPicture,
  mapCell,
  pictureGrid,
} from "./kit/picture_grid.ts";
import {
  composeFigure,
  type DatasetOrigin,
  element,
  type Figure,
  PALETTE,
  type Piece,
  stacked,
} from "./kit/svg.ts";

/** What {@linkcode contactSheet} draws. */
export interface ContactSheet {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** A second line, smaller. */
  readonly subtitle?: string;
  /** Images a row. */
  readonly columns: number;
  /** Row by row. An empty label takes no room if all labels are empty. */
  readonly images: readonly LabeledPicture[];
}

/** A grid of labeled images. */
export function contactSheet({ title, subtitle, columns, images }: ContactSheet): Figure {
  const cells = images.map((one) =>
    imageCell(one, { caption: one.label || undefined, color: PALETTE.muted })
  );
  const rows = Array.from({ length: Math.ceil(cells.length / columns) }, (_, i) => ({
    cells: cells.slice(i * columns, (i + 1) * columns),
  }));
  return composeFigure({
    title,
    subtitle,
    body: pictureGrid(rows, 0),
    description: `${images.length} images: ${[...new Set(images.map(({ label }) => label))].join(", ")}.`,
  });
}

/** One image and what the models say to it. */
export interface ForgottenImage extends LabeledPicture {
  /** The top class of M_0, M_1, … */
  readonly answers: readonly string[];
}

/** What {@linkcode forgettingPicture} draws. */
export interface ForgettingPicture extends DatasetOrigin {
  /** How the models were trained, such as `C`. */
  readonly method: string;
  /** One row each. */
  readonly examples: readonly ForgottenImage[];
  /** A picture of each class that is an answer. */
  readonly pictures: Readonly<Record<string, Picture>>;
  /** Accuracy on all test images of the first classes, among all classes known, one number a model. */
  readonly accuracy: readonly number[];
  /** Share of these images for which the model answers a class of its own step, one number a model. */
  readonly newest: readonly number[];
}

/**
 * Rows are images and columns are models: the picture of the class that the model answers, framed by whether
 * it is right.
 */
export function forgettingPicture(
  { dataset, preset, method, examples, pictures, accuracy, newest }: ForgettingPicture,
): Figure {
  const cellOf = (answer: string, label: string): GridCell => {
    const color = answer === label ? PALETTE.green : PALETTE.vermilion;
    return {
      picture: (side) => framed(side, color, pictures[answer] && drawImage(pictures[answer], side, answer)),
      caption: `${answer === label ? "✓" : "✗"} ${answer}`,
      color,
    };
  };
  const rows = examples.map((example): GridRow => ({
    cells: [
      imageCell(example, { bold: true }),
      ...example.answers.map((answer) => cellOf(answer, example.label)),
    ],
  }));
  const headings = ["image", ...accuracy.map((_, model) => `M_{${model}} says`)];
  const shares = [
    ["all test images", ...accuracy.map((share) => `right: ${percent(share)}`)],
    ["", ...newest.map((share, model) => model === 0 ? "" : `of step ${model}: ${percent(share)}`)],
  ];
  return composeFigure({
    title: "What forgetting is: what later models say to images of the first classes",
    subtitle:
      `${dataset}${[undefined, "default"].includes(preset) ? "" : `, preset ${preset}`}, method ${method}; ` +
      "images of classes that M_{0} has learned; every later model has learned other classes since",
    body: pictureGrid([
      headingRow(headings),
      ...rows,
      ...shares.map((captions) => ({ cells: captions.map((caption) => ({ caption })) })),
    ], 0),
    notes: [
      "Each cell shows a picture of the class that the model answers; green frames are right, vermilion ones wrong. " +
      "The last lines count all test images of the first classes: the right answers, and those that name a class of " +
      "the model's own step.",
    ],
    description: "What the models answer to images of the first classes. " +
      examples.map(({ label, answers }) => `${label}: ${answers.join(", ")}.`).join(" ") +
      ` Right among all test images of these classes: ${accuracy.map((share) => percent(share)).join(", ")}.`,
  });
}

function framed(side: number, stroke: string, picture?: Piece): Piece {
  const inner = { x: 1, y: 1, width: side - 2, height: side - 2 };
  const frame = element("rect", { ...inner, fill: "none", stroke, "stroke-width": 3 });
  return { svg: (picture?.svg ?? "") + frame, width: side, height: side };
}

/** One image with the classes that are nearest to it. */
export interface WhatAndWhyExample extends LabeledPicture {
  /** Two to four classes, the nearest first, each with its score and its map. */
  readonly classes: readonly (ClassScore & { readonly map: AttentionMap })[];
}

/** What {@linkcode whatAndWhy} draws. */
export interface WhatAndWhy extends DatasetOrigin {
  /** Name of the model, such as `M_{0}`. */
  readonly model: string;
  /** One row each. */
  readonly examples: readonly WhatAndWhyExample[];
}

/** Image, scores of the nearest classes, and the attention map of each of these classes, one row an image. */
export function whatAndWhy({ dataset, model, examples }: WhatAndWhy): Figure {
  const most = Math.max(...examples.map(({ classes }) => classes.length));
  const headings = ["image", "what: the nearest classes, σ(z)", "why: the attention for each of them"];
  return composeFigure({
    title: "What an image resembles, and why: answers and attention of the nearest classes",
    subtitle: `${dataset}, model ${model}`,
    body: stacked([
      pictureGrid([headingRow(headings, [1, 2, most]), ...examples.map(row)], 0),
      heatLegend("no attention", "the row's strongest"),
    ], 10),
    notes: [
      "Each map is divided by its 2-norm, so a bright map is a narrow one: color does not say how high a score is. " +
      "One color scale a row.",
    ],
    description:
      "For each image: the scores of its nearest classes and the attention map of each of these classes. " +
      examples.map(({ label, classes }) =>
        `${label}: ${classes.map(({ className, score }) => `${className} ${score.toFixed(2)}`).join(", ")}.`
      ).join(" "),
  });
}

function row(example: WhatAndWhyExample): GridRow {
  const { image, classes } = example;
  const max = largestValue(classes.map(({ map }) => map));
  return {
    cells: [
      imageCell(example),
      {
        picture: (height, width) => scoreBars(classes, { color: PALETTE.teacher, width, height, highest: 1 }),
        caption: "",
        columns: 2,
      },
      ...classes.map(({ className, map }) =>
        mapCell(image, map, max, className, `attention for ${className}`)
      ),
    ],
  };
}
