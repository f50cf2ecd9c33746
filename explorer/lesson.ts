/**
 * A lesson: a copy of M₀ learns new classes by one method. After each round it is measured what the copy
 * still knows, what it has learned, and where it looks. Needs neither the page nor a worker, so Deno gives
 * the same numbers.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allClassMaps } from "../lib/attention/mod.ts";
import { cropAndFlip, makeDrawing, paintBackground, paintOver } from "../lib/data/augmentation.ts";
import { placeDrawing, randomPlacement } from "../lib/data/augmentation.ts";
import { readPicture } from "../lib/data/batches.ts";
import { IEMOJI_CLASSES } from "../lib/data/iemoji/classes.ts";
import { iemojiDataset } from "../lib/data/iemoji/iemoji.ts";
import type { Dataset, ImageSet, Picture } from "../lib/data/image_set.ts";
import { headPositions } from "../lib/data/protocol.ts";
import { rightAnswers } from "../lib/evaluation/accuracy.ts";
import { attentionRetention, mapOf } from "../lib/evaluation/attention_retention.ts";
import { predict, type Predictions } from "../lib/evaluation/predictions.ts";
import { probabilities, topColumns } from "../lib/evaluation/scores.ts";
import { overlay, unitMap } from "../lib/figures/kit/overlay.ts";
import type { ResNet } from "../lib/model/mod.ts";
import { randomStream } from "../lib/random.ts";
import { mean } from "../lib/statistics.ts";
import { type EpochLog, stepOptions, trainStep } from "../lib/training/train_step.ts";
import { GENTLE, isKept, type Lesson, type Manifest, type Method, type OwnPicture } from "./messages.ts";
import type { Answer, Progress, Report, TeachSettings } from "./messages.ts";
import { PAD, paintSketch } from "./sketch.ts";

/** What every lesson starts from. */
export interface School {
  readonly teacher: ResNet;
  readonly dataset: Dataset;
  /** Class ids of the data set in the order of learning. */
  readonly classOrder: readonly number[];
  readonly manifest: Manifest;
}

/** What lessons start from, of the drawings of the data set and of M₀. */
export function schoolOf(manifest: Manifest, drawings: Uint8Array, teacher: ResNet): School {
  const { classNames, configuration: { imageSize: size } } = manifest;
  const learned = classNames.map((name) => IEMOJI_CLASSES.indexOf(name));
  const classOrder = [...learned, ...IEMOJI_CLASSES.keys().filter((id) => !learned.includes(id))];
  const dataset = iemojiDataset(drawings, { size, holdOut: false, digest: "" });
  return { manifest, teacher, classOrder, dataset };
}

/** The value of Q/‖Q‖₂ that has the last color of all maps on the page. */
export const HEAT_END = 0.5;
/** Own pictures in a batch, and draws of them in a round, about: ten batches. */
const OWN_BATCH = 24, ROUND = 240;
/** Placements of a drawing in the test. */
const TEST_VIEWS = 4;
/** Images in a forward pass. */
const BATCH = 50;

/** An attention map over its picture, in the colors of the page. */
export function heatOf(picture: Picture, values: ArrayLike<number>): Picture {
  return overlay(picture, unitMap({ size: Math.sqrt(values.length), values }), HEAT_END);
}

/**
 * The visitor's pictures as images: drawings are placed as the data set places its own, photographs are
 * cropped.
 */
export function ownImages(
  classes: readonly (readonly OwnPicture[])[],
  { split, seed, size, views }: { split: "train" | "test"; seed: number; size: number; views: number },
): ImageSet {
  const images = classes.flatMap((pictures, label) =>
    pictures.map((picture, i) => ({ picture, label, i }))
      .filter(({ i }) => isKept(i, pictures.length) === (split === "test"))
  ).map(({ picture, ...image }) =>
    "photo" in picture
      ? { ...image, photo: picture.photo.rgb }
      : { ...image, drawing: makeDrawing(PAD, paintSketch(picture.sketch), 2 * size) }
  );
  const placed = new Float32Array(size * size * 4);
  return {
    name: `your pictures, ${split}`,
    count: images.length,
    size,
    views,
    labels: Int32Array.from(images, ({ label }) => label),
    read(at, view, target) {
      const image = images[at];
      const random = randomStream("own", seed, split, image.label, image.i, view);
      if ("photo" in image) {
        return split === "test" ? target.set(image.photo) : cropAndFlip(image.photo, size, 4, random, target);
      }
      placeDrawing(image.drawing, randomPlacement(random), size, placed);
      paintBackground(random, size, target);
      paintOver(placed, target);
    },
  };
}

/** One picture of the visitor's as the network takes it. */
export function ownPicture(picture: OwnPicture, size: number): Picture {
  if ("photo" in picture) return picture.photo;
  const rgb = new Uint8Array(size * size * 3);
  const placed = new Float32Array(size * size * 4);
  const drawing = makeDrawing(PAD, paintSketch(picture.sketch), 2 * size);
  placeDrawing(drawing, { scale: 0.8, angle: 0, shift: [0, 0], mirrored: false }, size, placed);
  paintBackground(randomStream("own picture"), size, rgb);
  paintOver(placed, rgb);
  return { size, rgb };
}

