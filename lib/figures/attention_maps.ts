/**
 * Where models look: in a few images, and in the paper's picture, for each model of a sequence and each
 * method.
 * @module
 */
import { type MethodName, methodNamed } from "../training/method.ts";
import { type AttentionMap, cosineText, isDark, largestValue } from "./kit/overlay.ts";
import {
  contour,
  type GridCell,
  type GridRow,
  headingRow,
  heatLegend,
  imageCell,
  type LabeledPicture,
  mapCell,
  pictureGrid,
} from "./kit/picture_grid.ts";
import { composeFigure, type DatasetOrigin, type Figure, PALETTE, stacked } from "./kit/svg.ts";

/** What {@linkcode attentionGrid} draws. */
export interface AttentionGrid {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** A second line, smaller. */
  readonly subtitle?: string;
  /** One column each. */
  readonly images: readonly LabeledPicture[];
  /** One row each: for each image a map, and what stands under it. */
  readonly rows: readonly {
    readonly name: string;
    readonly maps: readonly { readonly map: AttentionMap; readonly caption: string }[];
  }[];
}

/**
 * The top of the scale that an image's maps share: the peak of the first, or of all where that one is all
 * zero.
 */
function topOfScale(maps: readonly AttentionMap[]): number {
  return largestValue(maps.slice(0, 1)) || largestValue(maps);
}

/** The colors of an image's maps share one scale, whose top is the peak of its first map. */
export function attentionGrid({ title, subtitle, images, rows }: AttentionGrid): Figure {
  const peaks = images.map((_, i) => topOfScale(rows.map(({ maps }) => maps[i].map)));
  const lines: GridRow[] = rows.map(({ name, maps }) => ({
    name,
    cells: maps.map(({ map, caption }, i) => {
      const words = isDark(map) ? "all zero" : caption;
      return mapCell(images[i].image, map, peaks[i], words, `${name}, ${images[i].label}`, PALETTE.muted);
    }),
  }));
  const seen = { name: "image", cells: images.map((image) => imageCell(image, { color: PALETTE.muted })) };
  return composeFigure({
    title,
    subtitle,
    body: stacked([
      pictureGrid([seen, ...lines], 78),
      heatLegend(
        "no attention",
        rows.length === 1 ? "the map's peak" : "the peak of the first map, and more",
      ),
    ], 4),
    notes: [
      "Grad-CAM maps, each divided by its 2-norm: its strength does not show. One color scale an image.",
    ],
    description: `Attention maps over images. ` +
      lines.map(({ name, cells }) =>
        `${name}: ${cells.map(({ caption }, i) => `${images[i].label} (${caption})`).join(", ")}.`
      ).join(" "),
  });
}

/** One model's map of one image. */
export interface RetentionCell {
  /** The map for the image's true class. */
  readonly map: AttentionMap;
  /** Cosine between this map and that of the first model. */
  readonly cosine: number;
}

/** One image of a class learned in the first step. */
export interface RetentionExample extends LabeledPicture {
  /** Where the object is, from 0 to 1; its contour is drawn over each map. Absent where it is not known. */
  readonly mask?: AttentionMap;
  /** One row a method: the maps of M_0, M_1, … */
  readonly rows: readonly { readonly method: MethodName; readonly cells: readonly RetentionCell[] }[];
}

/** What {@linkcode attentionRetention} draws. */
export interface AttentionRetentionNumbers extends DatasetOrigin {
  /** One block of rows each. */
  readonly examples: readonly RetentionExample[];
  /** The mean cosine over all test images of the first classes, beside the chosen ones. */
  readonly mean: {
    readonly images: number;
    readonly rows: readonly {
      readonly method: MethodName;
      readonly cosine: readonly number[];
      /** How many of the images have an all-zero map, one number a model; such a map counts as cosine 0. */
      readonly dark: readonly number[];
    }[];
  };
}

/**
 * Rows are methods and columns are models, with the cosine to M_0's map under each cell. The colors of an
 * example's cells share one scale, whose top is the peak of M_0's map.
 */
export function attentionRetention({ dataset, examples, mean }: AttentionRetentionNumbers): Figure {
  const models = Math.max(...examples.flatMap(({ rows }) => rows.map(({ cells }) => cells.length)));
  const headings = ["image", ...Array.from({ length: models }, (_, t) => `M_{${t}}`)];
  const table = mean.rows.map(({ method, cosine, dark }, i): GridRow => ({
    name: method,
    color: methodNamed(method).color,
    cells: [
      { caption: i === 0 ? `${mean.images} images` : "", color: PALETTE.muted },
      ...cosine.map((value, t) => ({
        caption: value.toFixed(2) + (dark[t] ? ` (${dark[t]} all zero)` : ""),
      })),
    ],
  }));
  const tableHead = { note: "mean cosine to M_{0} over test images of the first classes", cells: [] };
  return composeFigure({
    title: "Where each model looks for a class it learned first, method by method",
    subtitle: `${dataset}: attention for the image's own class, ` +
      `in M_{0} and after each of ${models - 1} increments`,
    body: stacked([
      pictureGrid([headingRow(headings), ...examples.flatMap(rowsOf), tableHead, ...table], 66),
      heatLegend("no attention", "the peak of M_{0}'s map, and more"),
    ], 8),
    notes: [
      "Grad-CAM maps, each divided by its 2-norm as in L_{AD}; one color scale an image. " +
      "Where masks are known, the line is the object's contour. Under each map: its cosine to the map of M_{0}, unless it is all zero: such a map has not moved, it is gone.",
    ],
    description: describe(examples),
  });
}

function rowsOf(example: RetentionExample): GridRow[] {
  const { image, label, rows, mask } = example;
  const max = topOfScale(rows.flatMap(({ cells }) => cells.map(({ map }) => map)));
  return rows.map(({ method, cells }) => ({
    name: method,
    color: methodNamed(method).color,
    note: "cosine",
    cells: [
      imageCell(example, { color: PALETTE.muted }),
      ...cells.map(({ map, cosine }, t) => {
        const color = isDark(map) ? PALETTE.muted : PALETTE.ink;
        const cell = mapCell(image, map, max, cosineText(map, cosine), `${method}, M_${t}, ${label}`, color);
        return mask === undefined ? cell : outlined(cell, mask);
      }),
    ],
  }));
}

/** A cell with the object's contour over its picture. */
function outlined(cell: GridCell, mask: AttentionMap): GridCell {
  const picture: GridCell["picture"] = (side, width) => {
    const drawn = cell.picture!(side, width);
    return { ...drawn, svg: drawn.svg + contour(mask, side) };
  };
  return { ...cell, picture };
}

function describe(examples: readonly RetentionExample[]): string {
  const sentences = examples.map(({ label, rows }) => {
    const cosines = rows.map(({ method, cells }) =>
      `${method} ${cells.map(({ map, cosine }) => cosineText(map, cosine)).join(", ")}`
    );
    return `${label}: ${cosines.join("; ")}.`;
  });
  return `Attention maps over images, one row a method, one column a model. Cosines to the first model's map: ${
    sentences.join(" ")
  }`;
}
