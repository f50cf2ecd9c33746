/**
 * The paper's picture: where each model of a sequence looks, for each method.
 * @module
 */
import { INK, MUTED } from "./kit/colors.ts";
import { type AttentionMap, isDark, largestValue, unitMap } from "./kit/attention_map.ts";
import {
  drawImage,
  drawOverlay,
  type GridCell,
  type GridRow,
  heatLegend,
  type LabeledPicture,
  pictureGrid,
} from "./kit/overlay.ts";
import { composeFigure, type Figure, stacked } from "./kit/svg.ts";
import type { DatasetSetting } from "./runs.ts";
import { type MethodName, methodNamed, methodNames } from "../training/method.ts";

/** One model's map of one image. */
export interface RetentionCell {
  /** The map for the image's true class. */
  readonly map: AttentionMap;
  /** Cosine between this map and that of the first model. */
  readonly cosine: number;
}

/** One image of a class learned in the first step. */
export interface RetentionExample extends LabeledPicture {
  /** One row a method: the maps of M_0, M_1, … */
  readonly rows: readonly { readonly method: MethodName; readonly cells: readonly RetentionCell[] }[];
}

/** What {@linkcode attentionRetention} draws. */
export interface AttentionRetentionNumbers extends DatasetSetting {
  /** One block of rows each. */
  readonly examples: readonly RetentionExample[];
  /** The mean cosine over all test images of the first classes, beside the chosen ones. */
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

/**
 * Rows are methods and columns are models, with the cosine to M_0's map under each cell. The colors of an example's
 * cells share one scale, whose top is the peak of M_0's map.
 */
export function attentionRetention({ dataset, examples, mean }: AttentionRetentionNumbers): Figure {
  const models = Math.max(...examples.flatMap(({ rows }) => rows.map(({ cells }) => cells.length)));
  const headings = ["image", ...Array.from({ length: models }, (_, t) => `M_{${t}}`)];
  const table = (mean?.rows ?? []).map(({ method, cosine, dark = [] }, i): GridRow => ({
    name: method,
    color: methodNamed(method).color,
    cells: [
      { caption: i === 0 ? `${mean?.images} images` : "", color: MUTED },
      ...cosine.map((value, t) => ({
        caption: value.toFixed(2) + (dark[t] ? ` (${dark[t]} all zero)` : ""),
      })),
    ],
  }));
  const tableHead = {
    name: "",
    note: "mean cosine to M_{0} over test images of the first classes",
    cells: [],
  };
  return composeFigure({
    title: "Where each model looks for a class it learned first, method by method",
    subtitle: `${dataset}: attention for the image's own class, in M_{0} and after each of ${
      models - 1
    } increments`,
    body: stacked([
      pictureGrid([
        { name: "", cells: headings.map((caption) => ({ caption, bold: true })) },
        ...examples.flatMap(rowsOf),
        ...(table.length > 0 ? [tableHead, ...table] : []),
      ], LABEL_WIDTH),
      heatLegend("no attention", "the peak of M_{0}'s map, and more"),
    ], 8),
    notes: [
      "Grad-CAM maps, each divided by its 2-norm as in L_{AD}; one color scale an image. " +
      "Under each map: its cosine to the map of M_{0}, unless it is all zero: such a map has not moved, it is gone.",
    ],
    description: describe(examples),
  });
}

function rowsOf({ image, label, rows }: RetentionExample): GridRow[] {
  const max = largestValue([unitMap(rows[0].cells[0].map)]);
  return rows.map(({ method, cells }) => ({
    name: method,
    color: methodNamed(method).color,
    note: "cosine",
    cells: [
      { picture: (side) => drawImage(image, side, label), caption: label, color: MUTED },
      ...cells.map(({ map, cosine }, t): GridCell => ({
        picture: (side) => drawOverlay(image, unitMap(map), side, `${method}, M_${t}, ${label}`, max),
        caption: cosineText(map, cosine),
        color: isDark(map) ? MUTED : INK,
      })),
    ],
  }));
}

/** A map that is all zero has not moved, so it gets no cosine. */
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
