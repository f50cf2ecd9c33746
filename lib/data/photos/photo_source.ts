/**
 * A data set of photos on disk, before decoding: its photos, their classes, and how to decode one. Each data
 * set's module makes a {@linkcode PhotoSource}; the cache is made from it.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../../user_error.ts";
import { type Box, type DecodedPhoto, decodePhoto } from "./decode.ts";
import { explainFileError, withFileErrors } from "../../files.ts";

/** One photo that is not decoded yet. */
export interface Photo {
  /** Path below the data set's folder, with forward slashes, or another unique name. */
  readonly name: string;
  /** Position in {@linkcode PhotoSource.classNames}. */
  readonly classId: number;
  /** Absent where the data set has no split of its own. */
  readonly split?: "train" | "test";
  /** The object, in pixels of the photo. */
  readonly box?: Box;
  /** Changes when the photo or its box may have changed: size and date of the file. */
  readonly stamp: string;
}

/** A photo as a data set's index knows it. */
export type PhotoFile = Omit<Photo, "stamp">;

/** A data set on the disk. */
export interface PhotoSource {
  readonly name: string;
  readonly classNames: readonly string[];
  /** Ordered by class, then by name. */
  readonly photos: readonly Photo[];
  /**
   * Decodes one photo, given by its position in `photos`, to (size, size) pixels.
   * @throws {DamagedPhotoError} if the photo is damaged: names the file
   * @throws {UserError} if the file cannot be read
   */
  decode(photo: number, size: number): Promise<DecodedPhoto>;
}

/** Which classes of a data set to use. */
export interface ClassChoice {
  /** Their names, or all. Default: see each data set's module. */
  classes?: readonly string[] | "all";
  /** Decides which classes are drawn where a data set has more than are used. */
  seed: number;
}

/** Makes a source of photos that are files below `root`. Reads no photo, only its size and date. */
export function photoFiles(
  name: string,
  root: string,
  classNames: readonly string[],
  photos: readonly PhotoFile[],
): PhotoSource {
  const sorted = photos.toSorted((a, b) => a.classId - b.classId || compareNames(a.name, b.name))
    .map((photo): Photo => ({ ...photo, stamp: stampOf(join(root, photo.name), photo.box) }));
  return {
    name,
    classNames,
    photos: sorted,
    async decode(index, size) {
      const { name, box } = sorted[index];
      const path = join(root, name);
      const bytes = await Deno.readFile(path).catch((error) => {
        throw explainFileError(error, path, "read the photo");
      });
      return await decodePhoto(bytes, size, path, box);
    },
  };
}

/** Picks the wanted classes, all by default, keeping the order of the data set. */
export function chooseClasses(
  all: readonly string[],
  { classes: wanted = "all" }: Pick<ClassChoice, "classes">,
  where: string,
): string[] {
  if (wanted === "all") return [...all];
  const missing = wanted.filter((name) => !all.includes(name));
  if (wanted.length === 0 || missing.length > 0) {
    const found = missing.slice(0, 5).map((name) => `"${name}"`).join(", ") || "an empty list";
    throw new UserError(
      `Expected names of classes in "${where}" but found ${found}; its classes are ${
        all.slice(0, 5).join(", ")
      }${all.length > 5 ? ", …" : ""}.`,
    );
  }
  return all.filter((name) => wanted.includes(name));
}

/** Refuses a name that is in one of two places only, which must have the same. */
export function requireSame(
  what: string,
  one: { where: string; names: Iterable<string> },
  other: { where: string; names: Iterable<string> },
  remedy: string,
): void {
  const [a, b] = [one, other].map(({ names }) => new Set(names));
  const [alone] = a.symmetricDifference(b);
  if (alone === undefined) return;
  throw new UserError(
    `Expected the same ${what} in "${one.where}" and "${other.where}" but found "${alone}" only in ` +
      `"${(a.has(alone) ? one : other).where}"; ${remedy}.`,
  );
}

