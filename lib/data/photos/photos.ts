/**
 * Opens all data sets of photos: finds the photos, splits them by a seed, decodes them once into a cache, and
 * reads the parts.
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { requirePositive, UserError } from "../../user_error.ts";
import { type Dataset, drawOfEachClass, type Split } from "../image_set.ts";
import { cifarSource } from "./cifar.ts";
import { cubSource } from "./cub.ts";
import { caltechSource, folderSource } from "./folder.ts";
import { imagenetSource } from "./imagenet.ts";
import { type CachedPhoto, cachePhotos, type CachePhotosOptions } from "./photo_cache.ts";
import { openPhotoSet } from "./photo_set.ts";
import { type ClassChoice, isFolder, type PhotoSource } from "./photo_source.ts";
import { requirePhotos, splitPhotos } from "./photo_split.ts";

/** Increase this when decoding changes: photos are then decoded again. */
const DECODING = 2;

/** The data sets of photos; `folder` is any folder of images. */
export type PhotoDatasetName = "caltech-101" | "cifar-100" | "cub-200-2011" | "imagenet-small" | "folder";

/** Lists the classes and photos of a data set in its official layout without decoding any. */
export function findPhotos(name: PhotoDatasetName, options: ClassChoice & { path: string }): PhotoSource {
  if (isFolder(options.path)) return sources[name](options.path, options);
  const [what, advice] = name === "folder" ? ["your images", "say where they are with --data PATH."] : [
    `the data set ${name}`,
    `fetch it with \`deno task data ${name}\`, or say where it is with --data PATH.`,
  ];
  const found = existsSync(options.path) ? "a file" : "no such folder";
  throw new UserError(`Expected ${what} in the folder "${options.path}" but found ${found}; ${advice}`);
}

const sources: Record<PhotoDatasetName, (path: string, choice: ClassChoice) => PhotoSource> = {
  "caltech-101": caltechSource,
  "cifar-100": cifarSource,
  "cub-200-2011": cubSource,
  "imagenet-small": imagenetSource,
  "folder": folderSource,
};

/** Options of {@linkcode loadPhotos}. The seed also decides the split into training, validation and test. */
export interface PhotoOptions extends ClassChoice, CachePhotosOptions {
  name: PhotoDatasetName;
  /** The folder of the data set in its official layout. */
  path: string;
  /** Where the decoded images are kept; made if absent. */
  cacheDirectory: string;
  /** At most so many images of each class in training and in the test, drawn by the seed. Default: all. */
  imagesPerClass?: number;
  /** Hold a fifth of the training images out for validation. Default false: `validation` cannot be opened. */
  holdOut?: boolean;
  /** Called with the names of the classes before any photo is decoded; it may throw. */
  onClasses?: (classNames: readonly string[]) => void;
}

export interface PhotoDataset extends Dataset {
  /** Why photos were left out, one sentence each; empty unless `skipBroken` was given. */
  readonly skipped: readonly string[];
  /** Photos that are the same, pixel by pixel, although they lie in two classes. */
  readonly inTwoClasses: readonly (readonly [string, string])[];
}

/**
 * Opens a data set of photos. The first time all photos are decoded into a cache in `cacheDirectory`; later
 * only those whose file has changed since.
 * @throws {UserError} if the data set is incomplete or has damaged photos, or if the images of the test are
 * those of the training
 */
