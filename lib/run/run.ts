/**
 * A run: one configuration, trained step by step and kept on disk. A finished step is never trained again.
 *
 *     data/runs/iemoji-100/seed1-base-…/step-0/          M_0, shared by the methods
 *     data/runs/iemoji-100/seed1-LwM-…/step-1/           M_1
 *         ../configuration.json  the complete configuration, and the digest of the images
 *         model.safetensors      the weights of the finished step
 *         metrics.json           the metrics of the finished step
 *         progress.safetensors   weights, optimizer and position after each epoch, until the step is finished
 *         ../M_1.lock            held by the process that trains M_1, and names it
 * @module
 */
import { join } from "node:path";
import { type Dataset, type ImageSet, someOfEachClass } from "../data/image_set.ts";
import { headPositions, IncrementalStream } from "../data/protocol.ts";
import { type Engine, useEngine } from "../engine/mod.ts";
import { classMeans } from "../evaluation/head_corrections.ts";
import {
  type PooledFeatures,
  pooledFeatures,
  predict,
  type Predictions,
  type PredictOptions,
} from "../evaluation/predictions.ts";
import { stepRanges } from "../evaluation/scores.ts";
import { FileLock, isFile, readFileIfThere, writeFileWhole, writeSealedJson } from "../files.ts";
import {
  checkCheckpoint,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  ResNet,
} from "../model/mod.ts";
import {
  type EpochLog,
  stepOptions,
  type StepProgress,
  type StepState,
  trainStep,
} from "../training/train_step.ts";
import { stopPoint, throwIfStopped } from "../stop_signals.ts";
import { displayInNotebook, inNotebook } from "../progress.ts";
import { UserError } from "../user_error.ts";
import { classSteps, refusePhotos } from "./configuration.ts";
import type { Configuration } from "./schema.ts";
import type { StepMetrics } from "../evaluation/step_metrics.ts";
import { type ProbedFeatures, stepMetrics } from "./evaluate_step.ts";
import {
  codeOf,
  dataDirectory,
  keepConfiguration,
  openDataset,
  readRunFolder,
  readStepMetrics,
  refuseOtherImages,
  type RunFolders,
  runFolders,
  stepFolder,
  writeEpochLog,
} from "./folder.ts";

/** How far a run is. */
export interface RunProgress extends StepProgress {
  /** t; 0 is the base step. */
  step: number;
  /** Iterations over all steps of this call, including those of epochs that were finished before it. */
  overall: { done: number; total: number };
}

/** A step after an epoch of its training. */
export interface RunEpoch extends Pick<RunProgress, "step"> {
  /** Of all its epochs so far. */
  log: EpochLog[];
  /**
   * The student's map for the first evaluation image of the first class: (size, size) numbers, row by row.
   */
  map: { size: number; values: number[] };
}

/** Callbacks of {@linkcode Run.train}. An error in one ends the training; the next call resumes it. */
export interface RunHooks {
  /** Called again and again while another process trains the step, with its number and host. */
  onWait?: (trainedBy: string) => void;
  /** Called after every iteration. */
  onProgress?: (progress: RunProgress) => void;
  /** Called after every epoch. */
  onEpoch?: (epoch: RunEpoch) => void;
  /** Called when a step is trained and measured. */
  onStep?: (step: number) => void;
}

/** Options of {@linkcode Run.open}. */
export interface RunPlace {
  directory?: string;
  /** Receives the line that names the engine, and the line that names runs of other code. */
  log?: (line: string) => void;
  /** Called while images are rendered or decoded for the first time. */
  onImages?: (done: number, total: number) => void;
  /** False decodes no image: where some would have to be, the run can be planned but not trained. */
  decode?: boolean;
}

/** Options of {@linkcode Run.fromFolder}. */
export interface FolderPlace extends Omit<RunPlace, "directory" | "decode"> {
  /** Only the models are used, for which the folder has all that it takes; the images may be gone. */
  modelsOnly?: boolean;
  /** The folder of the images, if it has moved since the training. */
  data?: string;
  /** The engine for evaluation; by default the one that trained the run, if it is usable here. */
  engine?: Configuration["engine"];
}

/** About how many views of each class's training images class means and probes are made of. */
const SAMPLE = 100;

