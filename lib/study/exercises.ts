/**
 * The exercises of the notebooks: for each a check that says "right", or what to look at. The answers are folded
 * in the notebooks; read them there before you read them here.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { gradCamClosedForm } from "../attention/mod.ts";
import { energyInside } from "../evaluation/attention_retention.ts";
import { attentionDistillation } from "../losses/mod.ts";
import { print } from "../progress.ts";
import { mean } from "../statistics.ts";
import { UserError } from "../user_error.ts";

/** What is wrong with an answer; undefined where it is right. */
type Verify = (answer: unknown) => string | undefined;

const isNear = (found: unknown, expected: number, tolerance = 1e-3) =>
  typeof found === "number" && Math.abs(found - expected) <= tolerance;

/** Whether a function of the reader gives these numbers, a tensor's or plain ones. */
function gives(answer: unknown, inputs: readonly unknown[], expected: ArrayLike<number>): boolean {
  const result = tf.tidy((): number[] => {
    const value: unknown = typeof answer === "function" ? answer(...inputs) : answer;
    return value instanceof tf.Tensor ? [...value.dataSync()] : [value].flat(3) as number[];
  });
  return result.length === expected.length && result.every((one, i) => isNear(one, expected[i]));
}

const matrix = (rows: number[][]) => tf.tensor2d(rows);

const EXERCISES: Readonly<Record<string, Verify>> = {
  // 84.5 % of one half of the test images, none of the other half.
  "newest only": (answer) =>
    isNear(answer, 42.25, 0.3)
      ? undefined
      : "half of the test images are of old classes, and it gets none of them. What remains of the other half?",
  "step of a class": (answer) => {
    const steps = [[7, 3], [0, 5], [2]];
    const right = [7, 3, 0, 5, 2].every((id, i) => gives(answer, [id, steps], [[0, 0, 1, 1, 2][i]]));
    return right ? undefined : "`stepOf(id, steps)` is the index of the step whose list holds the id.";
  },
  "map of a class": (answer) => {
    const A = tf.randomNormal<tf.Rank.R4>([2, 3, 3, 4], 0, 1, "float32", 1);
    const W = tf.randomNormal<tf.Rank.R2>([4, 5], 0, 1, "float32", 2);
    const expected = gradCamClosedForm(A, W, [3, 3]);
    try {
      if (gives(answer, [A, W, 3], expected.dataSync())) return undefined;

      return "α_k is W's column of the class, divided by the " +
        "number of places (9 here, not 4). Then sum over k, then ReLU.";
    } finally {
      tf.dispose([A, W, expected]);
    }
  },
  "gradient of L_D": (answer) =>
    gives(answer, [[2, 1], [1, 1]], [-0.1497, 0])
      ? undefined
      : "for each class the derivative of softplus(z) − q·z is σ(z) − q, and q is σ of the teacher's score.",
  "L_AD": (answer) => {
    const [Q, Q_t] = [matrix([[3, 4, 0, 0], [0, 1, 2, 0]]), matrix([[0, 5, 0, 0], [4, 0, 0, 0]])];
    const expected = attentionDistillation(Q, Q_t, { norm: "L1" });
    const strong = tf.mul(Q_t, 10) as tf.Tensor2D;
    try {
      const once = gives(answer, [Q, Q_t], expected.dataSync());
      if (once && gives(answer, [Q, strong], expected.dataSync())) return undefined;
      return once
        ? "it changes when the student's map becomes ten times as strong. Divide each map by its own 2-norm."
        : `for two images it should be ${expected.dataSync()[0].toFixed(4)}: ` +
          "each row by its 2-norm, the absolute differences summed over places, the mean over images.";
    } finally {
      tf.dispose([Q, Q_t, strong, expected]);
    }
  },
  "L2": (answer) => {
    const [P, Q] = [matrix([[1, 0, 0, 0], [0, 1, 0, 0]]), matrix([[0, 1, 0, 0], [0, 1, 0, 0]])];
    try {
      if (gives(answer, [P, Q], [Math.SQRT2 / 2])) return undefined;
      return gives(answer, [P, Q], [1])
        ? "this is still L1. Square the differences, sum over places, then take the root."
        : "the root is taken for each image by itself, and the mean over the images last.";
    } finally {
      tf.dispose([P, Q]);
    }
  },
  "teacher's top": (answer) => {
    const [t, s] = [matrix([[4, 2], [0, 1]]), matrix([[1, 3, 9], [2, 0, 5]])];
    try {
      return gives(answer, [t, s], [1, 0, 0, 1])
        ? undefined
        : "one row an image, 1 at the class with the teacher's highest score: `tf.oneHot(tf.argMax(…, 1), …)`.";
    } finally {
      tf.dispose([t, s]);
    }
  },
  "by age": (answer) =>
    gives(answer, [[0.2, 0.1, 0.3, 0.6]], [0.2, 0.2, 0.6])
      ? undefined
      : "base is the first number, newest the last, middle the mean of those between.",
  "nearest mean": (answer) => {
    const means = [[0, 0], [4, 0], [0, 4]];
    const right = [[1, 1], [3, 1], [1, 3]].every((x, i) => gives(answer, [x, means], [i]));
    return right ? undefined : "it is the index of the mean with the smallest sum of squared differences.";
  },
  "energy": (answer) => {
    const [map, mask] = [[1, 3, 0, 4], [1, 1, 0, 0]];
    const expected = energyInside(map, [2, 2], mask, [2, 2]);
    return gives(answer, [map, mask], [expected])
      ? undefined
      : "what the map sums to on the object, divided by what it sums to everywhere (0.5 here).";
  },
  "A": (answer) => {
    const accuracies = [0.7, 0.5, 0.3, 0.2];
    if (gives(answer, [accuracies], [mean(accuracies.slice(1))])) return undefined;
    return gives(answer, [accuracies], [mean(accuracies)])
      ? "this counts M_0, which all methods share. A leaves it out."
      : "A is the mean over the increments.";
  },
};

/**
 * Says under a notebook's cell whether an exercise is solved, or what to look at.
 * @param exercise its name, as the notebook has it
 * @param answer a number or a function, as the task asks; `undefined` while it is not tried

 * @throws {UserError} where there is no such exercise
 */
export async function check(exercise: string, answer: unknown): Promise<void> {
  if (!Object.hasOwn(EXERCISES, exercise)) {
    throw new UserError(
      `Expected an exercise, one of ${Object.keys(EXERCISES).join(", ")}, but found "${exercise}". ` +
        "Correct the name.",
    );
  }
  if (answer === undefined) {
    await print("Not tried yet. Replace `undefined` by your answer and run the cell again.");
    return;
  }
  const found = problemOf(EXERCISES[exercise], answer);
  await print(found === undefined ? "Right." : `Not yet: ${found}`);
}

function problemOf(verify: Verify, answer: unknown): string | undefined {
  try {
    return verify(answer);
  } catch (error) {
    return `it throws "${(error as Error).message}".`;
  }
}
