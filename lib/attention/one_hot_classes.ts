import * as tf from "@tensorflow/tfjs";
import type { Tensor1D, Tensor2D } from "../tensors.ts";
import { UserError } from "../user_error.ts";

/**
 * One class for each of B images: B column numbers of the head, or a one-hot tensor (B, at most C) of
 * float32. A one-hot tensor with fewer columns than the head, such as one over the base classes, chooses
 * among the head's first columns.
 */
export type ClassPerImage = readonly number[] | Int32Array | Tensor1D | Tensor2D;

/**
 * One-hot rows choose a class by matrix product. (`tf.gather` would do, but the wasm backend lacks its
 * gradient.)
 * @param classes one class for each image
 * @param count C, number of classes of the head
 * @returns (B, C), float32; a constant, no gradient flows into it
 * @throws {UserError} where a class does not exist, as far as that can be seen without waiting for a tensor's
 * values
 */
export function oneHotClasses(classes: ClassPerImage, count: number): Tensor2D {
  if (classes instanceof tf.Tensor && classes.rank === 2) {
    return padClasses(classes as Tensor2D, count);
  }
  if (classes instanceof tf.Tensor) return oneHotRows(classes as Tensor1D, count);
  const unknown = classes.find((c) => !(Number.isInteger(c) && c >= 0 && c < count));
  if (unknown !== undefined) {
    throw new UserError(
      `Expected class numbers from 0 to ${count - 1} but found ${unknown}. ` +
        `Number the classes as the columns of the head.`,
    );
  }
  const rows = new Float32Array(classes.length * count);
  classes.forEach((c, image) => rows[image * count + c] = 1);
  return tf.tensor2d(rows, [classes.length, count]);
}

/** (B) int32 → (B, C) float32. tfjs's own `oneHot` refuses a single class. */
export function oneHotRows(indices: Tensor1D, count: number): Tensor2D {
  return tf.tidy(() => {
    const columns = tf.range(0, count, 1, "int32");
    return tf.cast(tf.equal(tf.expandDims(indices, 1), columns), "float32") as Tensor2D;
  });
}

function padClasses(oneHot: Tensor2D, count: number): Tensor2D {
  const missing = count - oneHot.shape[1];
  if (missing < 0) {
    throw new UserError(
      `Expected a one-hot tensor of at most ${count} classes but found ${oneHot.shape[1]}. ` +
        `Pass the head that knows them.`,
    );
  }
  return missing === 0 ? oneHot.clone() : tf.pad2d(oneHot, [[0, 0], [0, missing]]);
}
