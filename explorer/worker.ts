/**
 * All computation of the page, on the wasm engine and the code of `lib/`: one worker answers questions about
 * the kept models, one for each training trains M_1.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { expose } from "comlink";
import { allClassMaps, mapsOfClass } from "../lib/attention/mod.ts";
import { IEMOJI_CLASSES } from "../lib/data/iemoji/classes.ts";
import { iemojiDataset } from "../lib/data/iemoji/iemoji.ts";
import { headPositions } from "../lib/data/protocol.ts";
import { start } from "../lib/engine/wasm.ts";
import { accuracyOfSteps } from "../lib/evaluation/accuracy.ts";
import { attentionRetention, mapCosine, mapOf } from "../lib/evaluation/attention_retention.ts";
import { ofFirstClasses, predict } from "../lib/evaluation/predict.ts";
import { isDark } from "../lib/figures/kit/overlay.ts";
import { attentionDistillation, distillationLoss, topBaseClass } from "../lib/losses/mod.ts";
import { decodeCheckpoint, type ResNet } from "../lib/model/mod.ts";
import { stepOptions, trainStep } from "../lib/training/train_step.ts";
import { allModels, fetchAsset, fetchManifest, modelFile, type ModelKey, modelName } from "./messages.ts";
import type { Answer, Comparison, Picture, TrainReport, TrainSettings } from "./messages.ts";

const api = { pictures, look, compare, train };
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
  const [manifest, pixels] = await Promise.all([
    fetchManifest(),
    fetchAsset("drawings.gz"),
    start({ threads: 1 }),
  ]);
  const { configuration, classNames } = manifest;
  const dataset = iemojiDataset(pixels, { size: configuration.imageSize, holdOut: false, digest: "" });
  const learned = classNames.map((name) => IEMOJI_CLASSES.indexOf(name));
  const rest = IEMOJI_CLASSES.keys().filter((id) => !learned.includes(id));
  // Class ids of the data set in the order of learning.
  return { manifest, configuration, dataset, classOrder: [...learned, ...rest] };
});

const models = new Map<string, () => Promise<ResNet>>();
function modelOf(key: ModelKey): Promise<ResNet> {
  const file = modelFile(key);
  const read = async () => (await decodeCheckpoint(await fetchAsset(file), file)).model;
  const model = models.get(file) ?? once(read);
  models.set(file, model);
  return model();
}

/** The test images of a class, drawings by artists that no model has seen; of -1, none. */
async function pictures(classId: number): Promise<Picture[]> {
  if (classId < 0) return [];
  const { dataset, classOrder, configuration: { seed } } = await ready();
  const set = dataset.open("test", [classOrder[classId]], { seed, views: 1 });
  return Array.from({ length: set.count }, (_, image) => {
    const rgb = new Uint8Array(set.size * set.size * 3);
    set.read(image, 0, rgb);
    return { size: set.size, rgb };
  });
}

/** Scores and maps of one picture, by the models' names. */
async function look(picture: Picture): Promise<Map<string, Answer>> {
  const { manifest } = await ready();
  return new Map(
    await Promise.all(
      allModels(manifest).map(async (key) => [modelName(key), await answerOf(key, picture)] as const),
    ),
  );
}

async function answerOf(key: ModelKey, { size, rgb }: Picture): Promise<Answer> {
  const model = await modelOf(key);
  const { mean, std } = (await ready()).dataset;
  const [logits, maps] = tf.tidy(() => {
    const x = Float32Array.from(rgb, (byte, i) => (byte / 255 - mean[i % 3]) / std[i % 3]);
    const { logits, features } = model.forward(tf.tensor4d(x, [1, size, size, 3]));
    return [logits, allClassMaps(features, model.head.weights)];
  });
  const answer = {
    logits: await logits.data<"float32">(),
    maps: await maps.data<"float32">(),
    mapSize: Math.sqrt(maps.shape[2]!),
  };
  tf.dispose([logits, maps]);
  return answer;
}

/** L_D, L_AD and cosine between two models as teacher and student, over the classes that both know. */
async function compare(
  picture: Picture,
  pair: readonly [teacher: ModelKey, student: ModelKey],
): Promise<Comparison> {
  const { distillation, temperature, norm } = (await ready()).configuration;
  const answers = await Promise.all(pair.map((key) => answerOf(key, picture)));
  const classes = Math.min(...answers.map(({ logits }) => logits.length));
  const [L_D, L_AD, b, before, after] = tf.tidy(() => {
    const [teacher, student] = answers.map(({ logits, maps }) => ({
      logits: tf.tensor2d(logits.subarray(0, classes), [1, classes]),
      maps: tf.tensor3d(maps, [1, logits.length, maps.length / logits.length]).slice(0, [1, classes, -1]),
    }));
    const b = topBaseClass({ studentLogits: student.logits, teacherLogits: teacher.logits }, "student-top");
    const [Q_before, Q_after] = [mapsOfClass(teacher.maps, b), mapsOfClass(student.maps, b)];
    return [
      distillationLoss(teacher.logits, student.logits, { kind: distillation, temperature }),
      attentionDistillation(Q_before, Q_after, { norm }),
      tf.argMax(b, 1),
      Q_before,
      Q_after,
    ].map((tensor) => tensor.dataSync());
  });
  return {
    L_D: L_D[0],
    L_AD: L_AD[0],
    topBaseClass: b[0],
    cosine: mapCosine(before, after),
    dark: [before, after].some((values) => isDark({ size: answers[0].mapSize, values })),
    models: pair.map((key, i) => ({ name: modelName(key), logits: answers[i].logits })),
  };
}

/** Trains M_1 from the kept M_0, and measures it after each epoch; goes on when `tell` has resolved. */
async function train(settings: TrainSettings, tell: (report: TrainReport) => Promise<void>): Promise<void> {
  const { manifest, dataset, classOrder, ...context } = await ready();
  const configuration = { ...context.configuration, ...settings };
  const { seed, views } = configuration;
  const [base, added] = manifest.stepSizes;
  const headPosition = headPositions(classOrder);
  const forward = { headPositions: headPosition, normalization: dataset, batchSize: 100 };
  const teacher = await modelOf({ method: "LwM", step: 0 });
  const student = teacher.clone();
  student.growHead(manifest.classNames.slice(base, base + added), seed);
  const open = (split: "train" | "test", from: number, to: number) =>
    dataset.open(split, classOrder.slice(from, to), { seed, views: split === "train" ? views : 1 });
  const testSet = open("test", 0, base + added);
  const before = await predict(teacher, open("test", 0, base), forward);
  await trainStep(
    { student, teacher, set: open("train", base, base + added), headPosition },
    stepOptions(configuration, 1, dataset),
    {
      onProgress: ({ total, loss }) => void (loss && tell({ total, loss })),
      onEpoch: async ({ log }) => {
        const seen = await predict(student, testSet, forward);
        const [oldAccuracy, newAccuracy] = accuracyOfSteps(seen, [base, added]);
        const { cosine } = attentionRetention(before, ofFirstClasses(seen, base));
        const rates = { "old classes": oldAccuracy, "new classes": newAccuracy, "attention kept": cosine };
        const map = { size: seen.mapSize[0], values: mapOf(seen, 0).slice() };
        await tell({ epoch: { log: log.at(-1)!, rates, map } });
      },
    },
  );
  student.dispose();
}
