import assert from "node:assert/strict";
import { nearestName } from "./nearest_name.ts";

Deno.test("nearestName() finds the name that was meant", () => {
  const known = ["seed", "learningRate", "baseLearningRate", "epochs", "gamma", "beta"];
  assert.equal(nearestName("gama", known), "gamma");
  assert.equal(nearestName("lerning-rate", known), "learningRate");
  assert.equal(nearestName("base-learnig-rate", known), "baseLearningRate");
  assert.equal(nearestName("EPOCH", known), "epochs");
});

Deno.test("nearestName() finds none where nothing is near", () => {
  assert.equal(nearestName("x", ["seed", "beta"]), undefined);
});
