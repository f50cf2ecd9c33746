/**
 * Batch normalization, a ReLU fused into it if asked for.
 * @module
 */
import { Argument, Layout, Normalization, Propagation, Query } from "./constants.ts";
import { create, type OneDnn } from "./library.ts";
import {
  activations,
  type Binding,
  byteLength,
  chosenDescriptor,
  descriptor,
  Primitive,
} from "./primitive.ts";

/** Sizes of activations. */
export type Sizes = readonly [batch: number, height: number, width: number, channels: number];

/** Batch normalization by the batch's own statistics, for one set of sizes. */
export class TrainingNormalization {
  /** Bytes that the forward pass leaves for the backward pass (which outputs the ReLU cut); 0 without ReLU. */
  readonly workspaceBytes: number;
  /** (x, gamma, beta, y, mean, variance[, workspace]) */
  readonly forward: Primitive;
  /** (x, dy, gamma, mean, variance, dx, dgamma, dbeta[, workspace]) */
  readonly backward: Primitive;

  constructor(library: OneDnn, sizes: Sizes, relu: boolean, epsilon: number) {
    const { symbols, engine } = library;
    const data = activations(library, ...sizes);
    const perChannel = descriptor(library, Layout.a, sizes[3]);
    const flags = Normalization.scale | Normalization.shift | (relu ? Normalization.relu : 0);
    const forward = create(
      "batch normalization",
      (handle) =>
        symbols.dnnl_batch_normalization_forward_primitive_desc_create(
          handle,
          engine,
          Propagation.forwardTraining,
          data,
          data,
          epsilon,
          flags,
          null,
        ),
    );
    const backward = create(
      "batch normalization's gradient",
      (handle) =>
        symbols.dnnl_batch_normalization_backward_primitive_desc_create(
          handle,
          engine,
          Propagation.backward,
          data,
          data,
          data,
          epsilon,
          flags,
          forward,
          null,
        ),
    );
    const workspace: Binding[] = relu
      ? [[Argument.workspace, chosenDescriptor(library, forward, Query.workspace)]]
      : [];
    this.workspaceBytes = relu ? byteLength(library, chosenDescriptor(library, forward, Query.workspace)) : 0;
    this.forward = new Primitive(library, forward, [
      [Argument.source, data],
      [Argument.scale, perChannel],
      [Argument.shift, perChannel],
      [Argument.destination, data],
      [Argument.mean, perChannel],
      [Argument.variance, perChannel],
      ...workspace,
    ]);
    // β is no input of the gradient: with it oneDNN answers "invalid arguments".
    this.backward = new Primitive(library, backward, [
      [Argument.source, data],
      [Argument.destinationGradient, data],
      [Argument.scale, perChannel],
      [Argument.mean, perChannel],
      [Argument.variance, perChannel],
      [Argument.sourceGradient, data],
      [Argument.scaleGradient, perChannel],
      [Argument.shiftGradient, perChannel],
      ...workspace,
    ]);
  }
}

/** Batch normalization by given statistics, for one set of sizes: (x, gamma, beta, mean, variance, y). */
export function inferenceNormalization(
  library: OneDnn,
  sizes: Sizes,
  relu: boolean,
  epsilon: number,
): Primitive {
  const { symbols, engine } = library;
  const data = activations(library, ...sizes);
  const perChannel = descriptor(library, Layout.a, sizes[3]);
  const flags = Normalization.givenStatistics | Normalization.scale | Normalization.shift |
    (relu ? Normalization.relu : 0);
  const description = create(
    "batch normalization at inference",
    (handle) =>
      symbols.dnnl_batch_normalization_forward_primitive_desc_create(
        handle,
        engine,
        Propagation.forwardInference,
        data,
        data,
        epsilon,
        flags,
        null,
      ),
  );
  return new Primitive(library, description, [
    [Argument.source, data],
    [Argument.scale, perChannel],
    [Argument.shift, perChannel],
    [Argument.mean, perChannel],
    [Argument.variance, perChannel],
    [Argument.destination, data],
  ]);
}