/** What is found once about the images of a step, for the metrics of this step and of all later ones. */
interface StepSample {
  /** The class means that are kept from this step: by M_t, of its classes. */
  readonly means: readonly Float64Array[];
  /** M_0's features. */
  readonly first: ProbedFeatures;
  /** Those of the network that M_0 was before its training. */
  readonly untrained: ProbedFeatures;
}

/** See the module's comment. Make one with {@linkcode Run.open}. */
export class Run {
  /** Class ids in the order in which they are learned. */
  readonly classOrder: readonly number[];
  /** (steps) class ids of each step. */
  readonly steps: readonly (readonly number[])[];
  readonly #stream: IncrementalStream;
  /** What M_0 makes of the base classes' images: each M_t is compared with it. */
  #first?: Predictions;
  /** Of steps 0, 1 …, as far as they were needed. */
  readonly #samples: StepSample[] = [];

  private constructor(
    readonly configuration: Configuration,
    readonly engine: Engine,
    readonly dataset: Dataset,
    readonly folders: RunFolders,
  ) {
    const { classOrder, steps } = classSteps(configuration, dataset.classNames);
    this.classOrder = classOrder;
    this.steps = steps;
    const { seed, views } = configuration;
    this.#stream = new IncrementalStream(dataset, steps, { seed, views });
  }

  /**
   * Starts the engine, opens the data set and finds the steps that are already trained.
   * @throws {UserError} if the engine or the data set is missing, the class counts are impossible,
   * or the trained steps were trained on other images
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { configure, Run } from "lwm";
   *
   * const run = await Run.open(configure({ preset: "smoke", method: "LwM" }));
   * assert.equal(run.classNames(0).length, 10);
   * // await run.train(); trains what is missing
   * ```
   */
  static async open(configuration: Configuration, place: RunPlace = {}): Promise<Run> {
    const engine = await useEngine(configuration.engine, { log: place.log ?? (() => {}) });
    return await Run.#open(configuration, engine, place);
  }

  /**
   * Opens the run in a folder, whichever code trained it. If the engine that trained it is not usable here,
   * `auto` evaluates it.
   * @param folder such as `data/runs/iemoji-100/seed1-LwM-…`
   * @throws {UserError} if the folder is no run, or its images are missing
   */
  static async fromFolder(folder: string, place: FolderPlace = {}): Promise<Run> {
    const { log = () => {} } = place;
    const { configuration: kept, directory, folders, images, trainedOn } = await readRunFolder(folder);
    const configuration = { ...kept, data: place.data ?? kept.data };
    refusePhotos(configuration);
    const engine = await useEngine(place.engine ?? kept.engine, { log }).catch((error) => {
      if (place.engine !== undefined || !(error instanceof UserError)) throw error;
      log(`The engine "${kept.engine}" trained this run and is not usable here; another evaluates it.`);
      return useEngine("auto", { log });
    });
    const open = () => {
      throw new UserError("Expected only the models of this run to be used. Open it with its images.");
    };
    const known = place.modelsOnly && trainedOn
      ? { ...trainedOn, digest: images!, imageSize: kept.imageSize, open }
      : undefined;
    return await Run.#open(configuration, engine, { ...place, directory }, folders, known);
  }

