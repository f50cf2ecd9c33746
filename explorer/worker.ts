/**
 * All computation of the page, on the wasm engine and the code of `lib/`: one worker answers questions
 * about the kept models, one for each method trains a student and answers for it.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { expose } from "comlink";
import { mapsOfClass } from "../lib/attention/mod.ts";
import { readPicture } from "../lib/data/batches.ts";
import { start } from "../lib/engine/wasm.ts";
import { probabilities } from "../lib/evaluation/scores.ts";
import { mapCosine } from "../lib/evaluation/attention_retention.ts";
import { attentionDistillation, distillationLoss, topBaseClass } from "../lib/losses/mod.ts";
import { decodeCheckpoint, type ResNet } from "../lib/model/mod.ts";
import { answerOf, ownPicture, schoolOf, shownPictures, teach } from "./lesson.ts";
import { allModels, fetchAsset, fetchManifest, modelFile, type ModelKey, modelName } from "./messages.ts";
import type { Answer, Comparison, Lesson, Method, OwnPicture, Picture } from "./messages.ts";
import type { Progress, Report, TeachSettings } from "./messages.ts";

const api = {
  shown: async () => shownPictures(await ready()),
  see: async (own: OwnPicture) => ownPicture(own, (await ready()).dataset.imageSize),
  pictures,
  look,
  compare,
  train,
  reply,
};
/** What the page can call. */
export type Api = typeof api;
expose(api);

setWasmPaths("./");

/** What `read` gives, read once. What failed is read anew when it is asked for again. */
function once<Result>(read: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () =>
    result ??= read().catch((error) => {
      result = undefined;
      throw error;
    });
}

/** Starts the engine, and reads what every function needs. */
const ready = once(async () => {
  const [manifest, drawings] = await Promise.all([fetchManifest(), fetchAsset("drawings.gz"), engine()]);
  return schoolOf(manifest, drawings, await modelOf({ method: "C", step: 0 }));
});
const engine = once(() => start());

const models = new Map<string, () => Promise<ResNet>>();
function modelOf(key: ModelKey): Promise<ResNet> {
  const file = modelFile(key);
  const read = async () => {
    const [bytes] = await Promise.all([fetchAsset(file), engine()]);
    return (await decodeCheckpoint(bytes, file)).model;
  };
  const model = models.get(file) ?? once(read);
  models.set(file, model);
  return model();
}

/** The test images of a class, drawings by artists that no model has seen. */
async function pictures(classId: number): Promise<Picture[]> {
  const { dataset, classOrder, manifest: { configuration: { seed } } } = await ready();
  const set = dataset.open("test", [classOrder[classId]], { seed, views: 1 });
  return Array.from({ length: set.count }, (_, image) => readPicture(set, { image, view: 0 }));
}

/**
 * What all models say of a picture, and where they look for a class (-1: for their answer), by their names.
 */
async function look(picture: Picture, classId: number): Promise<Map<string, Answer>> {
  const { manifest, dataset } = await ready();
  const answers = new Map<string, Answer>();
  for (const key of allModels(manifest)) {
    answers.set(modelName(key), answerOf(await modelOf(key), picture, dataset, classId));
  }
  return answers;
}

/** L_D, L_AD and cosine between two models as teacher and student, over the classes that both know. */
async function compare(picture: Picture, keys: readonly [ModelKey, ModelKey]): Promise<Comparison> {
  const { dataset, manifest: { configuration: { distillation: kind, temperature, norm } } } = await ready();
  const models = await Promise.all(keys.map(modelOf));
  const answers = models.map((model) => answerOf(model, picture, dataset));
  const classes = Math.min(...answers.map(({ logits }) => logits.length));
  let comparison: Comparison;
  tf.tidy(() => {
    const logits = answers.map(({ logits }) => tf.tensor2d(logits.subarray(0, classes), [1, classes]));
    const maps = answers.map(({ maps, map: { length } }) =>
      tf.tensor3d(maps.subarray(0, classes * length), [1, classes, length])
    );
    const b = topBaseClass({ teacherLogits: logits[0], studentLogits: logits[1] }, "student-top");
    const Q = maps.map((maps) => mapsOfClass(maps, b));
    const [topBase] = tf.argMax(b, 1).dataSync();
    comparison = {
      L_D: distillationLoss(logits[0], logits[1], { kind, temperature }).dataSync()[0],
      L_AD: attentionDistillation(Q[0], Q[1], { norm }).dataSync()[0],
      cosine: mapCosine(Q[0].dataSync(), Q[1].dataSync()),
      topBaseClass: topBase,
      scores: answers.map(({ logits }) => probabilities([logits[topBase]], "sigmoid")[0]),
    };
  });
  return comparison!;
}

let student: ResNet | undefined;

/** Trains a student, which is kept; goes on after a round when `tell` has resolved. */
async function train(
  lesson: Lesson,
  settings: TeachSettings & { method: Method },
  tell: (report: Report | null) => Promise<void>,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  ({ student } = await teach(await ready(), lesson, settings, tell, onProgress));
}

/** What the student says of a picture. */
async function reply(own: OwnPicture): Promise<Answer> {
  const { dataset } = await ready();
  return answerOf(student!, ownPicture(own, dataset.imageSize), dataset);
}
