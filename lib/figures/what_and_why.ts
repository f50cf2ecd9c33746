/**
 * The paper's second observation: scores say what an image resembles, attention says why.
 * @module
 */
import { TEACHER_COLOR } from "./kit/colors.ts";
import { type AttentionMap, largestValue } from "./kit/attention_map.ts";
import {
  drawOverlay,
  type GridCell,
  type GridRow,
  headingRow,
  heatLegend,
  imageCell,
  type LabeledPicture,
  pictureGrid,
} from "./kit/overlay.ts";
import { composeFigure, type Figure, stacked } from "./kit/svg.ts";
import { type ClassScore, scoreBars } from "./score_bars.ts";
import type { DatasetSetting } from "./runs.ts";

/** One image with the classes that are nearest to it. */
export interface WhatAndWhyExample extends LabeledPicture {
  /** Two to four classes, the nearest first, each with its score and its map. */
  readonly classes: readonly (ClassScore & { readonly map: AttentionMap })[];
}

/** What {@linkcode whatAndWhy} draws. */
export interface WhatAndWhy extends DatasetSetting {
  /** Name of the model, such as `M_{0}`. */
  readonly model: string;
  /** One row each. */
  readonly examples: readonly WhatAndWhyExample[];
}

/** Image, scores of the nearest classes, and the attention map of each of these classes, one row an image. */
export function whatAndWhy({ dataset, model, examples }: WhatAndWhy): Figure {
  const most = Math.max(...examples.map(({ classes }) => classes.length));
  const headings = ["image", "what: the nearest classes by score", "why: the attention for each of them"];
  return composeFigure({
    title: "What an image resembles, and why: scores and attention of the nearest classes",
    subtitle: `${dataset}, model ${model}`,
    body: stacked([
      pictureGrid([headingRow(headings, [1, 2, most]), ...examples.map(row)], 0),
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

function row(example: WhatAndWhyExample): GridRow {
  const { image, classes } = example;
  const max = largestValue(classes.map(({ map }) => map));
  const series = [{ color: TEACHER_COLOR, scores: classes }];
  return {
    cells: [
      imageCell(example),
      { picture: (side, width) => scoreBars(series, width, side), caption: "", columns: 2 },
      ...classes.map(({ className, map }): GridCell => ({
        picture: (side) => drawOverlay(image, map, side, `attention for ${className}`, max),
        caption: className,
      })),
    ],
  };
}
