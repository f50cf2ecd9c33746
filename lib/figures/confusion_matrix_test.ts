import assert from "node:assert/strict";
import { confusionMatrix } from "./confusion_matrix.ts";
import { inspect } from "./testdata/drawn.ts";

Deno.test("confusionMatrix() draws each matrix as shares of its rows, and parts the steps", async () => {
  const counts = [[8, 2, 0], [0, 5, 5], [0, 0, 10]];
  const figure = confusionMatrix({
    dataset: "iEmoji-100",
    classesPerStep: [2, 1],
    matrices: [
      { name: "C, M_{1}", counts },
      { name: "LwM, M_{1}", counts: counts.map((row) => row.map((count) => 3 * count)) },
    ],
  });
  const drawn = await inspect(figure);
  const [c, lwm] = drawn.images(/^confusion of/);
  assert.equal(c, lwm); // shares, not counts
  assert.equal(drawn.count("line"), 2 * 2);
  assert.equal(drawn.texts.filter((text) => text === "step 1").length, 4);
  assert.match(figure.description, /C, M_1: 76\.7 % on the diagonal/);
});

Deno.test("confusionMatrix() draws a class without images as an empty row", async () => {
  await inspect(confusionMatrix({
    dataset: "iEmoji-100",
    classesPerStep: [2],
    matrices: [{ name: "C", counts: [[0, 0], [1, 1]] }],
  }));
});
