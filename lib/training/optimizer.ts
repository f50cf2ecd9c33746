import * as tf from "@tensorflow/tfjs";
import { sgdStep } from "../engine/mod.ts";
import type { ResNet, SafeTensor } from "../model/mod.ts";
import type { NamedTensorMap, Variable } from "../tensors.ts";

/** Options of stochastic gradient descent that stay the same during a run. */
export interface OptimizerOptions {
  /** μ, from 0 to below 1. */
  momentum: number;
  /** λ, added to the gradient as λ · w. */
  weightDecay: number;
  /** Gradients are scaled so that their global norm is at most this. */
  maxNorm: number;
}

/**
 * Stochastic gradient descent with momentum and weight decay, by PyTorch's rule (v ← μ v + g + λ w, w ← w − η
 * v), for the parameters of one model. Holds one velocity a parameter: call {@linkcode Sgd.dispose} when
 * done.
 */
export class Sgd {
  readonly #velocities = new Map<string, Variable>();

  /**
   * Starts with zero velocities, or with those of an earlier optimizer of the same model.
   * @param model is updated by every step
   * @param options stay the same for all steps
   * @param velocities of the earlier optimizer; zeros where absent
   */
  constructor(
    readonly model: ResNet,
    readonly options: OptimizerOptions,
    velocities?: ReadonlyMap<string, SafeTensor>,
  ) {
    for (const [name, parameter] of model.parameters) {
      const start = velocities?.get(name);
      const value = start === undefined
        ? tf.zeros(parameter.shape)
        : tf.tensor(start.values, parameter.shape);
      this.#velocities.set(name, tf.variable(value, false));
      value.dispose();
    }
  }

  /**
   * One update of the model.
   * @param gradients by the name of the variable, as `tf.variableGrads` gives them; not disposed here
   */
  step(gradients: NamedTensorMap, learningRate: number): void {
    const parameters = [];
    for (const [name, weight] of this.model.parameters) {
      const gradient = gradients[weight.name];
      if (gradient) parameters.push({ weight, velocity: this.#velocities.get(name)!, gradient });
    }
    sgdStep(parameters, { learningRate, ...this.options });
  }

  /** The velocities by parameter name, to be saved with a checkpoint. */
  async velocities(): Promise<Map<string, SafeTensor>> {
    const all = new Map<string, SafeTensor>();
    for (const [name, velocity] of this.#velocities) {
      all.set(name, { shape: velocity.shape, values: await velocity.data<"float32">() });
    }
    return all;
  }

  /** Frees the velocities. */
  dispose(): void {
    for (const velocity of this.#velocities.values()) velocity.dispose();
    this.#velocities.clear();
  }
}

/**
 * The learning rate of an iteration: from `peak` at iteration 0 down towards 0 (Loshchilov and Hutter,
 * "SGDR", ICLR 2017, without restarts).
 */
export function cosineSchedule(peak: number, iteration: number, iterations: number): number {
  return peak * (1 + Math.cos(Math.PI * iteration / iterations)) / 2;
}
