/**
 * The network of the paper: a residual network (He et al., "Deep Residual Learning for Image Recognition",
 * CVPR 2016, arXiv 1512.03385) with a head that grows by the new classes of each step.
 *
 * With three widths it is the CIFAR family of He et al. §4.2 (depth 6n + 2: ResNet-8, -20, -32 …), with four
 * widths and depth 18 their ImageNet ResNet-18, with projection shortcuts where the shape changes. Shapes in
 * the comments: B images, H × W pixels, C classes, K feature maps.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  addRelu,
  batchNormalization,
  batchNormalizationInference,
  conv2d,
  moveAverage,
} from "../engine/mod.ts";
import { type RandomStream, randomStream } from "../random.ts";
import type { Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from "../tensors.ts";
import { UserError } from "../user_error.ts";

/** Shape of the network, without its classes. */
export interface ResNetOptions {
  /** Number of weighted layers: 2 + 2 · stages · blocks a stage. */
  depth: number;
  /** Channels of each stage; each stage after the first halves the resolution. */
  widths: readonly number[];
  /**
   * First layer: 3 × 3 at full or half resolution, or the 7 × 7 stride 2 of ImageNet followed by max pooling.
   */
  stem: Stem;
}

/** See {@linkcode ResNetOptions.stem}. */
export type Stem = "3x3" | "3x3/2" | "7x7/4";

/** Outputs of a forward pass. */
export type ForwardPass = {
  /** (B, C) scores, one column a class, in the order in which the classes were learned. */
  logits: Tensor2D;
  /** (B, h, w, K) feature maps of the last stage, after its ReLU: the A of Grad-CAM. */
  features: Tensor4D;
};

/**
 * Returns a tensor of a new network by name; the network takes it over. Throws if there is none of that
 * shape.
 */
export type TensorSource = (name: string, shape: number[]) => Tensor;

/** Running statistics move by this fraction towards those of each batch (PyTorch's default). */
const STATISTICS_MOMENTUM = 0.1;

/**
 * A residual network with a growing head. Holds tensors: call {@linkcode ResNet.dispose} when done.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import * as tf from "@tensorflow/tfjs";
 * import { ResNet } from "lwm";
 *
 * const network = new ResNet({ depth: 8, widths: [4, 8, 16], stem: "3x3" }, ["cat", "dog"], 1);
 * network.growHead(["frog"], 1);
 * const { logits, features } = network.forward(tf.zeros([1, 32, 32, 3]) as tf.Tensor4D);
 * assert.deepEqual([logits.shape, features.shape], [[1, 3], [1, 8, 8, 16]]);
 * network.dispose();
 * ```
 */
export class ResNet {
  /** Names of the classes, one a column of the head, in the order in which they were learned. */
  classNames: readonly string[];
  /** Trainable parameters by name, such as `stage2.block1.conv1.filter`. */
  readonly parameters: Map<string, Variable> = new Map();
  /**
   * Running mean and variance of each batch normalization, by name. Updated in training by a moving average.
   */
  readonly statistics: Map<string, Variable> = new Map();

