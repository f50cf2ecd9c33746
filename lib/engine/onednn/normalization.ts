/**
 * Batch normalization, a ReLU fused into it if asked for.
 * @module
 */
import type { BatchNormalizationAttributes } from "../normalization.ts";
import { remembered } from "../wasm/kernels.ts";
import type { HeapNormalization } from "../wasm/normalization.ts";
import { Argument, Layout, Normalization, Propagation, Query } from "./constants.ts";
import { describe, type OneDnn } from "./library.ts";
import {
  activations,
  type Binding,
  byteLength,
  chosenDescriptor,
  descriptor,
  primitive,
} from "./primitive.ts";

/** Batch normalization of one set of sizes `[B, H, W, C]`. */
export function normalization(
  library: OneDnn,
  sizes: [number, number, number, number],
  { relu, epsilon }: BatchNormalizationAttributes,
): HeapNormalization {
  const data = activations(library, sizes);
  const perChannel = descriptor(library, Layout.a, sizes[3]);
  const flags = Normalization.scale | Normalization.shift | (relu ? Normalization.relu : 0);
  const statistics: Binding[] = [[Argument.mean, perChannel], [Argument.variance, perChannel]];

  const forwardFor = (propagation: number, flags: number) =>
    describe(library, "batch_normalization_forward", [propagation, data, data, epsilon, flags]);

  // Each is made when it is first needed: an evaluation needs no training, and the other way round.
  const training = remembered(() => {
    const forward = forwardFor(Propagation.forwardTraining, flags);
    const details = [Propagation.backward, data, data, data, epsilon, flags, forward] as const;
    const gradient = describe(library, "batch_normalization_backward", [...details]);
    // Notes which outputs the ReLU cut.
    const chosen = relu ? chosenDescriptor(library, forward, Query.workspace) : undefined;
    const workspace: Binding[] = chosen ? [[Argument.workspace, chosen]] : [];
    return {
      workspaceBytes: chosen ? byteLength(library, chosen) : 0,
      forward: primitive(library, forward, [
        [Argument.source, data],
        [Argument.scale, perChannel],
        [Argument.shift, perChannel],
        [Argument.destination, data],
        ...statistics,
        ...workspace,
      ]),
      // β is no input of the gradient: with it oneDNN answers "invalid arguments".
      backward: primitive(library, gradient, [
        [Argument.source, data],
        [Argument.destinationGradient, data],
        [Argument.scale, perChannel],
        ...statistics,
        [Argument.sourceGradient, data],
        [Argument.scaleGradient, perChannel],
        [Argument.shiftGradient, perChannel],
        ...workspace,
      ]),
    };
  });
  const inference = remembered(() => {
    const description = forwardFor(Propagation.forwardInference, flags | Normalization.givenStatistics);
    return primitive(library, description, [
      [Argument.source, data],
      [Argument.scale, perChannel],
      [Argument.shift, perChannel],
      ...statistics,
      [Argument.destination, data],
    ]);
  });

  const noted = (workspace: number) => relu ? [workspace] : [];
  return {
    get workspaceBytes() {
      return training().workspaceBytes;
    },
    forward: ({ x, gamma, beta, y, mean, variance, workspace }) =>
      training().forward(x, gamma, beta, y, mean, variance, ...noted(workspace)),
    backward: ({ x, dy, gamma, mean, variance, workspace, dx, dgamma, dbeta }) =>
      training().backward(x, dy, gamma, mean, variance, dx, dgamma, dbeta, ...noted(workspace)),
    inference: ({ x, gamma, beta, mean, variance, y }) => inference()(x, gamma, beta, mean, variance, y),
  };
}
