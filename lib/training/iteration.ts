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
    let ofTerms: Tensor | undefined;
    const loss = () => {
      const terms = lossTerms(method, batchOutputs(student, batch), losses);
      names = ["L", ...Object.keys(terms)];
      const total = totalLoss(method, terms, losses);
      ofTerms = tf.keep(tf.stack(Object.values(terms))); // the tape frees what is not kept
      return total;
    };
    const { value, grads } = variableGrads(loss, variables);
    sgd.step(grads, learningRate);
    const all = tf.concat([tf.reshape(value, [1]), ofTerms!]); // (1 + number of terms)
    ofTerms!.dispose();
    return all;
  });
  const numbers = await values.data<"float32">();
  values.dispose();
  return Object.fromEntries(names.map((name, i) => [name, numbers[i]])) as LossValues;
}

/** The forward pass of one iteration: the inputs of the loss terms. */
function batchOutputs(student: ResNet, { x, labels, ...batch }: IterationBatch): BatchOutputs {
  return { student: student.forward(x, true), weights: student.head.weights, labels, ...batch };
}

/** `tf.variableGrads`, which by itself leaves behind what its tape has saved where the loss throws. */
function variableGrads(loss: () => tf.Scalar, variables: tf.Variable[]) {
  try {
    return tf.variableGrads(loss, variables);
  } catch (error) {
    tf.dispose(tf.engine().state.activeTape.map(({ saved }) => saved));
    tf.engine().state.activeTape = [];
    throw error;
  }
}
