/**
 * What forgetting is, in one picture: what each model of a sequence says to images of the classes that were learned first.
 * @module
 */
import { percent } from "../statistics.ts";
import type { Picture } from "../data/image_set.ts";
import { FAINT, MUTED, PALETTE } from "./kit/colors.ts";
import { drawImage } from "./kit/overlay.ts";
import {
  BODY_WIDTH,
  composeFigure,
  type Drawing,
  element,
  type Figure,
  moved,
  shorten,
  stacked,
  text,
} from "./kit/svg.ts";
import type { Setting } from "./runs.ts";

/** One image and what the models say to it. */
export interface ForgottenImage {
  /** The image as the models saw it, without normalization. */
  readonly image: Picture;
  /** The image's class. */
  readonly label: string;
  /** The top class of M_0, M_1, … */
  readonly answers: readonly string[];
}

/** What {@linkcode forgettingPicture} draws. */
export interface ForgettingPicture extends Setting {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
  /** How the models were trained, such as `C`. */
  readonly method: string;
  /** One row each. */
  readonly examples: readonly ForgottenImage[];
  /** A picture of each class that is an answer. */
  readonly pictures: Readonly<Record<string, Picture>>;
  /** Accuracy on all test images of the first classes, among all classes known, one number a model. */
  readonly accuracy: readonly number[];
}

const LABEL_WIDTH = 104;
const GAP = 10;
const CAPTION = 18;
const LARGEST_SIDE = 88;
const RIGHT = PALETTE.green;
const WRONG = PALETTE.vermilion;

/** Rows are images and columns are models: the picture of the class that the model answers, framed by whether it is right. */
export function forgettingPicture(
  { dataset, preset, method, examples, pictures, accuracy }: ForgettingPicture,
): Figure {
  const models = accuracy.length;
  const side = Math.min(LARGEST_SIDE, Math.floor((BODY_WIDTH - LABEL_WIDTH) / models) - GAP);
  const left = (model: number) => LABEL_WIDTH + GAP + model * (side + GAP);
  const width = left(models) - GAP;
  const inColumn = (model: number, y: number, content: string, style: { bold?: boolean; color?: string }) =>
    text(left(model) + side / 2, y, shorten(content, side + GAP - 2, 11), {
      anchor: "middle",
      size: 11,
      ...style,
    });

  const row = ({ image, label, answers }: ForgottenImage): Drawing => {
    const pieces = [
      drawImage(image, side, label).svg,
      text(side / 2, side + 13, shorten(label, LABEL_WIDTH, 11), { anchor: "middle", size: 11, bold: true }),
    ];
    answers.forEach((answer, model) => {
      const color = answer === label ? RIGHT : WRONG;
      const frame = {
        x: 1,
        y: 1,
        width: side - 2,
        height: side - 2,
        fill: "none",
        stroke: color,
        "stroke-width": 3,
      };
      const picture = pictures[answer] === undefined ? "" : drawImage(pictures[answer], side, answer).svg;
      pieces.push(moved(left(model), 0, picture, element("rect", frame)));
      pieces.push(inColumn(model, side + 13, `${answer === label ? "✓" : "✗"} ${answer}`, { color }));
    });
    return { svg: pieces.join(""), width, height: side + CAPTION };
  };
  const headings = [
    text(side / 2, 12, "image", { anchor: "middle", size: 11, bold: true }),
    ...accuracy.map((_, model) => inColumn(model, 12, `M_{${model}} says`, { bold: true })),
  ];
  const bars = accuracy.map((share, model) => {
    const height = Math.max(1, 40 * share);
    const bar = { x: left(model), y: 44 - height, width: side, height, fill: FAINT };
    return element("rect", bar) + inColumn(model, 58, percent(share), {});
  });
  const totals = [
    ...["right among all", "test images of", "these classes"].map((line, i) =>
      text(0, 32 + 13 * i, line, { size: 10, color: MUTED })
    ),
    ...bars,
  ];
  return composeFigure({
    title: "What forgetting is: what later models say to images of the first classes",
    subtitle: `${dataset}${preset === undefined ? "" : `, preset ${preset}`}, method ${method}; ` +
      "images of classes that M_{0} has learned; every later model has learned other classes since",
    body: stacked([
      { svg: headings.join(""), width, height: 16 },
      ...examples.map(row),
      { svg: totals.join(""), width, height: 62 },
    ], 8),
    notes: [
      "Each cell shows a picture of the class that the model answers; green frames are right, vermilion ones wrong.",
    ],
    description: "What the models answer to images of the first classes. " +
      examples.map(({ label, answers }) => `${label}: ${answers.join(", ")}.`).join(" ") +
      ` Right among all test images of these classes: ${accuracy.map((share) => percent(share)).join(", ")}.`,
  });
}
