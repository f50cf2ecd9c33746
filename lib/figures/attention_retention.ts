/**
 * The paper's picture: where each model of a sequence looks, for each method.
 * @module
 */
import type { Picture } from "../data/image_set.ts";
import { INK, MUTED } from "./kit/colors.ts";
import {
  type AttentionMap,
  drawImage,
  drawOverlay,
  heatLegend,
  isDark,
  largestValue,
  unitMap,
} from "./kit/overlay.ts";
import { BODY_WIDTH, composeFigure, type Drawing, type Figure, shorten, stacked, text } from "./kit/svg.ts";
import type { Setting } from "./runs.ts";
import { type MethodName, methodNamed, methodNames } from "../training/method.ts";

/** One model's map of one image. */
export interface RetentionCell {
  /** The map for the image's true class. */
  readonly map: AttentionMap;
  /** Cosine between this map and that of the first model. */
  readonly cosine: number;
}

/** One image of a class learned in the first step. */
export interface RetentionExample {
  /** The image as the model saw it, without normalization. */
  readonly image: Picture;
  /** The image's class, for which the maps are. */
  readonly label: string;
  /** One row a method: the maps of M_0, M_1, … */
  readonly rows: readonly { readonly method: MethodName; readonly cells: readonly RetentionCell[] }[];
}

/** What {@linkcode attentionRetention} draws. */
export interface AttentionRetentionNumbers extends Setting {
  /** Name of the data set, for the subtitle. */
  readonly dataset: string;
  /** One block of rows each. */
  readonly examples: readonly RetentionExample[];
  /** The mean cosine over many test images, for those who doubt a few chosen pictures. */
  readonly mean?: {
    readonly images: number;
    readonly rows: readonly {
      readonly method: MethodName;
      readonly cosine: readonly number[];
      /** How many of the images have an all-zero map, one number a model; such a map counts as cosine 0. */
      readonly dark?: readonly number[];
    }[];
  };
}

const LABEL_WIDTH = 66;
const GAP = 8;
const CAPTION = 18;
const LARGEST_SIDE = 116;

/**
 * Rows are methods and columns are models, with the cosine to M_0's map under each cell. The colors of an example's
 * cells share one scale, whose top is the peak of M_0's map.
 */
export function attentionRetention({ dataset, examples, mean }: AttentionRetentionNumbers): Figure {
  const models = Math.max(...examples.flatMap(({ rows }) => rows.map(({ cells }) => cells.length)));
  const side = Math.min(LARGEST_SIDE, Math.floor((BODY_WIDTH - LABEL_WIDTH) / (models + 1) - GAP));
  const left = (column: number) => LABEL_WIDTH + column * (side + GAP);
  const width = left(models + 1) - GAP;
  const centered = (column: number, y: number, content: string, bold = false, color?: string) =>
    text(left(column) + side / 2, y, content, { anchor: "middle", size: 11, bold, color });

  const headings = ["image", ...Array.from({ length: models }, (_, t) => `M_{${t}}`)]
    .map((name, column) => centered(column, 12, name, true)).join("");

  const block = ({ image, label, rows }: RetentionExample): Drawing => {
    const max = largestValue([unitMap(rows[0].cells[0].map)]);
    const strips = rows.map(({ method, cells }) => {
      const pieces = [
        text(0, side / 2 + 4, method, { bold: true, color: methodNamed(method).color }),
        text(0, side + 13, "cosine", { size: 10, color: MUTED }),
        placed(left(0), drawImage(image, side, label)),
        centered(0, side + 13, shorten(label, side, 11), false, MUTED),
      ];
      cells.forEach(({ map, cosine }, t) => {
        const name = `${method}, M_${t}, ${label}`;
        pieces.push(placed(left(t + 1), drawOverlay(image, unitMap(map), side, name, { max })));
        pieces.push(centered(t + 1, side + 13, cosineText(map, cosine), false, isDark(map) ? MUTED : INK));
      });
      return { svg: pieces.join(""), width, height: side + CAPTION };
    });
    return stacked(strips, 3);
  };

  const table = (mean?.rows ?? []).map(({ method, cosine, dark = [] }, i) => {
    const y = 12;
    const name = text(0, y, method, { bold: true, size: 11, color: methodNamed(method).color });
    const values = cosine.map((value, t) =>
      centered(t + 1, y, value.toFixed(2) + (dark[t] ? ` (${dark[t]} all zero)` : ""))
    );
    const what = i === 0 ? centered(0, y, `${mean?.images} images`, false, MUTED) : "";
    return { svg: name + what + values.join(""), width, height: 16 };
  });
  const tableHead = {
    svg: text(0, 12, "mean cosine to M_{0} over test images of the first classes", {
      size: 11,
      color: MUTED,
    }),
    width,
    height: 16,
  };
  const scale = heatLegend("no attention", "the peak of M_{0}'s map, and more");

  return composeFigure({
    title: "Where each model looks for a class it learned first, method by method",
    subtitle: `${dataset}: attention for the image's own class, in M_{0} and after each of ${
      models - 1
    } increments`,
    body: stacked([
      { svg: headings, width, height: 14 },
      stacked(examples.map(block), 14),
      ...(table.length > 0 ? [stacked([tableHead, ...table])] : []),
      scale,
    ], 8),
    notes: [
      "Grad-CAM maps, each divided by its 2-norm as in L_{AD}; one color scale an image. " +
      "Under each map: its cosine to the map of M_{0}, unless it is all zero: such a map has not moved, it is gone.",
    ],
    description: describe(examples),
  });
}

function placed(x: number, drawing: Drawing): string {
  return `<g transform="translate(${x},0)">${drawing.svg}</g>`;
}

/** A map that is all zero has not moved: it is said apart. */
function cosineText(map: AttentionMap, cosine: number): string {
  return isDark(map) ? "all zero" : cosine.toFixed(2);
}

function describe(examples: readonly RetentionExample[]): string {
  const sentences = examples.map(({ label, rows }) =>
    `${label}: ` + methodNames().flatMap((method) =>
      rows.filter((row) =>
        row.method === method
      ).map(({ cells }) => `${method} ${cells.map(({ map, cosine }) => cosineText(map, cosine)).join(", ")}`)
    ).join("; ") + "."
  );
  return `Attention maps over images, one row a method, one column a model. Cosines to the first model's map: ${
    sentences.join(" ")
  }`;
}
