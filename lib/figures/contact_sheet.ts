/**
 * Many small images at a glance.
 * @module
 */
import { MUTED } from "./kit/colors.ts";
import { drawImage, type LabeledPicture } from "./kit/overlay.ts";
import {
  beside,
  BODY_WIDTH,
  composeFigure,
  type Drawing,
  type Figure,
  shorten,
  stacked,
  text,
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

const GAP = 6;
const LARGEST_SIDE = 96;

/** A grid of labeled images. */
export function contactSheet({ title, subtitle, columns, images }: ContactSheet): Figure {
  const side = Math.min(LARGEST_SIDE, Math.floor((BODY_WIDTH + GAP) / columns) - GAP);
  const size = side < 60 ? 8 : 10;
  const caption = images.some(({ label }) => label !== "") ? size + 6 : 0;
  const cells = images.map(({ image, label }): Drawing => ({
    svg: drawImage(image, side, label).svg +
      text(side / 2, side + size + 2, shorten(label, side + GAP - 2, size), {
        anchor: "middle",
        size,
        color: MUTED,
      }),
    width: side,
    height: side + caption,
  }));
  const rows: Drawing[] = [];
  for (let i = 0; i < cells.length; i += columns) rows.push(beside(cells.slice(i, i + columns), GAP));
  return composeFigure({
    title,
    subtitle,
    body: stacked(rows, GAP),
    description: `${images.length} images: ${[...new Set(images.map(({ label }) => label))].join(", ")}.`,
  });
}
