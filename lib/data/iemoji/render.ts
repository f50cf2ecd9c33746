import sharp from "sharp";
import { IEMOJI_ARTISTS } from "./artists.ts";
import { IEMOJI_CLASSES } from "./classes.ts";

/** Height and width of a rendered drawing: about two to four times what it has in an image of 32×32. */
export const DRAWING_SIDE = 64;

/** Number of drawings: every class by every artist. */
export const DRAWING_COUNT = IEMOJI_CLASSES.length * IEMOJI_ARTISTS.length;

/** The part of the Iconify JSON format that we need: https://iconify.design/docs/types/iconify-json.html */
export interface IconSet {
  /** Width of its drawings where they do not give their own; 16 if missing. */
  width?: number;
  /** Height of its drawings where they do not give their own; 16 if missing. */
  height?: number;
  /** Drawings by name. */
  icons: Record<string, Icon>;
  /** Other names of drawings. */
  aliases?: Record<string, { parent: string }>;
}

/** One drawing. What is not given is the set's. */
export interface Icon {
  /** SVG elements. */
  body: string;
  /** Left end of the view box, 0 if missing. */
  left?: number;
  /** Top of the view box, 0 if missing. */
  top?: number;
  /** Width of the view box. */
  width?: number;
  /** Height of the view box. */
  height?: number;
}

/**
 * Renders all drawings of iEmoji-100 from the icon sets' npm packages; takes about two seconds.
 *
 * @param onProgress called after each drawing
 * @returns (artists, classes, 64, 64, 4) bytes: RGBA with the colors multiplied by alpha; the same bytes every time
 */
export async function renderDrawings(
  onProgress?: (done: number, total: number) => void,
): Promise<Uint8Array> {
  const drawingBytes = DRAWING_SIDE * DRAWING_SIDE * 4;
  const all = new Uint8Array(DRAWING_COUNT * drawingBytes);
  let done = 0;
  for (const [a, artist] of IEMOJI_ARTISTS.entries()) {
    // One set at a time: the largest is 104 MB of text.
    const set = await readIconSet(artist.name);
    await Promise.all(IEMOJI_CLASSES.map(async (className, c) => {
      const pixels = await rasterize(drawingAsSvg(set, className));
      all.set(pixels, (a * IEMOJI_CLASSES.length + c) * drawingBytes);
      onProgress?.(++done, DRAWING_COUNT);
    }));
  }
  return all;
}

async function readIconSet(name: string): Promise<IconSet> {
  return JSON.parse(
    await Deno.readTextFile(new URL(import.meta.resolve(`@iconify-json/${name}/icons.json`))),
  );
}

/**
 * Finds a drawing in an icon set.
 *
 * @param set an icon set
 * @param name an icon or an alias
 * @returns a complete SVG document
 */
export function drawingAsSvg(set: IconSet, name: string): string {
  let icon = set.icons[name];
  for (let alias = name; !icon;) {
    const parent = set.aliases?.[alias]?.parent;
    if (parent === undefined) throw new Error(`the icon set has no drawing named ${name}`);
    alias = parent;
    icon = set.icons[alias];
  }
  // Iconify: a size that is not given is the set's, and 16 where the set gives none.
  const { left = 0, top = 0, width = set.width ?? 16, height = set.height ?? 16, body } = icon;
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
    `width="${DRAWING_SIDE}" height="${DRAWING_SIDE}" viewBox="${left} ${top} ${width} ${height}">${body}</svg>`;
}

async function rasterize(svg: string): Promise<Uint8Array> {
  const pixels = await sharp(new TextEncoder().encode(svg)).ensureAlpha().raw().toBuffer(); // (64, 64, 4)
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3] / 255;
    for (let c = i; c < i + 3; c++) pixels[c] = Math.round(pixels[c] * alpha);
  }
  return pixels;
}