export async function loadPhotos(options: PhotoOptions): Promise<PhotoDataset> {
  const { name, path, imageSize, seed, holdOut = false } = options;
  requirePositive("imageSize", imageSize);
  const source = findPhotos(name, options);
  options.onClasses?.(source.classNames);
  // By the folder itself, so that a link to it finds the same cache.
  const cache = join(
    options.cacheDirectory,
    `${name}-${imageSize}-${hash([DECODING, Deno.realPathSync(path)], 8)}`,
  );
  // Too few photos in a class are reported before any is decoded.
  const splits = splitPhotos(source.photos, source.classNames, { seed, holdOut });
  const parts: Split[] = ["train", "validation", "test"];
  const groups = source.photos.map(({ classId }, i) => 3 * classId + parts.indexOf(splits[i]));
  const drawn = drawOfEachClass(groups, options.imagesPerClass ?? Infinity, seed);
  const { photos, skipped } = await cachePhotos(cache, source, drawn, options);
  const chosen = drawn.filter((i) => !skipped.has(i));
  // A class may have lost all photos of a part.
  for (const i of skipped.keys()) {
    const left = chosen.filter((other) => groups[other] === groups[i]);
    requirePhotos(source.classNames[source.photos[i].classId], `"${splits[i]}"`, left.length, 1);
  }
  const isDecoded = photos.size === chosen.length;
  if (isDecoded) refuseSameImages(source, photos, splits);
  const unknown = { slot: 0, crc: 0, sum: [0, 0, 0], squares: [0, 0, 0] } as const;

  return {
    name: source.name,
    classNames: source.classNames,
    imageSize,
    digest: isDecoded ? digestOf(source, photos) : "",
    ...colorStatistics(
      [...photos].filter(([i]) => splits[i] === "train").map(([, photo]) => photo),
      imageSize,
    ),
    skipped: Array.from(skipped.values(), ({ message }) => message),
    inTwoClasses: sameInTwoClasses(source, photos),
    open(split, classIds, openOptions) {
      if (split === "validation" && !holdOut) {
        throw new UserError(
          `Expected ${source.name} to be loaded with a validation part (holdOut) but found none; load it with one, or open "test".`,
        );
      }
      const wanted = new Set(classIds);
      const images = chosen.filter((i) => splits[i] === split && wanted.has(source.photos[i].classId)).map(
        (i) => {
          const { name, stamp, classId } = source.photos[i];
          return { ...unknown, name, stamp, ...photos.get(i), classId };
        },
      );
      return openPhotoSet(cache, images, {
        name: `${source.name} ${split}`,
        imageSize,
        augmented: split === "train",
        ...openOptions,
      });
    },
  };
}

/** Place and dates do not count: a moved or copied data set has the same digest. */
function digestOf({ classNames, photos }: PhotoSource, cached: ReadonlyMap<number, CachedPhoto>): string {
  const images = Array.from(cached, ([i, { name, crc, box }]) => {
    const { classId, split } = photos[i];
    return [name, classId, split, crc, box];
  });
  return hash([classNames, images], 16);
}

function hash(value: unknown, digits: number): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, digits);
}

const keyOf = ({ crc, sum, squares }: CachedPhoto) => `${crc} ${sum} ${squares}`;

/** The names of photos that a network is told to call by two names. */
function sameInTwoClasses({ photos }: PhotoSource, cached: ReadonlyMap<number, CachedPhoto>) {
  const groups = Map.groupBy(cached, ([, photo]) => keyOf(photo)).values();
  return Array.from(groups, ([[first, { name }], ...others]) => {
    const other = others.find(([i]) => photos[i].classId !== photos[first].classId);
    return other === undefined ? [] : [[name, other[1].name] as const];
  }).flat();
}

/** Published data sets have a few images in both parts; more than half of the test is a mistake. */
function refuseSameImages(
  { name, photos }: PhotoSource,
  cached: ReadonlyMap<number, CachedPhoto>,
  splits: readonly Split[],
): void {
  const trained = new Map<string, string>();
  for (const [i, photo] of cached) if (photos[i].split === "train") trained.set(keyOf(photo), photo.name);
  const test = [...cached].filter(([i]) => splits[i] === "test" && photos[i].split !== undefined);
  const both = test.filter(([, photo]) => trained.has(keyOf(photo))).map(([, photo]) => photo);
  if (both.length <= test.length / 2) return;
  throw new UserError(
    `Expected other images in the test of ${name} than in its training but found ${both.length} of ${test.length} in both, ` +
      `such as "${both[0].name}" and "${trained.get(keyOf(both[0]))}"; replace one of the folders.`,
  );
}

/** Mean and standard deviation of each channel over the training images, between 0 and 1. */
function colorStatistics(train: readonly CachedPhoto[], imageSize: number): Pick<Dataset, "mean" | "std"> {
  const pixels = train.length * imageSize ** 2;
  const total = (values: "sum" | "squares", channel: number) =>
    train.reduce((sum, photo) => sum + photo[values][channel], 0) / pixels;
  const mean = (channel: number) => total("sum", channel) / 255;
  // At least half a grey level: images of one color have no deviation to divide by.
  const std = (channel: number) =>
    Math.max(0.5 / 255, Math.sqrt(Math.max(0, total("squares", channel) / 255 ** 2 - mean(channel) ** 2)));
  return { mean: [mean(0), mean(1), mean(2)], std: [std(0), std(1), std(2)] };
}
