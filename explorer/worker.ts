/**
 * All computation of the page, on the wasm engine and the code of `lib/`: one worker answers questions about the kept models, one
 * for each training trains M_1.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { allClassMaps, mapsOfClass } from "../lib/attention/mod.ts";
import { IEMOJI_CLASSES } from "../lib/data/iemoji/classes.ts";
import { iemojiDataset } from "../lib/data/iemoji/iemoji.ts";
import type { Dataset } from "../lib/data/image_set.ts";
import { headPositions } from "../lib/data/protocol.ts";
import { start } from "../lib/engine/wasm.ts";
import { accuracyOfSteps } from "../lib/evaluation/accuracy.ts";
import { attentionRetention, mapCosine } from "../lib/evaluation/attention_retention.ts";
import { ofFirstClasses, predict } from "../lib/evaluation/predict.ts";
import { attentionDistillation, distillationLoss, topBaseClass } from "../lib/losses/mod.ts";
import { decodeCheckpoint, type ResNet } from "../lib/model/mod.ts";
import { stepOptions, trainStep } from "../lib/training/mod.ts";
import { fetchAsset, fetchDrawings, fetchManifest } from "./assets.ts";
import {
  type Answer,
  type Comparison,
  type Manifest,
  METHOD_NAMES,
  modelFile,
  type ModelKey,
  type Picture,
  type Reply,
  type Report,
  type Request,
  type TrainSettings,
} from "./messages.ts";

/** What every request needs. */
interface Ready {
  readonly manifest: Manifest;
  readonly dataset: Dataset;
  /** Class ids of the data set in the order of learning. */
  readonly classOrder: readonly number[];
}

const models = new Map<string, Promise<ResNet>>();
let ready: Promise<Ready> | undefined;
let stopped = false;
/** Resolves when a paused training goes on. */
let paused: Promise<void> | null = null;
let goOn = () => {};

self.onmessage = async ({ data }: MessageEvent<Request>) => {
  const reply = (message: Reply, transfer: Transferable[] = []) => self.postMessage(message, { transfer });
  try {
    await answer(data, reply);
  } catch (error) {
    reply({ id: data.id, type: "error", message: error instanceof Error ? error.message : String(error) });
  }
};

async function answer(request: Request, reply: (message: Reply) => void): Promise<void> {
  const { id, type } = request;
  if (type === "stop" || type === "go on") {
    stopped = type === "stop";
    paused = null;
    return goOn();
  }
  if (type === "pause") {
    paused = new Promise((resolve) => goOn = resolve);
    return;
  }
  const context = await (ready ??= prepare());
  if (type === "look") reply({ id, type: "answers", answers: await look(request.picture, context) });
  if (type === "compare") {
    reply({ id, type: "comparison", comparison: await compare(request.picture, request.pair, context) });
  }
  if (type === "pictures") reply({ id, type: "pictures", pictures: testPictures(request.classId, context) });
  if (type === "train") {
    await train(request.settings, context, (report) => reply({ ...report, id } as Reply));
    reply({ id, type: "done" });
  }
}

async function prepare(): Promise<Ready> {
  setWasmPaths("./");
  const [manifest, pixels] = await Promise.all([fetchManifest(), fetchDrawings(), start({ threads: 1 })]);
  const { imageSize: size } = manifest.configurations.LwM;
  const dataset = iemojiDataset(pixels, { size, holdOut: false, digest: "" });
  const learned = manifest.classNames.map((name) => IEMOJI_CLASSES.indexOf(name));
  const rest = IEMOJI_CLASSES.keys().filter((id) => !learned.includes(id));
  return { manifest, dataset, classOrder: [...learned, ...rest] };
}

function modelOf(key: ModelKey): Promise<ResNet> {
  const file = modelFile(key);
  let model = models.get(file);
  if (model === undefined) {
    model = fetchAsset(file).then(async (response) => {
      const bytes = new Uint8Array(await response.arrayBuffer());
      return (await decodeCheckpoint(bytes, file)).model;
    });
    models.set(file, model);
  }
  return model;
}

/** Scores and maps of one picture by every model: a row for each method, a column for each step. */
async function look(picture: Picture, context: Ready): Promise<Answer[][]> {
  const steps = [...context.manifest.stepSizes.keys()];
  const first = await answerOf({ method: "C", step: 0 }, picture, context);
  return await Promise.all(
    METHOD_NAMES.map((method) =>
      Promise.all(steps.map((step) => step === 0 ? first : answerOf({ method, step }, picture, context)))
    ),
  );
}

async function answerOf(key: ModelKey, picture: Picture, context: Ready): Promise<Answer> {
  const model = await modelOf(key);
  const [logits, maps] = tf.tidy(() => {
    const { logits, features } = model.forward(tensorOf(picture, context));
    return [logits, allClassMaps(features, model.head.weights)] as const;
  });
  const answer = {
    logits: await logits.data<"float32">(),
    maps: await maps.data<"float32">(),
    mapSize: Math.sqrt(maps.shape[2]),
  };
  tf.dispose([logits, maps]);
  return answer;
}

