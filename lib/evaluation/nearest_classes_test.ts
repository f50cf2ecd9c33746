import assert from "node:assert/strict";
import { assertClose, testOnEachEngine } from "../engine/testdata/each_engine.ts";
import { nearestClasses } from "./nearest_classes.ts";
import { predict } from "./predict.ts";
import { probabilities } from "./scores.ts";
import { NORMALIZATION, randomImages, smallNetwork } from "./testdata/small_world.ts";

testOnEachEngine("nearestClasses() gives the highest scores, each with its own map", async () => {
  const model = smallNetwork(["a", "b", "c"], 1);
  const set = randomImages([0, 1]);
  const options = { normalization: NORMALIZATION, batchSize: 4 };
  const draws = [{ image: 1, view: 0 }];
  const [nearest] = await nearestClasses(model, set, draws, { ...options, count: 3, outputs: "softmax" });

  const { logits } = await predict(model, set, { ...options, headPositions: Int32Array.of(0, 1) });
  const scores = probabilities(logits.subarray(3, 6), "softmax");
  assertClose(nearest.map(({ column }) => scores[column]), [...scores].sort((a, b) => b - a));
  assertClose(nearest.map(({ score }) => score), [...scores].sort((a, b) => b - a));

  for (const { column, className, map, mapSize } of nearest) {
    assert.equal(className, model.classNames[column]);
    assert.deepEqual(mapSize, [2, 2]);
    const { maps } = await predict(model, set, { ...options, headPositions: Int32Array.of(column, column) });
    assertClose(map, maps.subarray(4));
  }
  model.dispose();
});
