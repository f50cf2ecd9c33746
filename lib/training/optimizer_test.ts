import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useEngine } from "../engine/mod.ts";
import { ResNet } from "../model/mod.ts";
import { cosineSchedule, Sgd } from "./optimizer.ts";

await useEngine("wasm", { log: () => {} });

const newModel = () => new ResNet({ depth: 8, widths: [2, 2, 2], stem: "3x3" }, ["a"], 1);
const OPTIONS = { momentum: 0.9, weightDecay: 0.1, maxNorm: Infinity };

/** A gradient of ones for the head's bias, and none for the rest. */
function step(sgd: Sgd, learningRate: number): number {
  const bias = sgd.model.parameters.get("head.bias")!;
  tf.tidy(() => sgd.step({ [bias.name]: tf.ones([1]) }, learningRate));
  return bias.dataSync()[0];
}

Deno.test("Sgd goes on from saved velocities as if it had never stopped", async () => {
  const models = [newModel(), newModel()];
  const whole = new Sgd(models[0], OPTIONS);
  step(whole, 0.1);
  const expected = step(whole, 0.1);

  const first = new Sgd(models[1], OPTIONS);
  step(first, 0.1);
  const second = new Sgd(models[1], OPTIONS, await first.velocities());
  assert.equal(step(second, 0.1), expected);
  for (const each of [whole, first, second, ...models]) each.dispose();
});

Deno.test("cosineSchedule() starts at the peak, passes half of it in the middle and ends near 0", () => {
  assert.equal(cosineSchedule(0.1, 0, 100), 0.1);
  assert.ok(Math.abs(cosineSchedule(0.1, 50, 100) - 0.05) < 1e-12);
  assert.ok(cosineSchedule(0.1, 99, 100) < 1e-4);
});
