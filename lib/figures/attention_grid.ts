/**
 * Where one or several models look in a few images: one column an image, one row a model.
 * @module
 */
import { MUTED } from "./kit/colors.ts";
import { type AttentionMap, isDark, largestValue, unitMap } from "./kit/attention_map.ts";
import {
  drawImage,
  drawOverlay,
  type GridRow,
  heatLegend,
  type LabeledPicture,
  pictureGrid,
} from "./kit/overlay.ts";
import { composeFigure, type Figure, stacked } from "./kit/svg.ts";

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

const LABEL_WIDTH = 78;

/** The colors of an image's maps share one scale, whose top is the peak of its first map. */
export function attentionGrid({ title, subtitle, images, rows }: AttentionGrid): Figure {
  const peaks = images.map((_, i) => largestValue([unitMap(rows[0].maps[i].map)]));
  const lines: GridRow[] = rows.map(({ name, maps }) => ({
    name,
    cells: maps.map(({ map, caption }, i) => ({
      picture: (side) =>
        drawOverlay(images[i].image, unitMap(map), side, `${name}, ${images[i].label}`, peaks[i]),
      caption: isDark(map) ? "all zero" : caption,
      color: MUTED,
    })),
  }));
  const seen: GridRow = {
    name: "image",
    cells: images.map(({ image, label }) => ({
      picture: (side) => drawImage(image, side, label),
      caption: label,
      color: MUTED,
    })),
  };
  return composeFigure({
    title,
    subtitle,
    body: stacked([
      pictureGrid([seen, ...lines], LABEL_WIDTH),
      heatLegend("no attention", "the peak of the first map, and more"),
    ], 4),
    notes: ["Grad-CAM maps, each divided by its 2-norm as in L_{AD}; one color scale an image."],
    description: `Attention maps over images. ` +
      lines.map(({ name, cells }) =>
        `${name}: ${cells.map(({ caption }, i) => `${images[i].label} (${caption})`).join(", ")}.`
      ).join(" "),
  });
}
