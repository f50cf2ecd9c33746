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
import { attentionRetention, mapCosine, mapOf } from "../lib/evaluation/attention_retention.ts";
import { predict, type Predictions } from "../lib/evaluation/predictions.ts";
import { probabilities, topColumns } from "../lib/evaluation/scores.ts";
import { overlay, unitMap } from "../lib/figures/kit/overlay.ts";
import type { ResNet } from "../lib/model/mod.ts";
import { randomStream } from "../lib/random.ts";
import { mean } from "../lib/numbers.ts";
import { methodNamed } from "../lib/training/method.ts";
import { askTeacher } from "../lib/training/teacher.ts";
import { stepOptions, trainStep } from "../lib/training/train_step.ts";
import { GENTLE, isKept, type Manifest, TEST_VIEWS } from "./messages.ts";
import type { Answer, Lesson, OwnPicture, Report, StudentSettings } from "./messages.ts";
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

/** Pictures of the data set, labeled by their columns of the head. */
function setOf(
  { dataset, classOrder }: School,
  split: "train" | "test",
  columns: readonly [first: number, end: number],
  options: { seed: number; views: number },
): ImageSet {
  const position = headPositions(classOrder);
  const set = dataset.open(split, classOrder.slice(...columns), options);
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
  const old = setOf(school, "test", [0, base], { seed: GENTLE.seed, views: 1 });
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
  const of = async (model: ResNet, round: number, losses: Report["losses"] = {}): Promise<Report> => {
    const isTeacher = model === teacher;
    const seen = isTeacher ? before : await predict(model, old, forward);
    const own = isTeacher || !test ? undefined : await predict(model, test, forward);
    return {
      round,
      old: rateOf(seen, 0, base),
      added: own ? rateOf(own, base, own.classes) : { free: 0, told: 0 },
      looks: attentionRetention(before, seen).cosine,
      tested: [old.count, test?.count ?? 0, test ? test.count * test.views : 0],
      losses,
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
 * @param lesson what is taught, unless the settings choose the next classes of the data set
 * @param settings of the training; fields that the method does not use have no effect
 * @param tell called before the first round and after each, with null where nothing is measured; the
 * training goes on when it has resolved
 * @param onProgress called after each iteration with the share that is done
 * @returns the student
 */
export async function teach(
  school: School,
  lesson: Lesson,
  { method, ...settings }: StudentSettings,
  tell: (report: Report | null) => Promise<void>,
  onProgress: (share: number) => void = () => {},
): Promise<ResNet> {
  const { teacher, dataset, manifest: { configuration: trained, stepSizes } } = school;
  const { seed } = settings;
  const base = teacher.classNames.length;
  const [added, testViews] = settings.lesson === "yours" ? [lesson.length, TEST_VIEWS] : [stepSizes[1], 1];
  const imagesOf = (split: "train" | "test", views: number) => {
    if (settings.lesson !== "yours") return setOf(school, split, [base, base + added], { seed, views });
    const set = ownImages(lesson, { split, seed, size: trained.imageSize, views });
    return { ...set, labels: set.labels.map((label) => base + label) };
  };
  const set = imagesOf("train", trained.views);
  const exam = await examOf(school, imagesOf("test", testViews));
  await tell(await exam.of(teacher, 0));
  const student = teacher.clone();
  student.growHead(Array.from({ length: added }, (_, i) => `new class ${i + 1}`), seed);
  const plan = { drawsPerEpoch: Math.floor(ROUND / set.count), batchSize: OWN_BATCH };
  await trainStep(
    {
      student,
      teacher,
      set,
      headPosition: Int32Array.from({ length: base + added }, (_, column) => column),
    },
    stepOptions({ ...trained, ...settings, ...plan, method }, 1, dataset),
    {
      onProgress: ({ phase, done, total }) => onProgress(phase === "teacher" ? 0 : done / total),
      onEpoch: async ({ epochsDone: round, log }) => {
        // Most is forgotten in the first rounds; later, every third round is enough.
        const isMeasured = round <= 2 || round % 3 === 2 || round === settings.epochs;
        await tell(isMeasured ? await exam.of(student, round, log.at(-1)) : null);
      },
    },
  );
  return student;
}

/**
 * What a model says of a picture, where it looks for a class (-1: for its answer), and how far it is from
 * M_0 there.
 */
export function answerOf(
  model: ResNet,
  { size, rgb }: Picture,
  { teacher, dataset: { mean, std }, manifest: { configuration } }: School,
  classId = -1,
): Answer {
  const pixels = Float32Array.from(rgb, (byte, i) => (byte / 255 - mean[i % 3]) / std[i % 3]);
  const { weights } = model.head;
  const { L_D, L_AD } = methodNamed("LwM").terms;
  const [logits, maps, first, ...losses] = tf.tidy(() => {
    const x = tf.tensor4d(pixels, [1, size, size, 3]);
    const [student, given] = [model.forward(x), askTeacher(teacher, x)];
    const labels = tf.zerosLike(student.logits);
    const batch = { student, weights, labels, baseClasses: teacher.classNames.length, teacher: given };
    const terms = [L_D, L_AD].map(({ value }) => value(batch, configuration));
    return [student.logits, allClassMaps(student.features, weights), given.maps, ...terms]
      .map((tensor) => tensor.dataSync<"float32">());
  });
  const [answer] = topColumns(logits, 1);
  const scores = Array.from(probabilities(logits, "sigmoid"));
  const column = classId < 0 ? answer : classId;
  const cells = maps.length / scores.length;
  const [map, before] = [maps, first].map((all) => [...all.subarray(column * cells, (column + 1) * cells)]);
  const heat = map.length > 0 ? heatOf({ size, rgb }, map) : undefined;
  return { answer, scores, map, heat, cosine: mapCosine(before, map), L_D: losses[0][0], L_AD: losses[1][0] };
}
