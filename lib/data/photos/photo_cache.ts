/**
 * Decoded photos in one file, so that no photo is decoded twice and a data set need not fit into memory.
 *
 *     offset 0    "LWMPHOTO"                      8 bytes
 *            8    format version                  uint32, little endian, like all that follow
 *           12    bytes of one image              uint32 = 3·size²
 *           16    number of images                uint32
 *           20    bytes of the index              uint32
 *           24    SHA-256 of bytes 0 … 23 and the index
 *           64    the images, (size, size, 3) bytes each, ordered by class, then by name
 *                 the index, JSON (see {@linkcode PhotoIndex}); it holds a CRC-32 of each image
 *
 * The file is written under another name and renamed when it is complete.
 * @module
 */

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { UserError } from "../../user_error.ts";
import { type Box, DamagedPhotoError, type DecodedPhoto } from "./decode.ts";
import { explainFileError, writeFileWhole } from "../../files.ts";
import type { PhotoSource } from "./photo_source.ts";

/** Raise this when decoding or the file's format changes: older caches are then made anew. */
const VERSION = 1;
const MAGIC = "LWMPHOTO";
const HEADER_BYTES = 64;
/** How many photos are decoded at the same time; more did not help on two cores. */
const IN_FLIGHT = 6;

/** What is known of one image in a cache. */
export interface CachedPhoto {
  /** As in the source. */
  readonly name: string;
  /** As in the source. */
  readonly classId: number;
  /** As in the source. */
  readonly split?: "train" | "test";
  /** The object, in pixels of the square image. */
  readonly box?: Box;
  /** CRC-32 of the image's bytes. */
  readonly crc: number;
  /** Sum of each channel over the image. */
  readonly sum: readonly [number, number, number];
  /** Sum of the squares of each channel. */
  readonly squares: readonly [number, number, number];
}

/** A photo that could not be decoded, and why. */
export interface SkippedPhoto {
  /** As in the source. */
  readonly name: string;
  /** The whole message that would have been the error. */
  readonly reason: string;
}

/** What a cache file knows besides the pixels. */
export interface PhotoIndex {
  /** Height and width in pixels. */
  readonly imageSize: number;
  /** That of the source when the cache was made. */
  readonly fingerprint: string;
  /** The images in the order of the file. */
  readonly photos: readonly CachedPhoto[];
  /** What was left out. */
  readonly skipped: readonly SkippedPhoto[];
}

