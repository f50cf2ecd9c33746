import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../testdata/folder.ts";
import type { ImageSet } from "../data/image_set.ts";
import type { Predictions } from "../evaluation/predictions.ts";
import { attentionRetention, saveFigure } from "../figures/mod.ts";
import { attentionRetentionNumbers, type BaseAttention } from "./model_figures.ts";
import type { MethodName } from "../training/method.ts";
import { readTypicalImage, typicalImage } from "./typical_image.ts";

/** Two images each of cup and lamp, then one more of cup; lamp was learned first. */
const LABELS = ["cup", "cup", "lamp", "lamp", "cup"];
const COLUMNS = [1, 1, 0, 0, 1];

/**
 * Answers to the images.
 * @param right whether each is the true class
 * @param peaks largest value of each map; the other three cells are 1
 */
function answers(right: readonly boolean[], peaks: readonly number[] = [1, 1, 1, 1, 1]): Predictions {
  return {
    classes: 2,
    logits: Float32Array.from(right.flatMap((is, i) => (COLUMNS[i] === 0) === is ? [1, 0] : [0, 1])),
    labels: Int32Array.from(COLUMNS),
    maps: Float32Array.from(peaks.flatMap((peak) => [peak, 1, 1, 1])),
    mapSize: [2, 2],
  };
}

const YES = [true, true, true, true, true];
const images: ImageSet = {
  name: "photos",
  size: 2,
  count: 5,
  labels: Int32Array.from(COLUMNS),
  views: 1,
  read: (image, _view, target) => target.set(Uint8Array.from({ length: 12 }, (_, i) => 20 * image + i)),
};

/** What M_0 and the last models make of the images. */
function attentionOf(
  first: Predictions,
  last: Record<string, { right: readonly boolean[]; cosines: readonly number[] }>,
): BaseAttention {
  return {
    trainedWith: { preset: "default", engine: "wasm" },
    dataset: "photos",
    images,
    labels: LABELS,
    counted: [0, 1, 2, 3, 4],
    runs: Object.entries(last).map(([method, { right, cosines }]) => ({
      method: method as MethodName,
      predictions: [first, answers(right)],
      cosines: [new Float64Array(5).fill(1), Float64Array.from(cosines)],
      meanCosine: [1, cosines.reduce((sum, cosine) => sum + cosine) / 5],
    })),
  };
}

const none = { right: [false, false, false, false, false], cosines: [0, 0, 0, 0, 0] };

Deno.test("typicalImage() takes the class that both methods keep, and its image with the typical difference", () => {
  const first = answers([true, true, true, false, true], [5, 6, 7, 8, 9]);
  const { image, choice } = typicalImage(attentionOf(first, {
    "C": none,
    "LwF-MC": { right: [false, true, false, false, true], cosines: [0.5, 0.5, 0.5, 0.5, 0.5] },
    "LwM": { right: [true, true, true, false, true], cosines: [0.8, 0.9, 0.6, 0.5, 0.75] },
  }));
  // Differences of what M_0 recognizes: 0.3, 0.4, 0.1, 0.25; their median is 0.275. Image 0 would be as near
  // as image 4, but its map is flatter.
  assert.equal(image, 4);
  assert.deepEqual(choice, {
    className: "cup",
    testImages: 3,
    recognizedByFirst: 3,
    recognizedByLast: [
      { method: "C", images: 0 },
      { method: "LwF-MC", images: 2 },
      { method: "LwM", images: 3 },
    ],
    medianDifference: 0.275,
    difference: 0.25,
  });
});

Deno.test("typicalImage() takes the class that was learned first where several are kept as well", () => {
  const kept = { right: YES, cosines: [0.5, 0.5, 0.5, 0.5, 0.5] };
  const { choice } = typicalImage(attentionOf(answers(YES), { "LwF-MC": kept, "LwM": kept }));
  assert.equal(choice.className, "lamp");
});

Deno.test("typicalImage() takes the same class whatever other methods keep", () => {
  const cups = { right: [true, true, false, false, true], cosines: [0.5, 0.5, 0.5, 0.5, 0.5] };
  const lamps = { ...cups, right: [false, false, true, true, false] };
  const runs = { "LwF-MC": cups, "LwM": { ...cups, right: YES } };
  for (const all of [runs, { ...runs, "Own": lamps, "Other": lamps }]) {
    assert.equal(typicalImage(attentionOf(answers(YES), all)).choice.className, "cup");
  }
});

Deno.test("typicalImage() takes no image that M_0 does not recognize", () => {
  const first = answers([true, true, false, false, false]);
  const { image, choice } = typicalImage(attentionOf(first, {
    "LwF-MC": { right: [false, false, true, true, true], cosines: [0.5, 0.5, 0.5, 0.5, 0.5] },
    "LwM": { right: [false, false, true, true, true], cosines: [0.6, 0.6, 0.6, 0.6, 0.6] },
  }));
  assert.equal(choice.className, "cup");
  assert.equal(image, 0);
});

Deno.test("typicalImage() throws where there is nothing to choose from", () => {
  assert.throws(() => typicalImage(attentionOf(answers(YES), { "LwM": none })), {
    name: "UserError",
    message: /none of LwF-MC/,
  });
  const blind = answers(none.right);
  assert.throws(() => typicalImage(attentionOf(blind, { "LwF-MC": none, "LwM": none })), {
    name: "UserError",
    message: /M_0 to recognize a test image but found none/,
  });
});

Deno.test("readTypicalImage() gives back the figure that was saved, pixels and all", async () => {
  const attention = attentionOf(answers(YES, [5, 6, 7, 8, 9]), { "C": none, "LwF-MC": none, "LwM": none });
  const { image, choice } = typicalImage(attention);
  const kept = { ...attentionRetentionNumbers(attention, [image]), seed: 1, choice };
  await withFolder(async (directory) => {
    await assert.rejects(readTypicalImage("photos-attention", directory), {
      name: "UserError",
      message: /sweep its study again/,
    });
    const figure = await saveFigure("photos-attention", attentionRetention, kept, { directory });
    const read = await readTypicalImage("photos-attention", directory);
    assert.equal(attentionRetention(read).svg, figure.svg);
    assert.deepEqual(read.examples[0].image, kept.examples[0].image);
    assert.deepEqual({ seed: read.seed, choice: read.choice }, { seed: 1, choice });

    await Deno.writeTextFile(join(directory, "photos-attention.json"), '{ "dataset": "photos" }');
    await assert.rejects(readTypicalImage("photos-attention", directory), {
      name: "UserError",
      message: /found this at seed/,
    });
  });
});

Deno.test("readTypicalImage() reads the committed figure", async () => {
  const { examples, choice } = await readTypicalImage(
    "caltech-101-attention",
    join(import.meta.dirname!, "../../figures"),
  );
  assert.equal(examples[0].label, choice.className);
});
