/**
 * All computation of the page, on the wasm engine and the code of `lib/`: one worker answers questions
 * about the kept models, one for each method trains a student and answers for it.
 * @module
 */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { expose } from "comlink";
import { readPicture } from "../lib/data/batches.ts";
import { start } from "../lib/engine/wasm.ts";
import { decodeCheckpoint, type ResNet } from "../lib/model/mod.ts";
import { answerOf, ownPicture, schoolOf, shownPictures, teach } from "./lesson.ts";
import { allModels, fetchAsset, fetchManifest, modelFile, type ModelKey, modelName } from "./messages.ts";
import type { Answer, Lesson, Method, OwnPicture, Picture, Report, TeachSettings } from "./messages.ts";

const api = {
  shown: async () => shownPictures(await ready()),
  see: async (own: OwnPicture) => ownPicture(own, (await ready()).dataset.imageSize),
  pictures,
  look,
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

let student: ResNet | undefined;

/** Trains a student, which is kept; goes on after a round when `tell` has resolved. */
async function train(
  lesson: Lesson,
  settings: TeachSettings & { method: Method },
  tell: (report: Report | null) => Promise<void>,
  onProgress: (share: number) => void,
): Promise<void> {
  student = await teach(await ready(), lesson, settings, tell, onProgress);
}

/** What the student says of a picture. */
async function reply(own: OwnPicture): Promise<Answer> {
  const { dataset } = await ready();
  return answerOf(student!, ownPicture(own, dataset.imageSize), dataset);
}
