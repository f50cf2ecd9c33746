/**
 * iEmoji-100: 100 everyday objects, each drawn by eight artists, placed on random backgrounds. See
 * data/README.md.
 *
 * This module turns rendered drawings into images; it renders and reads nothing, so a browser can load it.
 * @module
 */
import { randomStream } from "../../random.ts";
import { requirePositive, UserError } from "../../user_error.ts";
import { makeDrawing, paintBackground, paintOver, placeDrawing, randomPlacement } from "../augmentation.ts";
import { IEMOJI_ARTISTS, IEMOJI_TEST_ARTISTS, IEMOJI_VALIDATION_ARTIST } from "./artists.ts";
import { IEMOJI_CLASSES } from "./classes.ts";
import type { Dataset, ImageSet, OpenOptions, Split } from "../image_set.ts";

/** Height and width of a rendered drawing: about two to four times what it has in an image of 32×32. */
export const DRAWING_SIDE = 64;

/** Every drawing gives this many images for testing, and as many for validation. */
export const IEMOJI_EVALUATION_DRAWS = 10;
/** Validation and test images are the same in every run, whatever the run's seed is. */
const EVALUATION_SEED = 0;
/**
 * Mean and deviation of the channels over 2400 training images of 32×32: seed 0, four views of each drawing.
 */
const STATISTICS: Pick<Dataset, "mean" | "std"> = {
  mean: [0.58, 0.5459, 0.5139],
  std: [0.2521, 0.2307, 0.2437],
};

/**
 * Makes the data set from its drawings.
 * @param drawings (artists, classes, 64, 64, 4) bytes: RGBA with the colors multiplied by alpha
 * @param options height and width of the images, 16 to 64 pixels; `holdOut` takes the artist `noto` out of
 * training for validation
 * @throws {UserError} if the size is out of range
 */
export function iemojiDataset(
  drawings: Uint8Array,
  { size, holdOut, digest }: { size: number; holdOut: boolean; digest: string },
): Dataset {
  if (!(Number.isInteger(size) && size >= 16 && size <= DRAWING_SIDE)) {
    throw new UserError(
      `Expected the image size of iEmoji-100 to be an integer from 16 to ${DRAWING_SIDE} but found ${size}; ` +
        `choose one in that range.`,
    );
  }
  return {
    name: "iemoji-100",
    classNames: IEMOJI_CLASSES,
    imageSize: size,
    digest,
    ...STATISTICS,
    open(split, classIds, options) {
      const artists = artistsOf(split, holdOut);
      const chosen = classIds.flatMap((classId) =>
        artists.map((artist) => cutOut(drawings, classId, artist, size))
      );
      return openDrawings(chosen, split, size, options);
    },
  };
}

/** Names of the artists whose drawings a split is made from. */
function artistsOf(split: Split, holdOut: boolean): readonly string[] {
  if (split === "test") return IEMOJI_TEST_ARTISTS;
  if (split === "validation" && holdOut) return [IEMOJI_VALIDATION_ARTIST];
  return IEMOJI_ARTISTS.map(({ name }) => name)
    .filter((name) => !IEMOJI_TEST_ARTISTS.includes(name) && !(holdOut && name === IEMOJI_VALIDATION_ARTIST));
}

/** Copies one drawing, so its owner holds no others. */
function cutOut(pixels: Uint8Array, classId: number, artist: string, size: number) {
  const bytes = DRAWING_SIDE * DRAWING_SIDE * 4;
  const artistId = IEMOJI_ARTISTS.findIndex(({ name }) => name === artist);
  const start = (artistId * IEMOJI_CLASSES.length + classId) * bytes;
  return {
    classId,
    artist,
    drawing: makeDrawing(DRAWING_SIDE, pixels.subarray(start, start + bytes), 2 * size),
  };
}

/**
 * Training: one image a drawing, with many views. Validation and test: a fixed number of images a drawing,
 * each with one view. A draw depends only on seed, split, class, artist and its number.
 */
function openDrawings(
  drawings: readonly ReturnType<typeof cutOut>[],
  split: Split,
  size: number,
  options: OpenOptions,
): ImageSet {
  const training = split === "train";
  const seed = training ? options.seed : EVALUATION_SEED;
  const views = training ? options.views : 1;
  const imagesPerDrawing = training ? 1 : IEMOJI_EVALUATION_DRAWS;
  requirePositive("the number of views of a training image", views);
  const count = drawings.length * imagesPerDrawing;
  const labels = Int32Array.from(
    { length: count },
    (_, i) => drawings[Math.floor(i / imagesPerDrawing)].classId,
  );
  const placed = new Float32Array(size * size * 4);

  /** Puts the drawing into `placed`; the background continues the stream. */
  function place(image: number, view: number) {
    const { classId, artist, drawing } = drawings[Math.floor(image / imagesPerDrawing)];
    const draw = training ? view : image % imagesPerDrawing;
    const random = randomStream("iemoji-100", seed, split, IEMOJI_CLASSES[classId], artist, draw);
    placeDrawing(drawing, randomPlacement(random), size, placed);
    return random;
  }

  return {
    name: `iemoji-100 ${split}`,
    count,
    size,
    views,
    labels,
    read(image, view, target) {
      paintBackground(place(image, view), size, target);
      paintOver(placed, target);
    },
    readMask(image, view, target) {
      place(image, view);
      for (let i = 0; i < size * size; i++) target[i] = placed[4 * i + 3] + 0.5;
    },
  };
}
