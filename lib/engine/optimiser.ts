/**
 * Stochastic gradient descent with momentum, in PyTorch's form.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** A weight that is trained, its velocity (zeros at the start) and the loss's gradient by it, all of one shape. */
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

/**
 * One step of `torch.optim.SGD` after `torch.nn.utils.clip_grad_norm_`:
 * g ← g · min(1, maxNorm/(‖g‖₂ + 1e-6)), v ← momentum·v + g + weightDecay·w, w ← w − learningRate·v.
 */
export function sgdStep(parameters: Parameter[], options: SgdOptions): void {
  const { learningRate, momentum, weightDecay, maxNorm } = options;
  tf.tidy(() => {
    const scale = maxNorm === Infinity ? tf.scalar(1) : tf.minimum(
      1,
      tf.div(
        maxNorm,
        tf.add(tf.sqrt(tf.addN(parameters.map(({ gradient }) => tf.sum(tf.square(gradient))))), 1e-6),
      ),
    );
    for (const { weight, velocity, gradient } of parameters) {
      const decayed = tf.add(tf.mul(gradient, scale), tf.mul(weight, weightDecay));
      velocity.assign(tf.add(tf.mul(velocity, momentum), decayed));
      weight.assign(tf.sub(weight, tf.mul(velocity, learningRate)));
    }
  });
}
