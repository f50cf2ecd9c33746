/**
 * An attention map over the image that it belongs to, and the scale of its colors.
 * @module
 */
import type { Picture } from "../../data/image_set.ts";
import { resizeMap } from "../../resize_map.ts";
import { FAINT, HEAT_COLORS, heatColor, INK, MUTED } from "./colors.ts";
import { pngDataUri } from "./png.ts";
import {
  BODY_WIDTH,
  type Drawing,
  element,
  moved,
  plainText,
  shorten,
  stacked,
  text,
  textWidth,
} from "./svg.ts";

/** An image and what is in it. */
export interface LabeledPicture {
  /** As the model saw it, without normalization. */
  readonly image: Picture;
  /** Name of its class. */
  readonly label: string;
}

/** A square attention map, as Grad-CAM gives it: nowhere negative. */
export interface AttentionMap {
  /** Height and width in cells, such as 8 for a ResNet on 32×32 pixels. */
  readonly size: number;
  /** (size, size) numbers, row by row. */
  readonly values: ArrayLike<number>;
}

/** Pictures are drawn with at least this many pixels a side, so that a coarse map becomes a smooth overlay. */
const SMALLEST_SIDE = 64;

/** A map divided by its 2-norm, Q/‖Q‖₂: what L_AD compares. An all-zero map stays all zero. */
export function unitMap(map: AttentionMap): AttentionMap {
  const values = Array.from(map.values);
  const norm = Math.hypot(...values);
  return { size: map.size, values: norm === 0 ? values : values.map((value) => value / norm) };
}

/** Whether a map is all zero. Nothing in the image speaks for the class then, so the map has not moved: it is gone. */
export function isDark(map: AttentionMap): boolean {
  return Array.from(map.values).every((value) => value === 0);
}

/** The largest value of several maps: the `max` that makes their colors comparable. */
export function largestValue(maps: readonly AttentionMap[]): number {
  return Math.max(...maps.map((map) => Math.max(...Array.from(map.values))));
}

/** The image as a square of `side` pixels in a figure. */
export function drawImage(image: Picture, side: number, label: string): Drawing {
  return picture(enlargeImage(image), side, label);
}

/** The map over the image as a square of `side` pixels in a figure; see {@linkcode overlay}. */
export function drawOverlay(
  image: Picture,
  map: AttentionMap,
  side: number,
  label: string,
  max: number,
): Drawing {
  return picture(overlay(image, map, max), side, label);
}

/**
 * Blends an attention map into its image: the image keeps its shapes in gray, and the color is the attention's.
 *
 * @param image enlarged where it is small
 * @param max the value drawn in the last color; larger ones are drawn in it, too, and 0 makes the whole map dark
 * @throws {RangeError} if the image or the map has the wrong number of values
 */
export function overlay(image: Picture, map: AttentionMap, max: number): Picture {
  expectLength("an attention map", map.values.length, map.size ** 2, `${map.size} × ${map.size}`);
  const { size, rgb } = enlargeImage(image);
  const attention = resizeMap(map.values, [map.size, map.size], [size, size]);
  const blended = new Uint8Array(rgb.length);
  for (let pixel = 0; pixel < size * size; pixel++) {
    const strength = max > 0 ? Math.min(1, Math.max(0, attention[pixel] / max)) : 0;
    const color = heatColor(strength);
    const [r, g, b] = rgb.subarray(pixel * 3, pixel * 3 + 3);
    const gray = 0.299 * r + 0.587 * g + 0.114 * b; // luma of ITU-R BT.601
    const cover = 0.45 + 0.3 * strength;
    for (let channel = 0; channel < 3; channel++) {
      const faded = 0.85 * gray + 0.15 * rgb[pixel * 3 + channel];
      blended[pixel * 3 + channel] = Math.round(faded * (1 - cover) + color[channel] * cover);
    }
  }
  return { size, rgb: blended };
}

function picture(image: Picture, side: number, label: string): Drawing {
  const frame = element("rect", {
    x: 0.5,
    y: 0.5,
    width: side - 1,
    height: side - 1,
    fill: "none",
    stroke: FAINT,
  });
  const svg = element("image", {
    width: side,
    height: side,
    href: pngDataUri(image.rgb, image.size, image.size),
    "aria-label": plainText(label),
  });
  return { svg: svg + frame, width: side, height: side };
}