/** Lists a folder. Names that begin with a dot are left out, and what macOS puts into archives. */
export function listFolder(path: string): { folders: string[]; files: string[] } {
  const folders: string[] = [];
  const files: string[] = [];
  withFileErrors(path, "list the folder", () => {
    for (const entry of Deno.readDirSync(path)) {
      if (entry.name.startsWith(".") || entry.name === "__MACOSX") continue;
      const target = join(path, entry.name);
      const { isDirectory } = entry.isSymlink
        ? withFileErrors(target, "follow the link", () => Deno.statSync(target))
        : entry;
      (isDirectory ? folders : files).push(entry.name);
    }
  });
  return { folders: folders.sort(compareNames), files: files.sort(compareNames) };
}

export function isImageName(name: string): boolean {
  return /\.(jpe?g|png|webp)$/i.test(name);
}

/** PATH/NAME, as an archive is unpacked, or PATH itself where there is no such folder. */
export function innerFolder(path: string, name: string): string {
  const inner = join(path, name);
  return isFolder(inner) ? inner : path;
}

export function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** The lines of a text, without empty ones at its end. */
export function linesOf(text: string): string[] {
  return text.trimEnd().split(/\r?\n/).map((line) => line.trimEnd());
}

/** A list that comes with a data set: one photo a line. */
export interface PhotoList {
  /** Its first group is the photo, the others are what the list says of it. */
  readonly line: RegExp;
  /** Such a line. */
  readonly example: string;
  /** What to do where the list is damaged. */
  readonly remedy: string;
  /** A first line that is no photo. */
  readonly header?: string;
}

/** Reads a list. @returns by photo what it says. @throws {UserError} that names the first wrong line */
export function readList(
  path: string,
  { line, example, remedy, header }: PhotoList,
): Map<string, string[]> {
  const text = withFileErrors(path, "read the list of photos", () => Deno.readTextFileSync(path));
  const photos = new Map<string, string[]>();
  for (const [i, found] of linesOf(text).entries()) {
    if (i === 0 && found === header) continue;
    const [, photo, ...values] = line.exec(found) ?? [];
    if (photo === undefined || photos.has(photo)) {
      throw new UserError(
        `Expected a photo that was not listed before, such as "${example}", in line ${i + 1} of "${path}" ` +
          `but found "${found.slice(0, 80)}"; ${remedy}.`,
      );
    }
    photos.set(photo, values);
  }
  return photos;
}

/** Reads bytes at a position of a file until `target` is full. @returns false if the file ends too early */
export function readAt(path: string, position: number, target: Uint8Array): boolean {
  using file = Deno.openSync(path);
  file.seekSync(position, Deno.SeekMode.Start);
  for (let read = 0; read < target.length;) {
    const bytes = file.readSync(target.subarray(read));
    if (bytes === null) return false;
    read += bytes;
  }
  return true;
}

/** The names of the images in a class's folder. */
export function listImages(path: string): string[] {
  const { files, folders } = listFolder(path);
  const images = files.filter(isImageName);
  const other = files.find((name) => OTHER_IMAGES.test(name));
  if (other !== undefined) {
    throw new UserError(
      `Expected images as .jpg, .png or .webp in the class folder "${path}" but found "${other}"; convert such files, ` +
        `or move them elsewhere.`,
    );
  }
  if (images.length > 0) return images;
  const found = folders.length > 0
    ? `folders such as "${folders[0]}"`
    : files.length > 0
    ? `other files, such as "${files[0]}"`
    : "an empty folder";
  throw new UserError(
    `Expected images (.jpg, .png or .webp) in the class folder "${path}" but found ${found}; ` +
      `put images there, delete the folder, or choose the folder that holds the class folders.`,
  );
}

/** Images that other programs read from such folders; leaving them out silently would change the data set. */
const OTHER_IMAGES = /\.(avif|bmp|gif|hei[cf]|jfif|jpe|jxl|pgm|ppm|tiff?)$/i;

/** By code units, so that the order does not depend on the machine's language. */
function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Size and date of a file: they show a change without reading it. */
export function stampOf(path: string, box?: Box): string {
  const { size, mtime } = withFileErrors(path, "read the photo", () => Deno.statSync(path));
  return JSON.stringify([size, mtime?.getTime(), ...(box ? [box] : [])]);
}
