/**
 * The drawings of iEmoji-100: rendered by sharp from the artists' npm packages, once, and kept in a file.
 *
 * `icons.json` (up to 104 MB) is read as a file and released again, which an imported module could not be.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { readFileIfThere, withFileErrors, writeFileWhole } from "../../files.ts";
import { type Dataset, someOfEachClass } from "../image_set.ts";
import { IEMOJI_ARTISTS } from "./artists.ts";
import { IEMOJI_CLASSES } from "./classes.ts";
import { DRAWING_SIDE, iemojiDataset } from "./iemoji.ts";

const DRAWING_COUNT = IEMOJI_CLASSES.length * IEMOJI_ARTISTS.length;
const PIXEL_BYTES = DRAWING_COUNT * DRAWING_SIDE * DRAWING_SIDE * 4;

/** Each artist's drawings. The names are written out because only such names are rewritten in a package. */
const ICONS: Readonly<Record<string, string>> = {
  "noto": import.meta.resolve("@iconify-json/noto/icons.json"),
  "noto-v1": import.meta.resolve("@iconify-json/noto-v1/icons.json"),
  "openmoji": import.meta.resolve("@iconify-json/openmoji/icons.json"),
  "emojione-v1": import.meta.resolve("@iconify-json/emojione-v1/icons.json"),
  "fluent-emoji": import.meta.resolve("@iconify-json/fluent-emoji/icons.json"),
  "fluent-emoji-flat": import.meta.resolve("@iconify-json/fluent-emoji-flat/icons.json"),
  "twemoji": import.meta.resolve("@iconify-json/twemoji/icons.json"),
  "emojione": import.meta.resolve("@iconify-json/emojione/icons.json"),
};

/** Increase this when rendering changes. */
const RENDERING = 1;

/** What the drawings depend on. */
const RECIPE: string = createHash("sha256").update(JSON.stringify([
  RENDERING,
  DRAWING_SIDE,
  IEMOJI_ARTISTS.map(({ name, version }) => `${name} ${version}`),
  IEMOJI_CLASSES,
])).digest("hex").slice(0, 16);

/**
 * The folder of the rendered drawings, such as `data/iemoji-100`, and a callback for the number that are
 * rendered.
 */
interface Place {
  directory: string;
  onProgress?: (done: number, total: number) => void;
}

interface LoadOptions extends Place {
  /** Height and width of the images, 16 to 64 pixels; 32 by default. */
  size?: number;
  /**
   * For tuning: take the artist `noto` out of training and validate on those drawings. Without it, validation
   * images are further draws of the training drawings.
   */
  holdOut?: boolean;
  /**
   * At most so many training images of each class, and as many of each for the test, drawn by `seed`.
   * Default: all.
   */
  imagesPerClass?: number;
  /** Decides which images of each class are drawn; 0 by default. */
  seed?: number;
}

/** Opens iEmoji-100. The first time the drawings are rendered, which takes about two seconds. */
export async function loadIEmoji(
  { size = 32, holdOut = false, imagesPerClass = Infinity, seed = 0, ...where }: LoadOptions,
): Promise<Dataset> {
  const dataset = iemojiDataset(await prepareIEmoji(where), { size, holdOut, digest: RECIPE });
  return {
    ...dataset,
    open: (split, classIds, options) =>
      someOfEachClass(dataset.open(split, classIds, options), imagesPerClass, seed),
  };
}

/**
 * Renders the drawings of iEmoji-100 unless that has been done. They are kept as `drawings-RECIPE.bin`: other
 * versions of the packages, or other classes, give another file.
 * @returns (artists, classes, 64, 64, 4) bytes: RGBA with the colors multiplied by alpha; the same bytes
 * every time
 */
export async function prepareIEmoji({ directory, onProgress }: Place): Promise<Uint8Array> {
  const path = join(directory, `drawings-${RECIPE}.bin`);
  const kept = await readFileIfThere(path);
  const pixels = kept?.subarray(0, PIXEL_BYTES);
  if (kept?.length === PIXEL_BYTES + 4 && checksum(pixels!).every((byte, i) => byte === kept.at(i - 4))) {
    onProgress?.(DRAWING_COUNT, DRAWING_COUNT);
    return pixels!;
  }
  const make = () => Deno.mkdirSync(directory, { recursive: true });
  withFileErrors(directory, "make the folder", make); // before the work, which would be lost
  const drawings = await renderDrawings(onProgress);
  await writeFileWhole(path, Buffer.concat([drawings, checksum(drawings)]));
  return drawings;
}

/** The last bytes of the file: CRC-32 of the others. */
function checksum(pixels: Uint8Array): Uint8Array {
  return new Uint8Array(Uint32Array.of(crc32(pixels)).buffer);
}

/**
 * The part of the Iconify JSON format that is used here: https://iconify.design/docs/types/iconify-json.html
 */
interface IconSet {
  width?: number;
  height?: number;
  /** SVG elements and their view box. */
  icons: Record<string, { body: string; left?: number; top?: number; width?: number; height?: number }>;
  aliases?: Record<string, { parent: string }>;
}

async function renderDrawings(
  onProgress?: (done: number, total: number) => void,
): Promise<Uint8Array> {
  const drawingBytes = DRAWING_SIDE * DRAWING_SIDE * 4;
  const all = new Uint8Array(DRAWING_COUNT * drawingBytes);
  let done = 0;
  for (const [a, artist] of IEMOJI_ARTISTS.entries()) {
    // One set at a time: the largest is 104 MB of text.
    const set: IconSet = JSON.parse(await Deno.readTextFile(new URL(ICONS[artist.name])));
    await Promise.all(IEMOJI_CLASSES.map(async (className, c) => {
      const pixels = await rasterize(drawingAsSvg(set, className));
      all.set(pixels, (a * IEMOJI_CLASSES.length + c) * drawingBytes);
      onProgress?.(++done, DRAWING_COUNT);
    }));
  }
  return all;
}

/** Finds an icon or an alias in a set, as a complete SVG document. */
function drawingAsSvg(set: IconSet, name: string): string {
  const icon = set.icons[name];
  if (icon === undefined) {
    const parent = set.aliases?.[name]?.parent;
    if (parent === undefined) throw new Error(`the icon set has no drawing named ${name}`);
    return drawingAsSvg(set, parent);
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
