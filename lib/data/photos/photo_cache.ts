/**
 * Decoded photos on the disk, so no photo is decoded twice and a data set need not fit into memory.
 *
 *     NAME.pixels   the images, (size, size, 3) bytes each, in the order in which they were decoded
 *     NAME.index    a line for each: the CRC-32 of what follows, and a {@linkcode CachedPhoto} as JSON
 *
 * A line is written after its pixels, so decoding that was stopped at any moment is resumed where it stopped.
 * A photo whose file has another size or date is decoded again, into its old place; a later line of the same
 * name replaces an earlier one.
 * @module
 */
import { existsSync } from "node:fs";
import { crc32 } from "node:zlib";
import { explainFileError, FileLock, withFileErrors, writeAll } from "../../files.ts";
import { UserError } from "../../user_error.ts";
import { DamagedPhotoError, type DecodedPhoto } from "./decode.ts";
import { type Photo, type PhotoSource, readAt } from "./photo_source.ts";

/** How many photos are decoded at the same time; more did not help on two cores. */
const IN_FLIGHT = 6;
/** How many damaged photos a message names. */
const NAMED = 20;

/**
 * What is known of a decoded photo: name and stamp as in the source, the object in pixels of the square
 * image.
 */
export interface CachedPhoto extends Pick<Photo, "name" | "stamp" | "box"> {
  readonly slot: number;
  readonly crc: number;
  /** Sum of each channel over the image, and of its squares. */
  readonly sum: readonly [number, number, number];
  readonly squares: readonly [number, number, number];
}

/** Options for {@linkcode cachePhotos}. */
export interface CachePhotosOptions {
  /** Height and width of the images in pixels. */
  imageSize: number;
  /**
   * Leave out photos that are damaged, and say which, instead of throwing. A photo that cannot be read is not
   * damaged. Default false.
   */
  skipBroken?: boolean;
  /** False decodes none: images that are not in the cache can be counted and not read. Default true. */
  decode?: boolean;
  /** Called after each photo; never if all are in the cache. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Decodes the photos that are not in the cache yet. Holds a few photos in memory at a time. Of several
 * processes one decodes; the others wait and report its progress.
 * @param path of the cache, without ending; one for each folder of photos and image size
 * @param chosen positions in `source.photos`
 * @returns the chosen photos in their order, and those that are skipped with the reason
 * @throws {UserError} that names all photos that are damaged, unless `skipBroken`
 */
export async function cachePhotos(
  path: string,
  source: PhotoSource,
  chosen: readonly number[],
  { imageSize, skipBroken = false, decode = true, onProgress }: CachePhotosOptions,
): Promise<{ photos: Map<number, CachedPhoto>; skipped: Map<number, DamagedPhotoError> }> {
  const damaged = new Map<number, DamagedPhotoError>();
  let known = readIndex(path, imageSize);
  const isMissing = (i: number) => known.get(source.photos[i].name)?.stamp !== source.photos[i].stamp;
  if (decode && chosen.some(isMissing)) {
    try {
      using _lock = await FileLock.wait(`${path}.lock`, () => {
        known = readIndex(path, imageSize);
        onProgress?.(chosen.length - chosen.filter(isMissing).length, chosen.length);
      });
      known = readIndex(path, imageSize);
      const missing = chosen.filter(isMissing);
      let done = chosen.length - missing.length;
      using writer = new CacheWriter(path, known);
      for await (const [photo, decoded] of decodeInOrder(source, missing, imageSize)) {
        if (decoded instanceof DamagedPhotoError) damaged.set(photo, decoded);
        else writer.add(source.photos[photo], decoded);
        onProgress?.(++done, chosen.length);
      }
    } catch (error) {
      throw explainFileError(error, path, "write the image cache");
    }
  }
  if (damaged.size > 0 && !skipBroken) throw allDamaged([...damaged.values()]);
  const decoded = chosen.filter((i) => !isMissing(i));
  return { photos: new Map(decoded.map((i) => [i, known.get(source.photos[i].name)!])), skipped: damaged };
}

/** Several photos are decoded at once, but given back in order. */
async function* decodeInOrder(
  source: PhotoSource,
  photos: readonly number[],
  imageSize: number,
): AsyncGenerator<[photo: number, decoded: DecodedPhoto | DamagedPhotoError]> {
  for (let i = 0; i < photos.length; i += IN_FLIGHT) {
    const group = photos.slice(i, i + IN_FLIGHT);
    const decoded = await Promise.all(
      group.map((photo) => source.decode(photo, imageSize).catch((error: Error) => error)),
    );
    for (const [n, found] of decoded.entries()) {
      if (found instanceof Error && !(found instanceof DamagedPhotoError)) throw found;
      yield [group[n], found];
    }
  }
}

function allDamaged(errors: DamagedPhotoError[]): UserError {
  const names = errors.slice(0, NAMED).map(({ path, found }) => `"${path}" (${found})`).join(", ");
  const more = errors.length > NAMED ? `, and ${errors.length - NAMED} more` : "";
  return new UserError(
    `Expected whole JPEG, PNG or WebP images but found ${errors.length} damaged: ${names}${more}; replace such files, ` +
      `delete them, or pass --skipBroken to leave them out.`,
  );
}

class CacheWriter implements Disposable {
  readonly #pixels: Deno.FsFile;
  readonly #index: Deno.FsFile;
  #nextSlot: number;

