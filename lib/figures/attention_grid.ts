/**
 * Where one or several models look in a few images: one column an image, one row a model.
 * @module
 */
import type { Picture } from "../data/image_set.ts";
import { MUTED } from "./kit/colors.ts";
import {
  type AttentionMap,
  drawImage,
  drawOverlay,
  heatLegend,
  isDark,
  largestValue,
  unitMap,
} from "./kit/overlay.ts";
import {
  BODY_WIDTH,
  composeFigure,
  type Drawing,
  type Figure,
  moved,
  shorten,
  stacked,
  text,
} from "./kit/svg.ts";

/** What {@linkcode attentionGrid} draws. */
export interface AttentionGrid {
  /** One short sentence that says what is seen. */
  readonly title: string;
  /** A second line, smaller. */
  readonly subtitle?: string;
  /** One column each. */
  readonly images: readonly { readonly image: Picture; readonly label: string }[];
  /** One row each: for each image a map, and what stands under it. */
  readonly rows: readonly {
    readonly name: string;
    readonly maps: readonly { readonly map: AttentionMap; readonly caption: string }[];
  }[];
}

const LABEL_WIDTH = 78;
const GAP = 8;
const CAPTION = 16;
const LARGEST_SIDE = 116;

/** The colors of an image's maps share one scale, whose top is the peak of its first map. */
export function attentionGrid({ title, subtitle, images, rows }: AttentionGrid): Figure {
  const side = Math.min(LARGEST_SIDE, Math.floor((BODY_WIDTH - LABEL_WIDTH + GAP) / images.length) - GAP);
  const width = LABEL_WIDTH + images.length * (side + GAP) - GAP;
  const line = (name: string, cells: readonly { picture: Drawing; caption: string }[]): Drawing => {
    const pieces = cells.map(({ picture, caption }, i) => {
      const under = text(side / 2, side + 12, shorten(caption, side + GAP - 2, 10), {
        anchor: "middle",
        size: 10,
        color: MUTED,
      });
      return moved(LABEL_WIDTH + i * (side + GAP), 0, picture.svg, under);
    });
    const heading = text(0, side / 2 + 4, name, { bold: true });
    return { svg: heading + pieces.join(""), width, height: side + CAPTION };
  };
  const peaks = images.map((_, i) => largestValue([unitMap(rows[0].maps[i].map)]));
  const lines = [
    line(
      "image",
      images.map(({ image, label }) => ({ picture: drawImage(image, side, label), caption: label })),
    ),
    ...rows.map(({ name, maps }) =>
      line(
        name,
        maps.map(({ map, caption }, i) => {
          const { image, label } = images[i];
          const picture = drawOverlay(image, unitMap(map), side, `${name}, ${label}`, { max: peaks[i] });
          return { picture, caption: isDark(map) ? "all zero" : caption };
        }),
      )
    ),
  ];
  return composeFigure({
    title,
    subtitle,
    body: stacked([...lines, heatLegend("no attention", "the peak of the first map, and more")], 4),
    notes: ["Grad-CAM maps, each divided by its 2-norm as in L_{AD}; one color scale an image."],
    description: `Attention maps over images. ` +
      rows.map(({ name, maps }) =>
        `${name}: ${
          maps.map(({ map, caption }, i) => `${images[i].label} (${isDark(map) ? "all zero" : caption})`)
            .join(", ")
        }.`
      ).join(" "),
  });
}