/** Options for {@linkcode writePhotoCache}. */
export interface WriteCacheOptions {
  /** Height and width of the images in pixels. */
  imageSize: number;
  /** Leave out photos that are damaged instead of throwing. A photo that cannot be read is not damaged. */
  skipBroken?: boolean;
  /** Called after each photo. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Decodes all photos of a source into a cache file. Holds a few photos in memory at a time.
 *
 * @throws {UserError} if a photo is damaged (unless `skipBroken`), a photo cannot be read, or the file cannot be written
 */
export async function writePhotoCache(
  path: string,
  source: PhotoSource,
  { imageSize, skipBroken = false, onProgress }: WriteCacheOptions,
): Promise<void> {
  await writeFileWhole(path, async (file) => {
    writeIndex(file, await writeImages(file, source, imageSize, skipBroken, onProgress));
  }, "write the image cache");
}

async function writeImages(
  file: Deno.FsFile,
  source: PhotoSource,
  imageSize: number,
  skipBroken: boolean,
  onProgress?: (done: number, total: number) => void,
): Promise<PhotoIndex> {
  const photos: CachedPhoto[] = [];
  const skipped: SkippedPhoto[] = [];
  const total = source.photos.length;
  // Several photos are decoded at once, but written in order.
  const inFlight: Promise<DecodedPhoto | Error>[] = [];
  file.seekSync(HEADER_BYTES, Deno.SeekMode.Start);
  for (let next = 0, done = 0; done < total; done++) {
    while (next < total && inFlight.length < IN_FLIGHT) {
      inFlight.push(source.decode(next++, imageSize).catch((error: Error) => error));
    }
    const decoded = await inFlight.shift()!;
    const photo = source.photos[done];
    if (decoded instanceof Error) {
      if (!skipBroken || !(decoded instanceof DamagedPhotoError)) throw decoded;
      skipped.push({ name: photo.name, reason: decoded.message });
    } else {
      writeAll(file, decoded.pixels);
      photos.push({
        name: photo.name,
        classId: photo.classId,
        split: photo.split,
        box: decoded.box,
        crc: crc32(decoded.pixels),
        ...channelSums(decoded.pixels),
      });
    }
    onProgress?.(done + 1, total);
  }
  return { imageSize, fingerprint: source.fingerprint, photos, skipped };
}

function writeIndex(file: Deno.FsFile, index: PhotoIndex): void {
  const text = new TextEncoder().encode(JSON.stringify(index));
  writeAll(file, text);
  const header = new Uint8Array(HEADER_BYTES);
  header.set(new TextEncoder().encode(MAGIC));
  const fields = new DataView(header.buffer);
  fields.setUint32(8, VERSION, true);
  fields.setUint32(12, 3 * index.imageSize ** 2, true);
  fields.setUint32(16, index.photos.length, true);
  fields.setUint32(20, text.length, true);
  header.set(digest(header, text), 24);
  file.seekSync(0, Deno.SeekMode.Start);
  writeAll(file, header);
}

/**
 * Reads and checks a cache's header and index; the images are checked when they are read.
 *
 * @returns undefined if there is no such file, it is of another version, or it is damaged: it has to be made (anew)
 */
export function readPhotoIndex(path: string): PhotoIndex | undefined {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw explainFileError(error, path, "read the image cache");
  }
  using opened = file;
  const fileBytes = opened.statSync().size;
  const header = new Uint8Array(HEADER_BYTES);
  if (fileBytes < HEADER_BYTES || !readAll(opened, header)) return undefined;
  const fields = new DataView(header.buffer);
  if (new TextDecoder().decode(header.subarray(0, 8)) !== MAGIC || fields.getUint32(8, true) !== VERSION) {
    return undefined;
  }
  const imagesBytes = fields.getUint32(12, true) * fields.getUint32(16, true);
  const indexBytes = fields.getUint32(20, true);
  if (fileBytes !== HEADER_BYTES + imagesBytes + indexBytes) return undefined;
  const text = new Uint8Array(indexBytes);
  opened.seekSync(HEADER_BYTES + imagesBytes, Deno.SeekMode.Start);
  if (!readAll(opened, text)) return undefined;
  const expected = digest(header, text);
  if (!expected.every((byte, i) => byte === header[24 + i])) return undefined;
  return JSON.parse(new TextDecoder().decode(text));
}

/**
 * Reads images of a cache one after the other.
 *
 * @param path the cache file that `index` was read from
 * @param images positions in `index.photos`
 * @param target room for all of them, (images.length, size, size, 3) bytes
 * @throws {UserError} if the file is gone, has changed since, or is damaged
 */
export function readCachedImages(
  path: string,
  index: PhotoIndex,
  images: ArrayLike<number>,
  target: Uint8Array,
): void {
  const imageBytes = 3 * index.imageSize ** 2;
  try {
    using file = Deno.openSync(path);
    for (let i = 0; i < images.length; i++) {
      const image = target.subarray(i * imageBytes, (i + 1) * imageBytes);
      file.seekSync(HEADER_BYTES + images[i] * imageBytes, Deno.SeekMode.Start);
      if (!readAll(file, image) || crc32(image) !== index.photos[images[i]].crc) {
        throw new UserError(
          `Expected "${index.photos[images[i]].name}" in the image cache "${path}" but found other bytes; ` +
            `the cache is damaged or another run has replaced it: delete it if this comes again, and start again.`,
        );
      }
    }
  } catch (error) {
    throw explainFileError(error, path, "read the image cache");
  }
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

/** SHA-256 of the header's fields and the index. */
function digest(header: Uint8Array, index: Uint8Array): Uint8Array {
  return createHash("sha256").update(header.subarray(0, 24)).update(index).digest();
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

/** @returns false if the file ends too early */
function readAll(file: Deno.FsFile, target: Uint8Array): boolean {
  for (let read = 0; read < target.length;) {
    const bytes = file.readSync(target.subarray(read));
    if (bytes === null) return false;
    read += bytes;
  }
  return true;
}
