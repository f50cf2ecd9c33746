/**
 * What `deno task bench` measures. Runs in processes of its own, one an engine at a time, so that no
 * measurement finds another's memory or compiled kernels: its argument is its orders in JSON, and it prints a
 * line of JSON for each order.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneHotClasses } from "../../lib/attention/mod.ts";
import { allDraws, readBatch } from "../../lib/data/batches.ts";
import type { ImageSet } from "../../lib/data/image_set.ts";
import { type EngineName, useEngine } from "../../lib/engine/mod.ts";
import { configure } from "../../lib/run/configuration.ts";
import { ResNet, type ResNetOptions } from "../../lib/model/mod.ts";
import { randomStream } from "../../lib/random.ts";
import { askTeacher, cachedTeacher } from "../../lib/training/teacher.ts";
import { iterate, type IterationBatch } from "../../lib/training/iteration.ts";
import type { MethodName } from "../../lib/training/method.ts";
import { Sgd } from "../../lib/training/optimizer.ts";

/**
 * A network, and what it is fed with; each stage has twice as many channels as the one before, `width` at
 * first.
 */
export type Workload = Record<"depth" | "width" | "imageSize" | "batch", number>;

/**
 * One thing to measure: for so many seconds training and forward passes, or so many rounds of each method's
 * step.
 */
export type Order =
  | { workload: Workload; train?: number; evaluation?: number }
  | { workload: Workload; rounds: number };

/** Images a second of full training steps, and of forward passes alone; undefined where not measured. */
export type Speed = Partial<Record<"train" | "evaluation", number>>;

export type MethodSeconds = Record<MethodName | "LwM uncached", number>;

/** Losses and optimizer, of which the speed depends on the kinds alone. */
const TRAINING = configure({ preset: "default", method: "LwM" });
const BASE_CLASSES = 10;
const NORMALIZATION = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
const SEED = 1;

/** Depth 18 is the network for photographs, with four stages and a stem that quarters the resolution. */
function networkOf({ depth, width }: Workload): ResNetOptions {
  return depth === 18
    ? { depth, widths: [width, 2 * width, 4 * width, 8 * width], stem: "7x7/4" }
    : { depth, widths: [width, 2 * width, 4 * width], stem: "3x3" };
}

const classNames = (from: number) => Array.from({ length: BASE_CLASSES }, (_, i) => `class ${from + i}`);

/** Images of noise: the speed depends on sizes alone. */
function noise(imageSize: number, count: number): ImageSet {
  const random = randomStream(SEED, "bench", imageSize);
  const bytes = Uint8Array.from({ length: imageSize * imageSize * 3 }, () => random.integer(256));
  return {
    name: "noise",
    count,
    size: imageSize,
    views: 1,
    labels: Int32Array.from({ length: count }, (_, i) => BASE_CLASSES + i % BASE_CLASSES),
    read: (image, _view, target) => {
      target.set(bytes);
      target[0] = image % 256;
    },
  };
}

/** All images of a set, as one batch of new classes. */
function batchOf(set: ImageSet): IterationBatch {
  const { x, labels } = readBatch(set, allDraws(set), NORMALIZATION);
  return {
    x: tf.tensor4d(x, [set.count, set.size, set.size, 3]),
    labels: oneHotClasses(labels, 2 * BASE_CLASSES),
    baseClasses: BASE_CLASSES,
  };
}

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Seconds of one run, the median of as many as fit into the time, at least three. */
async function secondsOf(run: () => Promise<unknown>, seconds: number): Promise<number> {
  // The first makes the kernels, the next are still waiting for their compilation.
  for (let spent = await timed(run); spent < seconds / 3; spent += await timed(run));
  const times: number[] = [];
  for (let spent = 0; times.length < 3 || spent < seconds; spent += times.at(-1)!) {
    times.push(await timed(run));
  }
  return median(times);
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function speed(workload: Workload, { train, evaluation }: Speed): Promise<Speed> {
  const model = new ResNet(networkOf(workload), [...classNames(0), ...classNames(BASE_CLASSES)], SEED);
  const sgd = new Sgd(model, TRAINING);
  const set = noise(workload.imageSize, workload.batch);
  const batch = batchOf(set);
  const measure = async (run: () => Promise<unknown>, seconds?: number) =>
    seconds && workload.batch / await secondsOf(run, seconds);
  const speeds = {
    train: await measure(() => iterate(sgd, batch, "C", TRAINING, TRAINING.learningRate), train),
    evaluation: await measure(() => logitsOf(model, batch.x), evaluation),
  };
  sgd.dispose();
  model.dispose();
  tf.dispose([batch.x, batch.labels]);
  return speeds;
}

async function logitsOf(model: ResNet, x: tf.Tensor4D): Promise<Float32Array> {
  const logits = tf.tidy(() => model.forward(x).logits);
  const values = await logits.data<"float32">();
  logits.dispose();
  return values;
}

/** One step of each method. All take turns, so that a machine that slows down slows all of them. */
async function methods(workload: Workload, rounds: number): Promise<MethodSeconds> {
  const teacherModel = new ResNet(networkOf(workload), classNames(0), SEED);
  const student = teacherModel.clone();
  student.growHead(classNames(BASE_CLASSES), SEED);
  const sgd = new Sgd(student, TRAINING);
  const set = noise(workload.imageSize, workload.batch);
  const draws = allDraws(set);
  const batch = batchOf(set);
  const cached = await cachedTeacher(teacherModel, set, {
    views: 1,
    batchSize: workload.batch,
    normalization: NORMALIZATION,
  });
  const fresh: typeof cached = (_draws, x) => askTeacher(teacherModel, x);

  const step = async (method: MethodName, teacher?: typeof cached) => {
    const answers = teacher && tf.tidy(() => teacher(draws, batch.x));
    await iterate(sgd, { ...batch, teacher: answers }, method, TRAINING, TRAINING.learningRate);
    if (answers) tf.dispose(answers);
  };
  const variants: Record<keyof MethodSeconds, () => Promise<void>> = {
    "C": () => step("C"),
    "LwF-MC": () => step("LwF-MC", cached),
    "LwM": () => step("LwM", cached),
    "LwM uncached": () => step("LwM", fresh),
  };
  const names = Object.keys(variants) as (keyof MethodSeconds)[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  for (let round = -3; round < rounds; round++) { // the first three rounds warm up
    for (const name of names) {
      const seconds = await timed(variants[name]);
      if (round >= 0) times[name].push(seconds);
    }
  }
  sgd.dispose();
  student.dispose();
  teacherModel.dispose();
  tf.dispose([batch.x, batch.labels]);
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as MethodSeconds;
}

function measure(order: Order): Promise<unknown> {
  return "rounds" in order ? methods(order.workload, order.rounds) : speed(order.workload, order);
}

if (import.meta.main) {
  const { engine, orders }: { engine: EngineName; orders: Order[] } = JSON.parse(Deno.args[0]);
  await useEngine(engine, { log: () => {} });
  for (const order of orders) console.log(JSON.stringify(await measure(order)));
  Deno.exit(0); // a WebGPU device keeps a process alive
}