  /**
   * Creates a network: untrained, or with given tensors.
   * @param options shape of the network
   * @param classNames the classes of the base step; of all steps where the tensors are given
   * @param start the seed that every initial weight comes from, or the source of the tensors
   * @throws {UserError} where the depth does not fit the number of stages
   */
  constructor(
    readonly options: ResNetOptions,
    classNames: readonly string[],
    start: number | TensorSource,
  ) {
    const { stem, widths } = options;
    const blocks = blocksPerStage(options);
    const source = typeof start === "number" ? untrained(start) : start;
    this.classNames = [...classNames];
    try {
      this.#addConvNorm("stem", stem === "7x7/4" ? 7 : 3, 3, widths[0], source);
      let channels = widths[0];
      widths.forEach((width, s) => {
        for (let b = 0; b < blocks; b++) {
          const name = `stage${s + 1}.block${b + 1}`;
          this.#addConvNorm(`${name}.conv1`, 3, channels, width, source);
          this.#addConvNorm(`${name}.conv2`, 3, width, width, source);
          if (strideOf(s, b) !== 1 || channels !== width) {
            this.#addConvNorm(`${name}.shortcut`, 1, channels, width, source);
          }
          channels = width;
        }
      });
      this.#add(this.parameters, "head.weights", [channels, classNames.length], source);
      this.#add(this.parameters, "head.bias", [classNames.length], source);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The dense head: weights (K, C) and bias (C). */
  get head(): { weights: Tensor2D; bias: Tensor1D } {
    return { weights: this.#parameter("head.weights"), bias: this.#parameter("head.bias") };
  }

  /**
   * Scores images.
   * @param x (B, H, W, 3) normalized images
   * @param training true: normalize by the batch's statistics and update the running ones; false: use the
   * running ones
   * @returns logits (B, C) and the last stage's feature maps (B, h, w, K)
   */
  forward(x: Tensor4D, training = false): ForwardPass {
    return tf.tidy(() => {
      const features = this.stage(this.options.widths.length - 1, x, training); // (B, h, w, K)
      return { logits: this.classify(features), features };
    });
  }

  /**
   * The feature maps after one stage.
   * @param last the stage, from 0; all stages up to it are run
   * @param x (B, H, W, 3)
   * @param training as in {@linkcode ResNet.forward}
   */
  stage(last: number, x: Tensor4D, training = false): Tensor4D {
    return tf.tidy(() => {
      let h = this.#stem(x, training); // (B, H, W, widths[0]), resolution by the stem
      for (let s = 0; s <= last; s++) {
        for (let b = 0; b < blocksPerStage(this.options); b++) {
          // (B, H/2^s, W/2^s, widths[s])
          h = this.#block(`stage${s + 1}.block${b + 1}`, h, strideOf(s, b), training);
        }
      }
      return h;
    });
  }

  /**
   * Height and width of the last stage's feature maps.
   * @param imageSize height and width of an image
   */
  featureSize(imageSize: number): number {
    const { stem, widths } = this.options;
    const halvings = { "3x3": 0, "3x3/2": 1, "7x7/4": 2 }[stem] + widths.length - 1;
    return Math.ceil(imageSize / 2 ** halvings);
  }

  /**
   * From the last stage's feature maps to scores: global average pooling and the dense head.
   * @param features (B, h, w, K)
   * @returns (B, C)
   */
  classify(features: Tensor4D): Tensor2D {
    return tf.tidy(() => {
      const pooled = tf.mean<Tensor2D>(features, [1, 2]); // (B, K)
      return tf.add(tf.matMul(pooled, this.head.weights), this.head.bias); // (B, C)
    });
  }

  /**
   * Adds a column to the head for each new class. The old columns stay bit-identical.
   * @param newClassNames classes that the network does not know yet
   * @param seed the new columns' initial weights come from it
   */
  growHead(newClassNames: readonly string[], seed: number): void {
    const known = newClassNames.find((name, i) =>
      [...this.classNames, ...newClassNames.slice(0, i)].includes(name)
    );
    if (known !== undefined) {
      throw new UserError(`Expected new classes only, but the network already knows "${known}".`);
    }
    const random = randomStream(seed, "head", this.classNames.length);
    const count = newClassNames.length;
    tf.tidy(() => {
      const { weights, bias } = this.head;
      const channels = weights.shape[0];
      const rows = tf.tensor2d(headRows(channels, count, random), [channels, count]);
      this.#replace("head.weights", tf.concat([weights, rows], 1));
      this.#replace("head.bias", tf.concat([bias, tf.zeros([count])]));
    });
    this.classNames = [...this.classNames, ...newClassNames];
  }

  /** A copy with weights of its own: the frozen teacher, for instance. */
  clone(): ResNet {
    const tensors = this.tensors();
    return new ResNet(this.options, this.classNames, (name) => tensors.get(name)!.clone());
  }

  /** All weights and statistics by name: what a checkpoint holds. */
  tensors(): Map<string, Tensor> {
    return new Map([...this.parameters, ...this.statistics]);
  }

  /** Frees all tensors. */
  dispose(): void {
    for (const tensor of this.tensors().values()) tensor.dispose();
    this.parameters.clear();
    this.statistics.clear();
  }

  #stem(x: Tensor4D, training: boolean): Tensor4D {
    const { stem } = this.options;
    const h = this.#convNorm("stem", x, stem === "3x3" ? 1 : 2, { relu: true, training });
    return stem === "7x7/4" ? tf.maxPool(h, 3, 2, 1) : h;
  }

  /** ReLU(F(x) + shortcut(x)), He et al. equation (2). */
  #block(name: string, x: Tensor4D, stride: number, training: boolean): Tensor4D {
    const h = this.#convNorm(`${name}.conv1`, x, stride, { relu: true, training });
    const residual = this.#convNorm(`${name}.conv2`, h, 1, { relu: false, training });
    const shortcut = this.parameters.has(`${name}.shortcut.filter`)
      ? this.#convNorm(`${name}.shortcut`, x, stride, { relu: false, training })
      : x;
    return addRelu(residual, shortcut);
  }

  /** Convolution, batch normalization and optionally ReLU, with the same padding on all sides. */
  #convNorm(
    name: string,
    x: Tensor4D,
    stride: number,
    { relu, training }: { relu: boolean; training: boolean },
  ): Tensor4D {
    const filter = this.#parameter<Tensor4D>(`${name}.filter`);
    const gamma = this.#parameter<Tensor1D>(`${name}.gamma`);
    const beta = this.#parameter<Tensor1D>(`${name}.beta`);
    const runningMean = this.statistics.get(`${name}.mean`)!;
    const runningVariance = this.statistics.get(`${name}.variance`)!;

    const h = conv2d(x, filter, stride, (filter.shape[0] - 1) / 2);
    if (!training) {
      const [mean, variance] = [runningMean, runningVariance] as Tensor[] as Tensor1D[];
      return batchNormalizationInference(h, gamma, beta, mean, variance, { relu });
    }
    const { y, mean, variance } = batchNormalization(h, gamma, beta, { relu });
    const count = h.size / mean.size;
    const [kept, added] = [1 - STATISTICS_MOMENTUM, STATISTICS_MOMENTUM];
    moveAverage(runningMean, mean, { kept, added });
    // The unbiased estimate, as PyTorch keeps it.
    moveAverage(runningVariance, variance, { kept, added: added * (count / (count - 1)) });
    return y;
  }

