import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { testOnEachEngine as testWithEachEngine } from "../../engine/testdata/each_engine.ts";

/** Registers a test for each engine that is on this machine, and checks that it leaves no tensor behind. */
export function testOnEachEngine(name: string, test: () => Promise<void>): void {
  testWithEachEngine(name, async () => {
    const before = tf.memory().numTensors;
    await test();
    assert.equal(tf.memory().numTensors, before, "Expected no tensor to be left behind.");
  });
}

/**
 * Compares all numbers: relative to each, or to a tenth of the largest where a number is smaller than that,
 * because what is left of a float32 sum of larger numbers carries their rounding.
 */
export function assertClose(actual: unknown, expected: unknown, tolerance = 1e-5): void {
  const [found, wanted] = [numbersOf(actual), numbersOf(expected)];
  assert.equal(found.length, wanted.length);
  const largest = Math.max(...wanted.map(Math.abs));
  found.forEach((value, i) => {
    const allowed = tolerance * Math.max(Math.abs(wanted[i]), largest / 10);
    assert.ok(
      Math.abs(value - wanted[i]) <= allowed,
      `Expected ${wanted[i]} within ${allowed} at position ${i} but found ${value}.`,
    );
  });
}

/** The values of tensors, which are disposed. */
export async function valuesOf(...tensors: tf.Tensor[]): Promise<Float32Array[]> {
  const values = await Promise.all(tensors.map((t) => t.data<"float32">()));
  tf.dispose(tensors);
  return values;
}

function numbersOf(nested: unknown): number[] {
  if (typeof nested === "number") return [nested];
  return Array.from(nested as ArrayLike<unknown>).flatMap(numbersOf);
}