/** Enlarges a small picture by a whole factor, so that a coarse map over it becomes smooth. */
export function enlargeImage({ size, rgb }: Picture): Picture {
  expectLength("an image", rgb.length, size * size * 3, `${size} × ${size} × 3`);
  const large = size * Math.ceil(SMALLEST_SIDE / size);
  const channels = [0, 1, 2].map((channel) =>
    resizeMap(rgb.filter((_, i) => i % 3 === channel), [size, size], [large, large])
  );
  const pixels = Uint8Array.from({ length: large * large * 3 }, (_, i) => channels[i % 3][Math.floor(i / 3)]);
  return { size: large, rgb: pixels };
}

function expectLength(what: string, found: number, expected: number, shape: string) {
  if (found !== expected) {
    throw new RangeError(`Expected ${shape} = ${expected} values of ${what} but found ${found}.`);
  }
}

/** The colors from 0 to 1 in one line, with what the two ends stand for. */
export function heatLegend(low: string, high: string): Drawing {
  const width = 120;
  const left = textWidth(low, 11) + 10;
  const ramp = element("image", {
    x: left,
    y: 3,
    width,
    height: 12,
    preserveAspectRatio: "none",
    href: pngDataUri(HEAT_COLORS, HEAT_COLORS.length / 3, 1),
    "aria-label": "color scale",
  });
  const style = { size: 11, color: MUTED };
  return {
    svg: text(0, 13, low, style) + ramp +
      text(left + width + 8, 13, high, style),
    width: left + width + 8 + textWidth(high, 11),
    height: 20,
  };
}

/** One cell of a {@linkcode pictureGrid}. */
export interface GridCell {
  /** Draws the picture at a height and a width; the cell has words alone where it is absent. */
  readonly picture?: (side: number, width: number) => Drawing;
  /** How many columns the cell takes; default 1. */
  readonly columns?: number;
  readonly caption: string;
  readonly color?: string;
  readonly bold?: boolean;
}

/** One row of a {@linkcode pictureGrid}. */
export interface GridRow {
  readonly name: string;
  readonly color?: string;
  /** At the left, beside the captions. */
  readonly note?: string;
  readonly cells: readonly GridCell[];
}

/** Between the columns. */
export const GRID_GAP = 8;
const LARGEST_SIDE = 116;

/** Rows of pictures with captions, as large as fit between the margins. */
export function pictureGrid(rows: readonly GridRow[], labelWidth: number): Drawing {
  const columnsOf = (cells: readonly GridCell[]) => cells.reduce((sum, { columns = 1 }) => sum + columns, 0);
  const columns = Math.max(...rows.map(({ cells }) => columnsOf(cells)));
  const side = Math.min(LARGEST_SIDE, Math.floor((BODY_WIDTH - labelWidth + GRID_GAP) / columns) - GRID_GAP);
  const widthOf = (columns: number) => columns * (side + GRID_GAP) - GRID_GAP;
  const lines = rows.map(({ name, color, note = "", cells }): Drawing => {
    const top = cells.some(({ picture }) => picture !== undefined) ? side : 0;
    const pieces = cells.map(({ picture, caption, color = INK, bold, columns = 1 }, i) => {
      const width = widthOf(columns);
      const words = shorten(caption, width + GRID_GAP - 2, 11);
      return moved(
        labelWidth + columnsOf(cells.slice(0, i)) * (side + GRID_GAP),
        0,
        picture === undefined ? "" : picture(side, width).svg,
        text(width / 2, top + 13, words, { anchor: "middle", size: 11, color, bold }),
      );
    });
    return {
      svg: text(0, top === 0 ? 13 : top / 2 + 4, name, { bold: true, color }) +
        text(0, top + 13, note, { size: 10, color: MUTED }) + pieces.join(""),
      width: labelWidth + widthOf(columns),
      height: top + 18,
    };
  });
  return stacked(lines, 3);
}
