import * as tf from "@tensorflow/tfjs";
import type { ResNet } from "../model/mod.ts";
import type { Tensor, Tensor4D } from "../tensors.ts";
import { type BatchOutputs, type LossOptions, lossTerms, type MethodName, totalLoss } from "./method.ts";
import type { Sgd } from "./optimizer.ts";

/** The images of one iteration. */
export interface IterationBatch extends Omit<BatchOutputs, "student" | "weights"> {
  /** (B, H, W, 3) normalized images. */
  x: Tensor4D;
}

/** The loss L of one batch, and the terms of the method by name, such as L_C, before weighting. */
export type LossValues = { readonly L: number; readonly [term: string]: number };

/**
 * One iteration of training: forward, loss, backward, update.
 * @param sgd holds the student, which is updated
 * @param batch not disposed here
 * @returns the loss and its terms, before the update
 */
export async function iterate(
  sgd: Sgd,
  batch: IterationBatch,
  method: MethodName,
  losses: LossOptions,
  learningRate: number,
): Promise<LossValues> {
  const student = sgd.model;
  const variables = [...student.parameters.values()];
  let names: string[] = [];
  const values = tf.tidy(() => {
    let kept: Tensor | undefined;
    try {
      const { value, grads } = variableGrads(() => {
        const terms = lossTerms(method, batchOutputs(student, batch), losses);
        names = ["L", ...Object.keys(terms)];
        kept = tf.keep(tf.stack(Object.values(terms))); // the tape frees what is not kept
        return totalLoss(method, terms, losses);
      }, variables);
      sgd.step(grads, learningRate);
      return tf.concat([tf.reshape(value, [1]), kept!]); // (1 + number of terms)
    } finally {
      kept?.dispose();
    }
  });
  const numbers = await values.data<"float32">();
  values.dispose();
  return Object.fromEntries(names.map((name, i) => [name, numbers[i]])) as LossValues;
}

/** The forward pass of one iteration: the inputs of the loss terms. */
export function batchOutputs(
  student: ResNet,
  { x, labels, ...batch }: IterationBatch,
): BatchOutputs {
  return { student: student.forward(x, true), weights: student.head.weights, labels, ...batch };
}

/** `tf.variableGrads` that frees what the tape has saved where the loss throws; tfjs itself does not. */
export function variableGrads(
  loss: () => tf.Scalar,
  variables?: tf.Variable[],
): ReturnType<typeof tf.variableGrads> {
  try {
    return tf.variableGrads(loss, variables);
  } catch (error) {
    const { state } = tf.engine();
    for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
    state.activeTape = null!;
    throw error;
  }
}