  #addConvNorm(name: string, kernel: number, input: number, output: number, source: TensorSource): void {
    this.#add(this.parameters, `${name}.filter`, [kernel, kernel, input, output], source);
    for (const part of ["gamma", "beta"]) this.#add(this.parameters, `${name}.${part}`, [output], source);
    for (const part of ["mean", "variance"]) this.#add(this.statistics, `${name}.${part}`, [output], source);
  }

  #add(home: Map<string, Variable>, name: string, shape: number[], source: TensorSource): void {
    const value = source(name, shape);
    home.set(name, tf.variable(value, home === this.parameters));
    value.dispose();
  }

  #replace(name: string, value: Tensor): void {
    this.#parameter(name).dispose();
    this.#add(this.parameters, name, value.shape, () => value);
  }

  #parameter<T extends Tensor>(name: string): T {
    return this.parameters.get(name)! as Tensor as T;
  }
}

/**
 * Initial weights: He et al., ICCV 2015, for convolutions, PyTorch's for the head, and the identity for
 * normalizations.
 */
function untrained(seed: number): TensorSource {
  const random = randomStream(seed, "network");
  return (name, shape) => {
    if (name === "head.weights") return tf.tensor(headRows(shape[0], shape[1], random), shape);
    if (name.endsWith(".filter")) {
      const [height, width, input, output] = shape;
      const inputs = height * width * input;
      const deviation = Math.sqrt(2 / inputs);
      const values = Float32Array.from({ length: inputs * output }, () => deviation * random.normal());
      return tf.tensor(values, shape);
    }
    return name.endsWith(".gamma") || name.endsWith(".variance") ? tf.ones(shape) : tf.zeros(shape);
  };
}

/**
 * The number of residual blocks in each stage.
 * @throws {UserError} where the depth does not fit the number of stages
 */
export function blocksPerStage({ depth, widths }: Pick<ResNetOptions, "depth" | "widths">): number {
  const layers = 2 * widths.length;
  const blocks = (depth - 2) / layers;
  if (Number.isInteger(blocks) && blocks >= 1) return blocks;
  throw new UserError(
    `Expected depth to be 2 + stages · 2n, which is 2 + ${layers}n with ${widths.length} widths, but found ${depth}. ` +
      `Take ${2 + layers * Math.max(1, Math.round(blocks))}, or another number of widths.`,
  );
}

/** Every stage after the first begins with a stride of 2. */
function strideOf(stage: number, block: number): 1 | 2 {
  return stage > 0 && block === 0 ? 2 : 1;
}

/** (K, count) values, uniform within ±1/√K: PyTorch's initialization of a dense layer. */
function headRows(channels: number, count: number, random: RandomStream): Float32Array {
  const bound = 1 / Math.sqrt(channels);
  return Float32Array.from({ length: channels * count }, () => bound * (2 * random.uniform() - 1));
}
