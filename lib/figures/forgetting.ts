/**
 * What forgetting is, in one picture: what each model of a sequence says to images of the classes that were
 * learned first.
 * @module
 */
import { percent } from "../statistics.ts";
import type { Picture } from "../data/image_set.ts";
import { PALETTE } from "./kit/colors.ts";
import {
  drawImage,
  type GridCell,
  type GridRow,
  headingRow,
  imageCell,
  type LabeledPicture,
  pictureGrid,
} from "./kit/overlay.ts";
import { composeFigure, type Drawing, element, type Figure } from "./kit/svg.ts";
import type { DatasetSetting } from "./runs.ts";

/** One image and what the models say to it. */
export interface ForgottenImage extends LabeledPicture {
  /** The top class of M_0, M_1, … */
  readonly answers: readonly string[];
}

/** What {@linkcode forgettingPicture} draws. */
export interface ForgettingPicture extends DatasetSetting {
  /** How the models were trained, such as `C`. */
  readonly method: string;
  /** One row each. */
  readonly examples: readonly ForgottenImage[];
  /** A picture of each class that is an answer. */
  readonly pictures: Readonly<Record<string, Picture>>;
  /** Accuracy on all test images of the first classes, among all classes known, one number a model. */
  readonly accuracy: readonly number[];
}

/**
 * Rows are images and columns are models: the picture of the class that the model answers, framed by whether
 * it is right.
 */
export function forgettingPicture(
  { dataset, preset, method, examples, pictures, accuracy }: ForgettingPicture,
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
  const shares = ["all images", ...accuracy.map((share) => `right: ${percent(share)}`)];
  return composeFigure({
    title: "What forgetting is: what later models say to images of the first classes",
    subtitle: `${dataset}${preset === undefined ? "" : `, preset ${preset}`}, method ${method}; ` +
      "images of classes that M_{0} has learned; every later model has learned other classes since",
    body: pictureGrid([
      headingRow(headings),
      ...rows,
      { cells: shares.map((caption) => ({ caption })) },
    ], 0),
    notes: [
      "Each cell shows a picture of the class that the model answers; green frames are right, vermilion ones wrong. " +
      "The last line counts all test images of the first classes.",
    ],
    description: "What the models answer to images of the first classes. " +
      examples.map(({ label, answers }) => `${label}: ${answers.join(", ")}.`).join(" ") +
      ` Right among all test images of these classes: ${accuracy.map((share) => percent(share)).join(", ")}.`,
  });
}

function framed(side: number, stroke: string, picture?: Drawing): Drawing {
  const inner = { x: 1, y: 1, width: side - 2, height: side - 2 };
  const frame = element("rect", { ...inner, fill: "none", stroke, "stroke-width": 3 });
  return { svg: (picture?.svg ?? "") + frame, width: side, height: side };
}
