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
import type { Answer, Lesson, OwnPicture, Report, Shown, StudentSettings } from "./messages.ts";

const api = {
  shown: () => once("shown", async () => shownPictures(await ready())),
  look,
  train,
  reply,
};
/** What the page can call. */
export type Api = typeof api;
expose(api);

setWasmPaths("./");

/** What `read` gives, read once by its name. What failed is read anew when it is asked for again. */
function once<Result>(name: string, read: () => Promise<Result>): Promise<Result> {
  const result = results.get(name) as Promise<Result> | undefined ?? read();
  results.set(name, result);
  result.catch(() => results.delete(name));
  return result;
}
const results = new Map<string, Promise<unknown>>();

const engine = () => once("engine", () => start());
/** Starts the engine, and reads what every function needs. */
const ready = () =>
  once("school", async () => {
    const [manifest, drawings] = await Promise.all([fetchManifest(), fetchAsset("drawings.gz"), engine()]);
    return schoolOf(manifest, drawings, await modelOf({ method: "C", step: 0 }));
  });

function modelOf(key: ModelKey): Promise<ResNet> {
  const file = modelFile(key);
  return once(file, async () => {
    const [bytes] = await Promise.all([fetchAsset(file), engine()]);
    return (await decodeCheckpoint(bytes, file)).model;
  });
}

/** Test images of a class, by artists that no model has seen, and what all models say of one, or of `own`. */
async function look(classId: number, image: number, own?: OwnPicture): Promise<Shown> {
  const school = await ready();
  const { dataset, classOrder, manifest } = school;
  const set = dataset.open("test", [classOrder[classId]], { seed: manifest.configuration.seed, views: 1 });
  const pictures = Array.from({ length: set.count }, (_, image) => readPicture(set, { image, view: 0 }));
  const picture = own ? ownPicture(own, dataset.imageSize) : pictures[image];
  const asked = own ? -1 : classId;
  const answers = new Map<string, Answer>();
  for (const key of allModels(manifest)) {
    answers.set(modelName(key), answerOf(await modelOf(key), picture, school, asked));
  }
  return { pictures, picture, asked, answers };
}

let student: ResNet | undefined;

/** Trains a student, of which the first is kept; goes on after a round when `tell` has resolved. */
async function train(
  lesson: Lesson,
  settings: StudentSettings,
  tell: (report: Report | null) => Promise<void>,
  onProgress: (share: number) => void,
): Promise<void> {
  const taught = await teach(await ready(), lesson, settings, tell, onProgress);
  if (student) taught.dispose();
  student ??= taught;
}

/** What the student says of a picture. */
async function reply(own: OwnPicture): Promise<Answer> {
  const school = await ready();
  return answerOf(student!, ownPicture(own, school.dataset.imageSize), school);
}
