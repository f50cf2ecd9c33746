/**
 * The rendered drawings in one file, so that they are rendered once.
 *
 *     line 1   iemoji-100 drawings, version 1, sha256 DIGEST-OF-ALL-THAT-FOLLOWS
 *     line 2   JSON: what the drawings were made from, and the statistics of the training images
 *     bytes    (artists, classes, 64, 64, 4): RGBA, colors multiplied by alpha
 *
 * @module
 */

import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { UserError } from "../../user_error.ts";
import { explainFileError } from "../../file_errors.ts";
import { IEMOJI_ARTISTS } from "./artists.ts";
import { IEMOJI_CLASSES } from "./classes.ts";
import { DRAWING_COUNT, DRAWING_SIDE } from "./render.ts";

/** Raise this when rendering, or what the file holds, changes. */
const VERSION = 1;
const NEWLINE = 10;
const PIXEL_BYTES = DRAWING_COUNT * DRAWING_SIDE * DRAWING_SIDE * 4;
const REMEDY = "run `deno task data iemoji-100` to render the drawings again";

/** What a cache file holds. */
export interface DrawingCache {
  /** Mean of each channel over the training images, between 0 and 1. */
  readonly mean: readonly [number, number, number];
  /** Standard deviation of each channel over the training images. */
  readonly std: readonly [number, number, number];
  /** (artists, classes, 64, 64, 4) bytes: RGBA, colors multiplied by alpha. */
  readonly pixels: Uint8Array;
}

/** What the drawings depend on. */
function recipe() {
  return {
    side: DRAWING_SIDE,
    drawings: DRAWING_COUNT,
    artists: IEMOJI_ARTISTS.map(({ name, version }) => `${name} ${version}`),
    classes: IEMOJI_CLASSES,
  };
}

/**
 * Writes the file under another name and renames it when it is complete.
 *
 * @throws {UserError} if the folder cannot be written to or the disk is full
 */
export async function writeDrawingCache(path: string, { mean, std, pixels }: DrawingCache): Promise<void> {
  const description = encode(JSON.stringify({ ...recipe(), mean, std }) + "\n");
  const firstLine = encode(
    `iemoji-100 drawings, version ${VERSION}, sha256 ${digest(description, pixels)}\n`,
  );
  const partial = `${path}.${Deno.pid}.partial`;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    try {
      await Deno.writeFile(partial, new Blob([firstLine, description, pixels as BlobPart]).stream());
      await Deno.rename(partial, path);
    } catch (error) {
      await Deno.remove(partial).catch(() => {}); // there may be nothing to remove
      throw error;
    }
  } catch (error) {
    throw explainFileError(error, path, "write the drawings of iEmoji-100");
  }
}

/**
 * Reads and checks the file.
 *
 * @returns undefined if there is no such file
 * @throws {UserError} if it is truncated, damaged, of another version, or made from other drawings
 */
export async function readDrawingCache(path: string): Promise<DrawingCache | undefined> {
  let file: Uint8Array;
  try {
    file = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw explainFileError(error, path, "read the drawings of iEmoji-100");
  }
  const complaint = (expected: string, found: string) =>
    new UserError(`Expected ${expected} in "${path}" but found ${found}; ${REMEDY}.`);

  const firstEnd = file.indexOf(NEWLINE);
  const firstLine = new TextDecoder().decode(file.subarray(0, Math.min(firstEnd, 200)));
  const [, version, sha256] = /^iemoji-100 drawings, version (\d+), sha256 (\w+)$/.exec(firstLine) ?? [];
  if (version === undefined) throw complaint("the drawings of iEmoji-100", "another kind of file");
  if (Number(version) !== VERSION) {
    throw complaint(`drawings in version ${VERSION} of the format`, `version ${version}`);
  }
  const pixelsStart = file.indexOf(NEWLINE, firstEnd + 1) + 1;
  if (pixelsStart === 0 || file.length !== pixelsStart + PIXEL_BYTES) {
    throw complaint(`${PIXEL_BYTES} bytes of drawings`, `a file of ${file.length} bytes in all`);
  }
  const description = file.subarray(firstEnd + 1, pixelsStart);
  const pixels = file.subarray(pixelsStart);
  if (digest(description, pixels) !== sha256) {
    throw complaint("the bytes that were once written", "others: the file is damaged");
  }
  const { mean, std, ...found } = JSON.parse(new TextDecoder().decode(description));
  const expected = recipe();
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw complaint(
      `drawings of ${expected.artists.join(", ")}`,
      `${found.artists?.join(", ")} (or other classes)`,
    );
  }
  return { mean, std, pixels };
}

function digest(description: Uint8Array, pixels: Uint8Array): string {
  return createHash("sha256").update(description).update(pixels).digest("hex");
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