/** The images of a lesson, labeled by their columns of the head. */
function imagesOf({ dataset, classOrder, manifest }: School, lesson: Lesson, { seed }: TeachSettings) {
  const { stepSizes: [base, increment], configuration } = manifest;
  const { views, imageSize: size } = configuration;
  const position = headPositions(classOrder);
  const open = (split: "train" | "test", from: number, to: number) => {
    const options = { seed, views: split === "train" ? views : 1 };
    const set = dataset.open(split, classOrder.slice(from, to), options);
    return { ...set, labels: set.labels.map((id) => position[id]) };
  };
  const old = open("test", 0, base);
  if (lesson === "increment") {
    const end = base + increment;
    return { old, train: open("train", base, end), test: open("test", base, end), plan: {} };
  }
  const mine = (split: "train" | "test", views: number) => {
    const set = ownImages(lesson, { split, seed, size, views });
    return { ...set, labels: set.labels.map((label) => base + label) };
  };
  const train = mine("train", views);
  const plan = { drawsPerEpoch: Math.floor(ROUND / train.count), batchSize: OWN_BATCH };
  return { old, train, test: mine("test", TEST_VIEWS), plan };
}

/** The pictures of the old classes that are shown, as M₀ learned them. */
export async function shownPictures(school: School): Promise<{ pictures: Picture[]; report: Report }> {
  const { old } = imagesOf(school, "increment", GENTLE);
  const exam = await examOf(school, old);
  const pictures = exam.shown.map((image) => readPicture(old, { image, view: 0 }));
  return { pictures, report: { ...await exam.of(school.teacher), round: 0, rounds: 0 } };
}

/** Prepares the test that is taken after each round. */
async function examOf({ teacher, dataset, manifest }: School, old: ImageSet, test?: ImageSet) {
  const base = teacher.classNames.length;
  const forward = {
    headPositions: Int32Array.from({ length: manifest.classNames.length }, (_, column) => column),
    normalization: dataset,
    batchSize: BATCH,
  };
  const before = await predict(teacher, old, forward);
  const right = rightAnswers(before);
  const shown = Array.from({ length: base }, (_, label) => {
    const images = [...before.labels.keys()].filter((image) => before.labels[image] === label);
    return images.find((image) => right[image]) ?? images[0];
  });
  const rateOf = (seen: Predictions, first: number, end: number) => ({
    free: mean(rightAnswers(seen)),
    told: mean(rightAnswers(seen, 1, { first, end })),
  });
  const of = async (model: ResNet): Promise<Omit<Report, "round" | "rounds">> => {
    const isTeacher = model === teacher;
    const seen = isTeacher ? before : await predict(model, old, forward);
    const own = isTeacher || !test ? undefined : await predict(model, test, forward);
    return {
      old: rateOf(seen, 0, base),
      added: own ? rateOf(own, base, own.classes) : { free: 0, told: 0 },
      looks: attentionRetention(before, seen).cosine,
      tested: [old.count, own?.labels.length ?? 0],
      shown: shown.map((image) => {
        const row = seen.logits.subarray(image * seen.classes, (image + 1) * seen.classes);
        const [free, told] = [row, row.subarray(0, base)].map((scores) => topColumns(scores, 1)[0]);
        return { free, told, heat: heatOf(readPicture(old, { image, view: 0 }), mapOf(seen, image)) };
      }),
    };
  };
  return { shown, of };
}

/**
 * Teaches a copy of M₀.
 * @param lesson what is taught
 * @param settings of the training; fields that the method does not use have no effect
 * @param tell called before the first round and after each, with null where nothing is measured; the
 * training goes on when it has resolved
 * @param onProgress called after each iteration
 * @returns the student, and the losses of all rounds
 */
export async function teach(
  school: School,
  lesson: Lesson,
  { method, ...settings }: TeachSettings & { method: Method },
  tell: (report: Report | null) => Promise<void>,
  onProgress: (progress: Progress) => void = () => {},
): Promise<{ student: ResNet; log: readonly EpochLog[] }> {
  const { teacher, dataset, manifest } = school;
  const { old, train, test, plan } = imagesOf(school, lesson, settings);
  const exam = await examOf(school, old, test);
  const rounds = settings.epochs;
  await tell({ ...await exam.of(teacher), round: 0, rounds });
  const student = teacher.clone();
  const added = lesson === "increment" ? manifest.stepSizes[1] : lesson.length;
  student.growHead(Array.from({ length: added }, (_, i) => `new class ${i + 1}`), settings.seed);
  const configuration = { ...manifest.configuration, ...settings, ...plan, method };
  const columns = teacher.classNames.length + added;
  const log = await trainStep(
    { student, teacher, set: train, headPosition: Int32Array.from({ length: columns }, (_, i) => i) },
    stepOptions(configuration, 1, dataset),
    {
      onProgress: ({ phase, done, total, loss }) =>
        onProgress(phase === "teacher" ? { done: 0, total: Infinity } : { done, total, loss }),
      onEpoch: async ({ epochsDone: round, log }) => {
        // Most is forgotten in the first rounds; later, every third round is enough.
        if (round > 2 && round % 3 !== 2 && round < rounds) return await tell(null);
        await tell({ ...await exam.of(student), round, rounds, log: log.at(-1)! });
      },
    },
  );
  return { student, log: log! };
}

/** What a model says of a picture, and where it looks for a class; -1: for its answer. */
export function answerOf(model: ResNet, picture: Picture, { mean, std }: Dataset, classId = -1): Answer {
  const { size, rgb } = picture;
  const x = Float32Array.from(rgb, (byte, i) => (byte / 255 - mean[i % 3]) / std[i % 3]);
  const [logits, maps] = tf.tidy(() => {
    const { logits, features } = model.forward(tf.tensor4d(x, [1, size, size, 3]));
    return [logits, allClassMaps(features, model.head.weights)].map((tensor) => tensor.dataSync<"float32">());
  });
  const [answer] = topColumns(logits, 1);
  const [score] = probabilities([logits[answer]], "sigmoid");
  const column = classId < 0 ? answer : classId;
  const pixels = maps.length / logits.length;
  const map = [...maps.subarray(column * pixels, (column + 1) * pixels)];
  return { answer, score, logits, maps, map, heat: map.length > 0 ? heatOf(picture, map) : undefined };
}