/** L_D, L_AD and cosine between two models as teacher and student, over the classes that both know. */
async function compare(
  picture: Picture,
  [teacherKey, studentKey]: readonly [ModelKey, ModelKey],
  context: Ready,
): Promise<Comparison> {
  const [teacher, student] = [await modelOf(teacherKey), await modelOf(studentKey)];
  const options = context.manifest.configurations.LwM;
  const classes = Math.min(teacher.classNames.length, student.classNames.length);
  const [L_D, L_AD, b, before, after] = tf.tidy(() => {
    const x = tensorOf(picture, context);
    const [asked, answered] = [teacher, student].map((model) => {
      const { logits, features } = model.forward(x);
      const weights = tf.slice2d(model.head.weights, [0, 0], [-1, classes]);
      return { logits: tf.slice2d(logits, [0, 0], [-1, classes]), maps: allClassMaps(features, weights) };
    });
    const b = topBaseClass({ studentLogits: answered.logits, teacherLogits: asked.logits }, "student-top");
    const [Q_before, Q_after] = [mapsOfClass(asked.maps, b), mapsOfClass(answered.maps, b)];
    return [
      distillationLoss(asked.logits, answered.logits, {
        kind: options.distillation,
        temperature: options.temperature,
      }),
      attentionDistillation(Q_before, Q_after, { norm: options.norm }),
      tf.argMax(b, 1),
      Q_before,
      Q_after,
    ].map((tensor) => tensor.dataSync());
  });
  return { L_D: L_D[0], L_AD: L_AD[0], topBaseClass: b[0], cosine: mapCosine(before, after) };
}

/** The test images of a class: drawings by artists that no model has seen. */
function testPictures(classId: number, { dataset, classOrder, manifest }: Ready): Picture[] {
  const { seed } = manifest.configurations.LwM;
  const set = dataset.open("test", [classOrder[classId]], { seed, views: 1 });
  return Array.from({ length: set.count }, (_, image) => {
    const rgb = new Uint8Array(set.size * set.size * 3);
    set.read(image, 0, rgb);
    return { size: set.size, rgb };
  });
}

/** (1, size, size, 3), normalized as in training. */
function tensorOf({ size, rgb }: Picture, { dataset: { mean, std } }: Ready): tf.Tensor4D {
  const x = Float32Array.from(rgb, (byte, i) => (byte / 255 - mean[i % 3]) / std[i % 3]);
  return tf.tensor4d(x, [1, size, size, 3]);
}

/** Trains M_1 from the kept M_0, and measures it after each epoch. */
async function train(
  settings: TrainSettings,
  { manifest, dataset, classOrder }: Ready,
  tell: (report: Report) => void,
): Promise<void> {
  const configuration = { ...manifest.configurations.LwM, ...settings };
  const { seed, views } = configuration;
  const [base, added] = manifest.stepSizes;
  const options = {
    headPositions: headPositions(classOrder),
    normalization: dataset,
    batchSize: 100,
  };
  const newNames = manifest.classNames.slice(base, base + added);
  const teacher = await modelOf({ method: "LwM", step: 0 });
  const student = teacher.clone();
  student.growHead(newNames, seed);
  const testSet = dataset.open("test", classOrder.slice(0, base + added), { seed, views: 1 });
  const baseSet = dataset.open("test", classOrder.slice(0, base), { seed, views: 1 });
  const before = await predict(teacher, baseSet, options);
  stopped = false;

  try {
    await trainStep(
      {
        student,
        teacher,
        set: dataset.open("train", classOrder.slice(base, base + added), { seed, views }),
        headPosition: options.headPositions,
      },
      stepOptions(configuration, 1, dataset),
      {
        shouldStop: () => stopped,
        onProgress: ({ phase, done, total, loss }) =>
          tell({ type: "iteration", done: phase === "teacher" ? 0 : done, total, loss: loss ?? null }),
        onEpoch: async ({ log }) => {
          const seen = await predict(student, testSet, options);
          const [oldAccuracy, newAccuracy] = accuracyOfSteps(seen, [base, added]);
          const kept = ofFirstClasses(seen, base);
          const pixels = seen.mapSize[0] * seen.mapSize[1];
          tell({
            type: "epoch",
            report: {
              log: log[log.length - 1],
              oldAccuracy,
              newAccuracy,
              cosine: attentionRetention(before, kept).cosine,
              map: seen.maps.slice(0, pixels), // the first test image of the first class, the telephone
              mapSize: seen.mapSize[0],
            },
          });
          await paused;
        },
      },
    );
  } finally {
    student.dispose();
  }
}
