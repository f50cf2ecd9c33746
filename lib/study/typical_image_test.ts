import assert from "node:assert/strict";
import type { ImageSet } from "../data/image_set.ts";
import type { Predictions } from "../evaluation/predictions.ts";
import type { MethodName } from "../training/method.ts";
import type { BaseAttention } from "./model_figures.ts";
import { typicalImage } from "./typical_image.ts";

/** Two images each of cup and lamp, then one more of cup; lamp was learned first. */
const LABELS = ["cup", "cup", "lamp", "lamp", "cup"];
const COLUMNS = [1, 1, 0, 0, 1];
const HALF = [0.5, 0.5, 0.5, 0.5, 0.5];

/**
 * Answers to the images.
 * @param right 1 where the answer is the true class
 * @param peaks largest value of each map; the other three cells are 1
 */
function answers(right: readonly number[], peaks: readonly number[] = [1, 1, 1, 1, 1]): Predictions {
  return {
    classes: 2,
    logits: Float32Array.from(right.flatMap((is, i) => COLUMNS[i] !== is ? [1, 0] : [0, 1])),
    labels: Int32Array.from(COLUMNS),
    maps: Float32Array.from(peaks.flatMap((peak) => [peak, 1, 1, 1])),
    mapSize: [2, 2],
    pooled: new Float32Array(5),
  };
}

/** What M_0 and the last models make of the images. */
function attentionOf(
  first: Predictions,
  last: Record<string, { right: readonly number[]; cosines?: readonly number[] }>,
): BaseAttention {
  return {
    trainedWith: { preset: "default", engine: "wasm" },
    dataset: "photos",
    images: {} as ImageSet,
    labels: LABELS,
    counted: [0, 1, 2, 3, 4],
    runs: Object.entries(last).map(([method, { right, cosines = HALF }]) => ({
      method: method as MethodName,
      predictions: [first, answers(right)],
      cosines: [new Float64Array(5).fill(1), Float64Array.from(cosines)],
      meanCosine: [],
    })),
  };
}

const ALL = [1, 1, 1, 1, 1];
const NONE = [0, 0, 0, 0, 0];

Deno.test("typicalImage() takes the class that both methods keep, and its image with the typical difference", () => {
  const first = answers([1, 1, 1, 0, 1], [5, 6, 7, 8, 9]);
  const { image, choice } = typicalImage(attentionOf(first, {
    "C": { right: NONE },
    "LwF-MC": { right: [0, 1, 0, 0, 1] },
    "LwM": { right: [1, 1, 1, 0, 1], cosines: [0.8, 0.9, 0.6, 0.5, 0.75] },
  }));
  // Differences of what M_0 recognizes: 0.3, 0.4, 0.1, 0.25; their median is 0.275. Image 0 would be as near
  // as image 4, but its map is flatter.
  assert.equal(image, 4);
  assert.deepEqual(choice, {
    className: "cup",
    testImages: 3,
    recognizedByLast: [
      { method: "C", images: 0 },
      { method: "LwF-MC", images: 2 },
      { method: "LwM", images: 3 },
    ],
    medianDifference: 0.275,
    difference: 0.25,
  });
});

Deno.test("typicalImage() takes the class that was learned first where several are kept as well, of what M_0 knows", () => {
  const choose = (first: number[], last: number[]) =>
    typicalImage(attentionOf(answers(first), { "LwF-MC": { right: last }, "LwM": { right: last } }));
  assert.equal(choose(ALL, ALL).choice.className, "lamp");
  const { image, choice } = choose([1, 1, 0, 0, 0], [0, 0, 1, 1, 1]);
  assert.deepEqual([image, choice.className], [0, "cup"]);
});

Deno.test("typicalImage() takes the same class whatever other methods keep", () => {
  const lamps = { right: [0, 0, 1, 1, 0] };
  const runs = { "LwF-MC": { right: [1, 1, 0, 0, 1] }, "LwM": { right: ALL }, "Own": lamps, "Other": lamps };
  assert.equal(typicalImage(attentionOf(answers(ALL), runs)).choice.className, "cup");
});

Deno.test("typicalImage() throws where there is nothing to choose from", () => {
  const refuses = (attention: BaseAttention, message: RegExp) =>
    assert.throws(() => typicalImage(attention), { name: "UserError", message });
  const [LwF, LwM] = [{ right: NONE }, { right: NONE }];
  refuses(attentionOf(answers(ALL), { LwM }), /none of LwF-MC/);
  refuses(attentionOf(answers(NONE), { "LwF-MC": LwF, LwM }), /M_0 to recognize a test image but found none/);
});
