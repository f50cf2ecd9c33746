/**
 * What tests on several engines share.
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../user_error.ts";
import { type Engine, useEngine } from "../mod.ts";

/** All engines. */
export const ENGINES: Engine["name"][] = ["cpu", "wasm", "wasm-unfused", "webgpu"];

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

/**
 * Registers a test for each engine, and checks that it leaves no tensor behind. Where the engine is not
 * available the test is skipped, by a step that says so.
 */
export function testOnEachEngine(
  name: string,
  test: (engine: Engine["name"]) => void | Promise<void>,
  engines = ENGINES,
): void {
  for (const engine of engines) {
    Deno.test(`${name} [${engine}]`, async (t) => {
      if (!await isHere(engine)) {
        await t.step({ name: `skipped: the engine ${engine} is not here`, ignore: true, fn: () => {} });
        return;
      }
      const before = tf.memory().numTensors;
      await test(engine);
      assert.equal(tf.memory().numTensors, before, "Expected no tensor to be left behind");
    });
  }
}

/** The values of tensors, which are disposed. */
export async function valuesOf(...tensors: tf.Tensor[]): Promise<Float32Array[]> {
  const values = await Promise.all(tensors.map((tensor) => tensor.data<"float32">()));
  tf.dispose(tensors);
  return values;
}

const onCpu = new Map<string, Float32Array[]>();

/**
 * What plain JavaScript computes, which adds up in float64; computed once for all engines.
 * @param engine is in use before and afterwards
 * @param what names the values within the test file
 */
export async function valuesOnCpu(
  engine: Engine["name"],
  what: string,
  compute: () => tf.Tensor[],
): Promise<Float32Array[]> {
  const known = onCpu.get(what);
  if (known) return known;
  await useEngine("cpu", silent);
  const values = await valuesOf(...tf.tidy(compute));
  await useEngine(engine, silent);
  onCpu.set(what, values);
  return values;
}

/**
 * Compares all numbers: relative to each, or to a tenth of the largest where a number is smaller than that,
 * because what is left of a float32 sum of larger numbers carries their rounding.
 */
export function assertClose(found: unknown, expected: unknown, tolerance = 1e-5, what = "value"): void {
  const [values, wanted] = [numbersOf(found), numbersOf(expected)];
  assert.equal(values.length, wanted.length, `Expected as many numbers of ${what}`);
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  wanted.forEach((value, i) => {
    const allowed = tolerance * Math.max(Math.abs(value), largest / 10);
    // Written so that NaN is far from everything.
    if (Math.abs(values[i] - value) <= allowed) return;
    assert.fail(`Expected ${what}[${i}] to be ${value} within ${allowed} but found ${values[i]}`);
  });
}

function numbersOf(nested: unknown): number[] {
  if (nested instanceof Float32Array) return Array.from(nested);
  return typeof nested === "number" ? [nested] : Array.from(nested as ArrayLike<unknown>, numbersOf).flat();
}
