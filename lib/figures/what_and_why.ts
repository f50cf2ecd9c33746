/**
 * The paper's second observation: scores say what an image resembles, attention says why.
 * @module
 */
import type { Picture } from "../data/image_set.ts";
import { TEACHER_COLOR } from "./kit/colors.ts";
import {
  type AttentionMap,
  drawImage,
  drawOverlay,
  heatLegend,
  largestValue,
  unitMap,
} from "./kit/overlay.ts";
import { composeFigure, type Drawing, type Figure, moved, shorten, stacked, text } from "./kit/svg.ts";
import { type ClassScore, scoreBars } from "./score_bars.ts";
import type { Setting } from "./runs.ts";

/** One image with the classes that are nearest to it. */
export interface WhatAndWhyExample {
  /** The image as the model saw it, without normalization. */
  readonly image: Picture;
  /** What is in the image. */
  readonly label: string;
  /** Two to four classes, the nearest first, each with its score and its map. */
  readonly classes: readonly (ClassScore & { readonly map: AttentionMap })[];
}

/** What {@linkcode whatAndWhy} draws. */
export interface WhatAndWhy extends Setting {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
  /** Name of the model, such as `M_{0}`. */
  readonly model: string;
  /** One row each. */
  readonly examples: readonly WhatAndWhyExample[];
}

const SIDE = 106;
const GAP = 8;
const BARS = 232;
const BARS_LEFT = SIDE + GAP;
const MAPS_LEFT = BARS_LEFT + BARS + 12;

/** Image, scores of the nearest classes, and the attention map of each of these classes, one row an image. */
export function whatAndWhy({ dataset, model, examples }: WhatAndWhy): Figure {
  const columns = Math.max(...examples.map(({ classes }) => classes.length));
  const width = MAPS_LEFT + columns * (SIDE + GAP) - GAP;
  const headings = [
    text(SIDE / 2, 12, "image", { anchor: "middle", bold: true, size: 11 }),
    text(BARS_LEFT + BARS / 2, 12, "what: the nearest classes by score", {
      anchor: "middle",
      bold: true,
      size: 11,
    }),
    text((MAPS_LEFT + width) / 2, 12, "why: the attention for each of them", {
      anchor: "middle",
      bold: true,
      size: 11,
    }),
  ].join("");
  return composeFigure({
    title: "What an image resembles, and why: scores and attention of the nearest classes",
    subtitle: `${dataset}, model ${model}`,
    body: stacked([
      { svg: headings, width, height: 14 },
      ...examples.map((example) => row(example, width)),
      heatLegend("no attention", "the row's strongest"),
    ], 10),
    notes: ["Each map is divided by its 2-norm, as in L_{AD}; one color scale a row."],
    description:
      "For each image: the scores of its nearest classes and the attention map of each of these classes. " +
      examples.map(({ label, classes }) =>
        `${label}: ${classes.map(({ className, score }) => `${className} ${score.toFixed(2)}`).join(", ")}.`
      ).join(" "),
  });
}

function row({ image, label, classes }: WhatAndWhyExample, width: number): Drawing {
  const maps = classes.map(({ map }) => unitMap(map));
  const max = largestValue(maps);
  const why = classes.map(({ className }, i) => {
    const overlay = drawOverlay(image, maps[i], SIDE, `attention for ${className}`, { max });
    const caption = text(SIDE / 2, SIDE + 15, shorten(className, SIDE, 11), { anchor: "middle", size: 11 });
    return moved(MAPS_LEFT + i * (SIDE + GAP), 0, overlay.svg, caption);
  });
  const what = scoreBars([{ color: TEACHER_COLOR, scores: classes }], BARS, SIDE);
  const svg = drawImage(image, SIDE, label).svg +
    text(SIDE / 2, SIDE + 15, shorten(label, SIDE, 11), { anchor: "middle", size: 11 }) +
    moved(BARS_LEFT, 0, what.svg) + why.join("");
  return { svg, width, height: SIDE + 20 };
}
