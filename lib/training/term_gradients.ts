import * as tf from "@tensorflow/tfjs";
import type { ResNet } from "../model/mod.ts";
import { batchOutputs, type IterationBatch, variableGrads } from "./iteration.ts";
import {
  type BatchOutputs,
  type LossOptions,
  lossTerms,
  type MethodName,
  methodNamed,
  totalLoss,
  weighed,
} from "./method.ts";

/** The gradient of one term of the loss, by part of the network. */
export interface TermGradient {
  /** The term and the symbol of its weight, such as `L_C`, `βL_D` or `γL_AD`; `L` for the whole loss. */
  readonly term: string;
  /** 2-norm of the gradient in each part of the network: `stem`, `stage1` …, `head: base`, `head: new`. */
  readonly norms: Readonly<Record<string, number>>;
  /** 2-norm of the gradient in the whole network. */
  readonly all: number;
}

/**
 * The gradient of one batch, term by term, each weighted as in the loss. The norms of the terms do not
 * add up to that of L: gradients have directions.
 * @param student is not changed
 * @param batch not disposed here
 * @returns one entry for each term that the method has, and the whole loss last
 */
export async function termGradients(
  student: ResNet,
  batch: IterationBatch,
  method: MethodName,
  losses: LossOptions,
): Promise<TermGradient[]> {
  const copy = student.clone(); // a forward pass in training updates the running statistics
  try {
    const parts: Record<string, (outputs: BatchOutputs) => tf.Scalar> = {};
    for (const [name, term] of Object.entries(methodNamed(method).terms)) {
      parts[`${term.weight?.symbol ?? ""}${name}`] = (outputs) =>
        weighed(term, term.value(outputs, losses), losses);
    }
    parts.L = (outputs) => totalLoss(method, lossTerms(method, outputs, losses), losses);
    const gradients: TermGradient[] = [];
    for (const [term, loss] of Object.entries(parts)) {
      const squares = tf.tidy(() => {
        const lossOfBatch = () => loss(batchOutputs(copy, batch));
        return squaredNorms(copy, variableGrads(lossOfBatch).grads, batch.baseClasses);
      });
      const norms: Record<string, number> = {};
      let all = 0;
      for (const [part, square] of Object.entries(squares)) {
        const [value] = await square.data<"float32">();
        square.dispose();
        norms[part] = Math.sqrt(value);
        all += value;
      }
      gradients.push({ term, norms, all: Math.sqrt(all) });
    }
    return gradients;
  } finally {
    copy.dispose();
  }
}

function squaredNorms(model: ResNet, gradients: tf.NamedTensorMap, baseClasses: number): tf.NamedTensorMap {
  const squares: tf.NamedTensorMap = {};
  const add = (part: string, gradient: tf.Tensor) => {
    const square = tf.sum(tf.square(gradient));
    squares[part] = part in squares ? tf.add(squares[part], square) : square;
  };
  for (const [name, variable] of model.parameters) {
    const gradient = gradients[variable.name] ?? tf.zerosLike(variable); // L_AD does not depend on the bias
    const part = name.split(".")[0];
    if (part !== "head") {
      add(part, gradient);
      continue;
    }
    const classes = gradient.shape.at(-1)!; // weights (K, C), bias (C)
    const [base, added] = tf.split(gradient, [baseClasses, classes - baseClasses], -1);
    if (baseClasses > 0) add("head: base", base); // the sum of an empty tensor is not always 0 in tfjs
    add("head: new", added);
  }
  return squares;
}
