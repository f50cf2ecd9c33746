/**
 * Stochastic gradient descent with momentum, in PyTorch's form.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * A weight that is trained, its velocity (zeros at the start) and the loss's gradient by it, all of one
 * shape.
 */
export interface Parameter {
  /** assigned a new value by each step */
  weight: tf.Variable;
  /** assigned a new value by each step */
  velocity: tf.Variable;
  /** the loss's gradient by the weight */
  gradient: tf.Tensor;
}

/** Options of {@linkcode sgdStep}. */
export interface SgdOptions {
  /** lr */
  learningRate: number;
  /** how much of the velocity stays */
  momentum: number;
  /** added to the gradient times the weight */
  weightDecay: number;
  /** largest L2 norm of all gradients together; Infinity for no clipping */
  maxNorm: number;
}

/** What carries out {@linkcode sgdStep}. */
export type SgdStep = (parameters: Parameter[], options: SgdOptions) => void;

const steps = new Map<string, SgdStep>();

/** Gives one of tfjs's backends a step of its own. */
export function registerSgdStep(backendName: string, step: SgdStep): void {
  steps.set(backendName, step);
}

/**
 * One step of `torch.optim.SGD` after `torch.nn.utils.clip_grad_norm_`:
 * g ← g · min(1, maxNorm/(‖g‖₂ + 1e-6)), v ← momentum·v + g + weightDecay·w, w ← w − learningRate·v.
 * Weights and velocities are assigned new tensors; the gradients are left to the caller.
 */
export function sgdStep(parameters: Parameter[], options: SgdOptions): void {
  for (const { weight, velocity, gradient } of parameters) {
    tf.util.assertShapesMatch(weight.shape, velocity.shape, `Velocity of ${weight.name}: `);
    tf.util.assertShapesMatch(weight.shape, gradient.shape, `Gradient of ${weight.name}: `);
  }
  (steps.get(tf.getBackend()) ?? composedSgdStep)(parameters, options);
}

function composedSgdStep(
  parameters: Parameter[],
  { learningRate, momentum, weightDecay, maxNorm }: SgdOptions,
): void {
  if (parameters.length === 0) return;
  tf.tidy(() => {
    let scale: tf.Tensor = tf.scalar(1);
    if (maxNorm !== Infinity) {
      // One by one: on WebGPU, tf.addN of as many tensors as a network has gives wrong sums.
      const squares = parameters.map(({ gradient }) => tf.sum(tf.square(gradient))).reduce((a, b) =>
        tf.add(a, b)
      );
      scale = tf.minimum(1, tf.div(maxNorm, tf.add(tf.sqrt(squares), 1e-6)));
    }
    for (const { weight, velocity, gradient } of parameters) {
      const decayed = tf.add(tf.mul(gradient, scale), tf.mul(weight, weightDecay));
      velocity.assign(tf.add(tf.mul(velocity, momentum), decayed));
      weight.assign(tf.sub(weight, tf.mul(velocity, learningRate)));
    }
  });
}
