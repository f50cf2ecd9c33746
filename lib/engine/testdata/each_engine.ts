import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../user_error.ts";
import { type Engine, useEngine } from "../mod.ts";

/** All engines. */
export const ENGINES: Engine["name"][] = ["cpu", "wasm", "onednn", "webgpu"];

const silent = { log: () => {} };

/** Whether the engine can be used on this machine; takes it into use if so. */
export async function isHere(engine: Engine["name"]): Promise<boolean> {
  try {
    await useEngine(engine, silent);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** Registers a test for each engine; where the engine is not there it is skipped, by a step that says so. */
export function testOnEachEngine(
  name: string,
  test: (engine: Engine["name"]) => Promise<void>,
  engines = ENGINES,
): void {
  for (const engine of engines) {
    Deno.test(`${name} [${engine}]`, async (t) => {
      if (!await isHere(engine)) {
        await t.step({ name: `skipped: the engine ${engine} is not here`, ignore: true, fn: () => {} });
        return;
      }
      await test(engine);
    });
  }
}

/** Computes tensors and reads them; nothing else may be left behind. */
export async function valuesOf(compute: () => tf.Tensor[]): Promise<Float32Array[]> {
  const before = tf.memory().numTensors;
  const tensors = tf.tidy(compute);
  const values = await Promise.all(tensors.map((tensor) => tensor.data<"float32">()));
  tf.dispose(tensors);
  assert.equal(tf.memory().numTensors, before, "Expected no tensor to be left behind");
  return values;
}

/** The same computation by plain JavaScript, which adds up in float64. */
export async function valuesOnCpu(
  engine: Engine["name"],
  compute: () => tf.Tensor[],
): Promise<Float32Array[]> {
  await useEngine("cpu", silent);
  const values = await valuesOf(compute);
  await useEngine(engine, silent);
  return values;
}

/** Compares each value with an expected one, relative to the largest. */
export function assertClose(found: Float32Array, expected: unknown, what: string, tolerance = 1e-5): void {
  const wanted = flat(expected);
  assert.equal(found.length, wanted.length, `Expected ${wanted.length} values of ${what}`);
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  wanted.forEach((value, i) => {
    // Written so that NaN is far from everything.
    if (Math.abs(found[i] - value) <= tolerance * largest) return;
    assert.fail(`Expected ${what}[${i}] to be ${value} but found ${found[i]}; the largest is ${largest}`);
  });
}

function flat(nested: unknown): number[] {
  return typeof nested === "number" ? [nested] : Array.from(nested as ArrayLike<unknown>, flat).flat();
}