  constructor(path: string, readonly known: Map<string, CachedPhoto>) {
    // Lines of pixels that are gone go, too.
    if (known.size === 0) Deno.writeTextFileSync(`${path}.index`, "");
    this.#index = Deno.openSync(`${path}.index`, { append: true });
    this.#pixels = Deno.openSync(`${path}.pixels`, { create: true, write: true });
    this.#nextSlot = slotsOf(known);
  }

  add({ name, stamp }: Photo, { pixels, box }: DecodedPhoto): void {
    const slot = this.known.get(name)?.slot ?? this.#nextSlot++;
    this.#pixels.seekSync(slot * pixels.length, Deno.SeekMode.Start);
    writeAll(this.#pixels, pixels);
    const photo = { name, stamp, slot, crc: crc32(pixels), ...channelSums(pixels), ...(box && { box }) };
    this.known.set(name, photo);
    const json = JSON.stringify(photo);
    // The line before may have been cut off.
    writeAll(this.#index, new TextEncoder().encode(`\n${crc32(json)} ${json}`));
  }

  [Symbol.dispose](): void {
    this.#pixels.close();
    this.#index.close();
  }
}

/** The last line of each name that is whole; none where pixels were deleted or cut off. */
function readIndex(path: string, imageSize: number): Map<string, CachedPhoto> {
  const photos = new Map<string, CachedPhoto>();
  if (!existsSync(`${path}.index`) || !existsSync(`${path}.pixels`)) return photos;
  const [text, { size }] = withFileErrors(path, "read the image cache", () => [
    Deno.readTextFileSync(`${path}.index`),
    Deno.statSync(`${path}.pixels`),
  ]);
  for (const line of text.split("\n")) {
    const [, crc, json] = /^(\d+) (.*)$/.exec(line) ?? [];
    if (json === undefined || Number(crc) !== crc32(json)) continue;
    const photo: CachedPhoto = JSON.parse(json);
    photos.set(photo.name, photo);
  }
  return slotsOf(photos) * 3 * imageSize ** 2 <= size ? photos : new Map();
}

/** How many slots are in use, those between two others included. */
function slotsOf(photos: ReadonlyMap<string, CachedPhoto>): number {
  return photos.values().reduce((most, { slot }) => Math.max(most, slot + 1), 0);
}

/** Reads an image of a cache into (size, size, 3) bytes, and checks them. */
export function readCachedImage(path: string, { name, slot, crc }: CachedPhoto, target: Uint8Array): void {
  withFileErrors(`${path}.pixels`, "read the image cache", () => {
    if (readAt(`${path}.pixels`, slot * target.length, target) && crc32(target) === crc) return;
    throw new UserError(
      `Expected "${name}" in the image cache "${path}.pixels" but found other bytes: the file is damaged, or ` +
        `the photo has changed since; delete the file, and the photos will be decoded again.`,
    );
  });
}

function channelSums(pixels: Uint8Array): Pick<CachedPhoto, "sum" | "squares"> {
  const sum: [number, number, number] = [0, 0, 0];
  const squares: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < pixels.length; i += 3) {
    for (let c = 0; c < 3; c++) {
      const x = pixels[i + c];
      sum[c] += x;
      squares[c] += x * x;
    }
  }
  return { sum, squares };
}
