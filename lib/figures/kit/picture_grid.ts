/**
 * Pictures and attention maps as pieces of a figure, and the scale of their colors.
 * @module
 */
import { Buffer } from "node:buffer";
// @ts-types="npm:@types/pngjs@6.0.5"
import { PNG } from "pngjs";
import type { Picture } from "../../data/image_set.ts";
import { type AttentionMap, enlargeImage, HEAT_COLORS, overlay, unitMap } from "./overlay.ts";
import {
  BODY_WIDTH,
  element,
  moved,
  PALETTE,
  type Piece,
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

/** The image as a square of `side` pixels in a figure. */
export function drawImage(image: Picture, side: number, label: string): Piece {
  return picture(enlargeImage(image), side, label);
}

/** The unit map over the image as a square of `side` pixels in a figure; see {@linkcode overlay}. */
export function drawOverlay(image: Picture, map: AttentionMap, side: number, label: string, max: number) {
  return picture(overlay(image, unitMap(map), max), side, label);
}

function picture(image: Picture, side: number, label: string): Piece {
  const frame = element("rect", {
    x: 0.5,
    y: 0.5,
    width: side - 1,
    height: side - 1,
    fill: "none",
    stroke: PALETTE.faint,
  });
  const svg = element("image", {
    width: side,
    height: side,
    href: pngDataUri(image.rgb, image.size, image.size),
    "aria-label": plainText(label),
  });
  return { svg: svg + frame, width: side, height: side };
}

/**
 * The object's contour over a picture, white on a dark line so that it is seen on any color.
 * @param mask row by row from 0 to 1; more than a half is the object
 */
export function contour(mask: AttentionMap, side: number): string {
  const { size, values } = mask;
  const isObject = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < size && y < size && values[y * size + x] > 0.5;
  const edges: string[] = [];
  for (let y = 0; y <= size; y++) {
    for (let x = 0; x <= size; x++) {
      if (isObject(x, y) !== isObject(x, y - 1)) edges.push(`M${x},${y}h1`);
      if (isObject(x, y) !== isObject(x - 1, y)) edges.push(`M${x},${y}v1`);
    }
  }
  const path = { d: edges.join(""), fill: "none", "stroke-linecap": "square" };
  const lines = [["black", 2.5], ["white", 1]].map(([stroke, width]) =>
    element("path", { ...path, stroke, "stroke-width": Number(width) * size / side })
  );
  return `<g transform="scale(${side / size})">${lines.join("")}</g>`;
}

/** The colors from 0 to 1 in one line, with what the two ends stand for. */
export function heatLegend(low: string, high: string): Piece {
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
  const style = { size: 11, color: PALETTE.muted };
  return {
    svg: text(0, 13, low, style) + ramp +
      text(left + width + 8, 13, high, style),
    width: left + width + 8 + textWidth(high, 11),
    height: 20,
  };
}

export interface GridCell {
  /** Draws the picture at a height and a width; the cell has words alone where it is absent. */
  readonly picture?: (side: number, width: number) => Piece;
  /** How many columns the cell takes; default 1. */
  readonly columns?: number;
  /** A row takes no room for captions where no cell has one. */
  readonly caption?: string;
  readonly color?: string;
  readonly bold?: boolean;
}

export interface GridRow {
  readonly name?: string;
  readonly color?: string;
  /** At the left, beside the captions. */
  readonly note?: string;
  readonly cells: readonly GridCell[];
}

export function headingRow(captions: readonly string[], columns: readonly number[] = []): GridRow {
  return { cells: captions.map((caption, i) => ({ caption, bold: true, columns: columns[i] })) };
}

export function imageCell({ image, label }: LabeledPicture, style: Partial<GridCell> = {}): GridCell {
  return { picture: (side) => drawImage(image, side, label), caption: label, ...style };
}

/**
 * @param max see {@linkcode overlay}; the map is divided by its 2-norm before. @param name for readers who
 * cannot see it
 */
export function mapCell(
  image: Picture,
  map: AttentionMap,
  max: number,
  caption: string,
  name: string,
  color?: string,
): GridCell {
  return { picture: (side) => drawOverlay(image, map, side, name, max), caption, color };
}

export const GRID_GAP = 8;
const LARGEST_SIDE = 116;

/** Rows of pictures with captions, as large as fit between the margins. */
export function pictureGrid(rows: readonly GridRow[], labelWidth: number): Piece {
  const columnsOf = (cells: readonly GridCell[]) => cells.reduce((sum, { columns = 1 }) => sum + columns, 0);
  const columns = Math.max(...rows.map(({ cells }) => columnsOf(cells)));
  const side = Math.min(LARGEST_SIDE, Math.floor((BODY_WIDTH - labelWidth + GRID_GAP) / columns) - GRID_GAP);
  const widthOf = (columns: number) => columns * (side + GRID_GAP) - GRID_GAP;
  const lines = rows.map(({ name = "", color, note = "", cells }): Piece => {
    const top = cells.some(({ picture }) => picture !== undefined) ? side : 0;
    const bottom = note !== "" || cells.some(({ caption }) => caption !== undefined) ? 18 : 0;
    const pieces = cells.map(({ picture, caption = "", color = PALETTE.ink, bold, columns = 1 }, i) => {
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
        text(0, top + 13, note, { size: 10, color: PALETTE.muted }) + pieces.join(""),
      width: labelWidth + widthOf(columns),
      height: top + bottom,
    };
  });
  return stacked(lines, 3);
}

const TRUE_COLOR = 2;
/** Differences to Paeth's prediction halve the size of pictures with smooth areas. */
const PAETH = 4;

/**
 * Pixels as a data URI, so that an SVG needs no other file.
 * @param rgb (height, width, 3) bytes
 * @returns a PNG file, 8 bits a channel, without alpha
 */
export function pngDataUri(rgb: ArrayLike<number>, width: number, height: number): string {
  const image = Object.assign(new PNG({ width, height }), { data: Buffer.from(Uint8Array.from(rgb)) });
  const png = PNG.sync.write(image, {
    colorType: TRUE_COLOR,
    inputColorType: TRUE_COLOR,
    inputHasAlpha: false,
    filterType: PAETH,
    deflateLevel: 9,
    deflateStrategy: 0,
  });
  return `data:image/png;base64,${png.toString("base64")}`;
}
