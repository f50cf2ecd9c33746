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
import { stepOptions, trainStep } from "../lib/training/train_step.ts";
import { GENTLE, isKept, type Manifest, TEST_VIEWS } from "./messages.ts";
import type { Answer, Lesson, Method, OwnPicture, Report, TeachSettings } from "./messages.ts";
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
/** How the losses are formed. */
const FORMS = { classification: "sigmoid-new", distillation: "sigmoid", norm: "L1" } as const;
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
      .filter(({ i }) => isKept(i) === (split === "test"))
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

/** The test pictures of the old classes. */
function oldPictures({ dataset, classOrder, manifest: { stepSizes } }: School): ImageSet {
  const position = headPositions(classOrder);
  const set = dataset.open("test", classOrder.slice(0, stepSizes[0]), { seed: GENTLE.seed, views: 1 });
  return { ...set, labels: set.labels.map((id) => position[id]) };
}

/** The pictures of the old classes that are shown, as M_0 learned them. */
export async function shownPictures(school: School): Promise<{ pictures: Picture[]; report: Report }> {
  const exam = await examOf(school);
  const pictures = exam.shown.map((image) => readPicture(exam.old, { image, view: 0 }));
  return { pictures, report: await exam.of(school.teacher, 0) };
}

/** Prepares the test that is taken after each round. */
async function examOf(school: School, test?: ImageSet) {
  const { teacher, dataset, manifest } = school;
  const base = teacher.classNames.length;
  const old = oldPictures(school);
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
  const of = async (model: ResNet, round: number): Promise<Report> => {
    const isTeacher = model === teacher;
    const seen = isTeacher ? before : await predict(model, old, forward);
    const own = isTeacher || !test ? undefined : await predict(model, test, forward);
    return {
      round,
      old: rateOf(seen, 0, base),
      added: own ? rateOf(own, base, own.classes) : { free: 0, told: 0 },
      looks: attentionRetention(before, seen).cosine,
      tested: [old.count, test?.count ?? 0],
      shown: shown.map((image) => {
        const row = seen.logits.subarray(image * seen.classes, (image + 1) * seen.classes);
        const [free, told] = [row, row.subarray(0, base)].map((scores) => topColumns(scores, 1)[0]);
        return { free, told, heat: heatOf(readPicture(old, { image, view: 0 }), mapOf(seen, image)) };
      }),
    };
  };
  return { old, shown, of };
}

/**
 * Teaches a copy of M_0.
 * @param lesson what is taught
 * @param settings of the training; fields that the method does not use have no effect
 * @param tell called before the first round and after each, with null where nothing is measured; the
 * training goes on when it has resolved
 * @param onProgress called after each iteration with the share that is done
 * @returns the student
 */
export async function teach(
  school: School,
  lesson: Lesson,
  { method, ...settings }: TeachSettings & { method: Method },
  tell: (report: Report | null) => Promise<void>,
  onProgress: (share: number) => void = () => {},
): Promise<ResNet> {
  const { teacher, dataset, manifest: { configuration: trained } } = school;
  const base = teacher.classNames.length;
  const mine = (split: "train" | "test", views: number) => {
    const set = ownImages(lesson, { split, seed: settings.seed, size: trained.imageSize, views });
    return { ...set, labels: set.labels.map((label) => base + label) };
  };
  const set = mine("train", trained.views);
  const exam = await examOf(school, mine("test", TEST_VIEWS));
  await tell(await exam.of(teacher, 0));
  const student = teacher.clone();
  student.growHead(lesson.map((_, i) => `new class ${i + 1}`), settings.seed);
  const plan = { drawsPerEpoch: Math.floor(ROUND / set.count), batchSize: OWN_BATCH };
  await trainStep(
    {
      student,
      teacher,
      set,
      headPosition: Int32Array.from({ length: base + lesson.length }, (_, column) => column),
    },
    stepOptions({ ...trained, ...FORMS, ...settings, ...plan, method }, 1, dataset),
    {
      onProgress: ({ phase, done, total }) => onProgress(phase === "teacher" ? 0 : done / total),
      onEpoch: async ({ epochsDone: round }) => {
        // Most is forgotten in the first rounds; later, every third round is enough.
        const isMeasured = round <= 2 || round % 3 === 2 || round === settings.epochs;
        await tell(isMeasured ? await exam.of(student, round) : null);
      },
    },
  );
  return student;
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
  const scores = Array.from(probabilities(logits, "sigmoid"));
  const column = classId < 0 ? answer : classId;
  const pixels = maps.length / scores.length;
  const map = [...maps.subarray(column * pixels, (column + 1) * pixels)];
  return { answer, scores, map, heat: map.length > 0 ? heatOf(picture, map) : undefined };
}