  /**
   * @param kept the folders of a run that was named by its folder
   * @param known what its folder says of the data set, in place of the images
   */
  static async #open(
    configuration: Configuration,
    engine: Engine,
    { directory = dataDirectory(), log = () => {}, onImages, decode }: RunPlace,
    kept?: RunFolders,
    known?: Dataset,
  ): Promise<Run> {
    // A run that was named by its folder says more, that the images are others.
    const onClasses = (classNames: readonly string[]) => void (kept ?? classSteps(configuration, classNames));
    const dataset = known ?? await openDataset(configuration, directory, { onImages, onClasses, decode });
    const { digest } = dataset;
    // True on this machine and now: a display with an id is not kept in a notebook that is committed.
    const onOtherCode = (line: string) =>
      inNotebook()
        ? void displayInNotebook({ "text/plain": line }, { display_id: crypto.randomUUID() })
        : log(line);
    const folders = kept ??
      await runFolders(configuration, engine.name, directory, digest || undefined, onOtherCode);
    await refuseOtherImages(folders, dataset);
    const complete = kept ? configuration : { ...configuration, engine: engine.name, code: codeOf(folders) };
    return new Run(complete, engine, dataset, folders);
  }

  /** Names of the classes that M_t knows, in the order in which they were learned. */
  classNames(step: number): string[] {
    return this.steps.slice(0, step + 1).flat().map((id) => this.dataset.classNames[id]);
  }

  /**
   * Whether M_t is trained and evaluated.
   * @throws {UserError} where its checkpoint is damaged
   */
  async isTrained(step: number): Promise<boolean> {
    const path = this.#path(step, "model.safetensors");
    const bytes = await readFileIfThere(path);
    if (bytes !== null) await checkCheckpoint(bytes, path);
    return bytes !== null && await isFile(this.#path(step, "metrics.json"));
  }

  /** Whether there is a checkpoint of M_t; it may not be evaluated yet. */
  async hasModel(step: number): Promise<boolean> {
    return await isFile(this.#path(step, "model.safetensors"));
  }

  /**
   * M_t. The caller disposes it.
   * @throws {UserError} where it is not trained yet, or damaged
   */
  async model(step: number): Promise<ResNet> {
    return (await this.#trained(step)).model;
  }

  /**
   * The metrics of step t.
   * @throws {UserError} if the step is not trained yet, or the file is damaged
   */
  async metrics(step: number): Promise<StepMetrics> {
    const metrics = await readStepMetrics(this.folders, step);
    if (metrics === null) throw this.#notTrained(step);
    return metrics;
  }

  /**
   * The losses of step t, epoch by epoch.
   * @throws {UserError} where the step is not trained yet
   */
  async log(step: number): Promise<EpochLog[]> {
    const { model, state } = await this.#trained(step);
    model.dispose();
    return (state as { log: EpochLog[] }).log;
  }

  /**
   * The images that the run is evaluated on, of some of its classes.
   * @param classIds such as `run.steps[0]`
   */
  evaluationImages(classIds: readonly number[]): ImageSet {
    const { evaluateOn, seed } = this.configuration;
    return this.dataset.open(evaluateOn, classIds, { seed, views: 1 });
  }

  /** How images are fed to the run's models when these are evaluated. */
  get evaluationPasses(): PredictOptions {
    const { mean, std } = this.dataset;
    return {
      normalization: { mean, std },
      batchSize: 100, // larger than in training, since no gradients are kept
      headPositions: headPositions(this.classOrder),
      onProgress: stopPoint,
    };
  }

  /**
   * What M_t makes of the images that the run is evaluated on.
   * @param classIds of which classes the images are; default all that M_t knows
   * @returns scores of all classes that M_t knows, and maps for the true class, in the order of the
   * evaluation images
   * @throws {UserError} where the step is not trained yet
   */
  async predictions(
    step: number,
    classIds: readonly number[] = this.steps.slice(0, step + 1).flat(),
  ): Promise<Predictions> {
    const model = await this.model(step);
    try {
      return await predict(model, this.evaluationImages(classIds), this.evaluationPasses);
    } finally {
      model.dispose();
    }
  }

  /**
   * Trains and evaluates the steps that are missing.
   * @param through the last step to train, from 0; all by default
   */
  async train(through: number = this.steps.length - 1, hooks: RunHooks = {}): Promise<void> {
    if (!Number.isInteger(through) || through < 0 || through >= this.steps.length) {
      throw new UserError(
        `Expected a step from 0 to ${this.steps.length - 1} but found ${through}. ` +
          "Raise `increments` for more steps.",
      );
    }
    if (this.engine.name !== this.configuration.engine) {
      throw new UserError(
        `Expected the engine "${this.configuration.engine}", which began this run, but found "${this.engine.name}". ` +
          "Train on that engine, or train a run of its own with the same options.",
      );
    }
    const { base, method } = this.folders;
    for (const folder of through > 0 ? [base, method] : [base]) {
      const increments = folder === base ? 0 : this.configuration.increments;
      // The images of a run that has begun were compared when it was opened.
      await keepConfiguration(folder, { ...this.configuration, increments }, this.dataset);
    }
    const missing: number[] = [];
    for (let step = 0; step <= through; step++) {
      if (!await this.isTrained(step)) missing.push(step);
      else await this.#removeProgress(step); // of a process that was killed when it had measured the step
    }
    const total = missing.reduce((sum, step) => sum + this.iterations(step), 0);
    let before = 0;
    for (const step of missing) {
      const path = join(step === 0 ? base : method, `M_${step}.lock`);
      using lock = await FileLock.wait(path, (note) => {
        throwIfStopped();
        if (note !== null) hooks.onWait?.(String(note));
      });
      lock.note(`process ${Deno.pid} on ${Deno.hostname()}`);
      // Another process may have trained it meanwhile.
      if (!await this.isTrained(step)) {
        await this.#trainStep(step, hooks, { before, total });
        await this.evaluate(step);
      }
      before += this.iterations(step);
      hooks.onStep?.(step);
    }
  }

  /** How many iterations the training of a step takes. Reads no image. */
  iterations(step: number): number {
    const { epochs, drawsPerEpoch, batchSize } = stepOptions(this.configuration, step, this.dataset);
    const { seed, views } = this.configuration;
    const { count } = this.dataset.open("train", this.steps[step], { seed, views });
    return epochs * Math.ceil(count * drawsPerEpoch / batchSize);
  }

  /** How many epochs of a step are trained, where its training was stopped in between. */
  async epochsDone(step: number): Promise<number> {
    const checkpoint = await this.#checkpoint(step, "progress.safetensors");
    checkpoint?.model.dispose();
    return (checkpoint?.state as StepState | undefined)?.epochsDone ?? 0;
  }

  /**
   * Evaluates M_t from its checkpoint. The metrics are kept if the engine is the one that trained the run.
   */
  async evaluate(step: number): Promise<StepMetrics> {
    const classIds = this.steps.slice(0, step + 1).flat();
    const model = await this.model(step);
    try {
      const seen = await predict(model, this.evaluationImages(classIds), this.evaluationPasses);
      const training = await this.#pooled(model, this.#sample(classIds));
      if (step === 0) this.#first = seen;
      this.#first ??= await this.predictions(0);
      for (let s = this.#samples.length; s <= step; s++) this.#samples.push(await this.#sampleOf(s));
      const samples = this.#samples.slice(0, step + 1);
      const joined = (of: "first" | "untrained"): ProbedFeatures => ({
        training: joinFeatures(samples.map((sample) => sample[of].training)),
        evaluation: joinFeatures(samples.map((sample) => sample[of].evaluation)),
      });
      const { weights, bias } = model.head;
      const metrics = stepMetrics(
        seen,
        this.#first,
        this.evaluationImages(this.steps[0]),
        this.steps.slice(0, step + 1).map((classes) => classes.map((id) => this.dataset.classNames[id])),
        {
          head: { weights: await weights.data<"float32">(), bias: await bias.data<"float32">() },
          means: samples.flatMap(({ means }) => means),
          training,
          first: joined("first"),
          untrained: joined("untrained"),
        },
      );
      if (this.engine.name !== this.configuration.engine) return metrics;
      await writeSealedJson(this.#path(step, "metrics.json"), metrics);
      await this.#removeProgress(step);
      return metrics;
    } finally {
      model.dispose();
    }
  }

  /** See {@linkcode StepSample}. */
  async #sampleOf(step: number): Promise<StepSample> {
    const classIds = this.steps[step];
    const sample = this.#sample(classIds);
    const probed = async (model: ResNet) => ({
      training: await this.#pooled(model, sample),
      evaluation: await this.#pooled(model, this.evaluationImages(classIds)),
    });
    using models = new DisposableStack();
    const owned = (model: ResNet) => models.adopt(model, (model) => model.dispose());
    const M_t = await this.#pooled(owned(await this.model(step)), sample);
    return {
      means: classMeans(M_t, stepRanges(this.steps.map(({ length }) => length))[step]),
      first: await probed(owned(await this.model(0))),
      untrained: await probed(owned(this.#startOf(0, null))),
    };
  }

  /** The same training images of some classes each time, and of few images several views. */
  #sample(classIds: readonly number[]): ImageSet {
    const { seed, views: most } = this.configuration;
    const { count } = this.dataset.open("train", classIds, { seed, views: 1 });
    const views = Math.max(1, Math.min(most, Math.floor(SAMPLE * classIds.length / count)));
    const set = this.dataset.open("train", classIds, { seed, views });
    return someOfEachClass(set, Math.ceil(SAMPLE / views), seed);
  }

  #pooled(model: ResNet, set: ImageSet): Promise<PooledFeatures> {
    return pooledFeatures(model, set, this.evaluationPasses);
  }

  #removeProgress(step: number): Promise<void> {
    return Deno.remove(this.#path(step, "progress.safetensors")).catch(() => {});
  }

  async #trainStep(
    step: number,
    hooks: RunHooks,
    { before, total }: { before: number; total: number },
  ): Promise<void> {
    if (await this.hasModel(step)) return;
    const earlier: EpochLog[][] = [];
    for (let t = 0; t < step; t++) earlier.push(await this.log(t));
    using models = new DisposableStack();
    const owned = (model: ResNet) => models.adopt(model, (model) => model.dispose());
    const teacher = step === 0 ? null : owned(await this.model(step - 1));
    const resumed = await this.#checkpoint(step, "progress.safetensors");
    const student = owned(resumed?.model ?? this.#startOf(step, teacher));
    const position = resumed?.state as Omit<StepState, "velocities"> | undefined;
    const options = stepOptions(this.configuration, step, this.dataset);
    const { base, method } = this.folders;
    const keepLog = (log: EpochLog[]) => writeEpochLog(step === 0 ? base : method, [...earlier, log]);
    let done = before + this.iterations(step) * (position?.epochsDone ?? 0) / options.epochs;
    const log = await trainStep(
      {
        student,
        teacher,
        set: this.#stream.open(step),
        headPosition: headPositions(this.classOrder),
        resume: position ? { ...position, velocities: resumed!.extra } : undefined,
      },
      options,
      {
        onProgress: (progress) => {
          throwIfStopped();
          if (progress.phase === "training") done = before + progress.done;
          hooks.onProgress?.({ ...progress, step, overall: { done, total } });
        },
        onEpoch: async ({ velocities, ...state }) => {
          const bytes = await encodeCheckpoint(student, { extra: velocities, state });
          await writeFileWhole(this.#path(step, "progress.safetensors"), bytes);
          await keepLog(state.log);
          if (hooks.onEpoch) hooks.onEpoch({ step, log: state.log, map: await this.#firstMap(student) });
        },
      },
    );
    // Where a process was killed between its last checkpoint and its last line.
    if (position?.epochsDone === options.epochs) await keepLog(log);
    const bytes = await encodeCheckpoint(student, { state: { log } });
    await writeFileWhole(this.#path(step, "model.safetensors"), bytes);
  }

  async #firstMap(student: ResNet): Promise<RunEpoch["map"]> {
    const images = this.evaluationImages([this.classOrder[0]]);
    const { maps, mapSize: [size] } = await predict(student, images, this.evaluationPasses);
    return { size, values: Array.from(maps.subarray(0, size * size)) };
  }

  /** The student before its first iteration: new for M_0, else the teacher with a grown head. */
  #startOf(step: number, teacher: ResNet | null): ResNet {
    const { depth, widths, stem, seed } = this.configuration;
    const names = this.steps[step].map((id) => this.dataset.classNames[id]);
    if (teacher === null) return new ResNet({ depth, widths, stem }, names, seed);
    const student = teacher.clone();
    student.growHead(names, seed);
    return student;
  }

  #path(step: number, file: string): string {
    return join(stepFolder(this.folders, step), file);
  }

  async #trained(step: number): Promise<Checkpoint> {
    const checkpoint = await this.#checkpoint(step, "model.safetensors");
    if (checkpoint === null) throw this.#notTrained(step);
    return checkpoint;
  }

  async #checkpoint(step: number, file: string): Promise<Checkpoint | null> {
    const path = this.#path(step, file);
    const bytes = await readFileIfThere(path);
    return bytes && await decodeCheckpoint(bytes, path);
  }

  #notTrained(step: number): UserError {
    const { method, seed } = this.configuration;
    const run = `${step === 0 ? "the base step" : method} (seed ${seed})`;
    return new UserError(
      `Expected M_${step} of ${run} to be trained but found no checkpoint in ${this.#path(step, "")}. ` +
        `Run the notebooks before this one, or \`await trainRuns([…], { through: ${step} })\`.`,
    );
  }
}

/** The features of several sets of images, one after the other. */
function joinFeatures(parts: readonly PooledFeatures[]): PooledFeatures {
  const images = parts.reduce((sum, { labels }) => sum + labels.length, 0);
  const pooled = new Float32Array(parts.reduce((sum, part) => sum + part.pooled.length, 0));
  const labels = new Int32Array(images);
  let [image, value] = [0, 0];
  for (const part of parts) {
    pooled.set(part.pooled, value);
    labels.set(part.labels, image);
    image += part.labels.length;
    value += part.pooled.length;
  }
  return { pooled, labels };
}
