/**
 * Compares every kernel of an engine with `wasm` on some shapes, in a process of its own: a crash is a failed
 * case.
 * @module
 */
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import {
  batchNormalization,
  batchNormalizationInference,
  conv2d,
  type EngineName,
  useEngine,
} from "../mod.ts";
import { newTensor } from "../wasm/heap.ts";
import type { Sizes } from "../wasm/same_bits.ts";

/** Largest difference that is taken for rounding, relative to the largest value. */
const TOLERANCE = 1e-3;

function outputSizes({ height, width, filter, stride, padding }: Sizes): [number, number] {
  const outputs = (size: number) => Math.floor((size + 2 * padding - filter) / stride) + 1;
  return [outputs(height), outputs(width)];
}

/** Values around 0 that depend on nothing but the arguments, made quickly. */
function noise<T extends tf.Tensor = tf.Tensor4D>(shape: number[], seed: number): T {
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  for (let i = 0; i < values.length; i++) {
    const bits = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b);
    values[i] = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d) / 2 ** 31;
  }
  return tf.tensor(values, shape) as T;
}

/** The result of every kernel. */
function compute(sizes: Sizes): Record<string, Float32Array> {
  const { batch, height, width, input, output, filter, stride, padding } = sizes;
  const outShape = [batch, ...outputSizes(sizes), output];
  return tf.tidy(() => {
    const gradients = (f: (...xs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]) => {
      const { value, grads } = tf.valueAndGrads(f)(inputs, noise(outShape, 3));
      return [value, ...grads];
    };
    const x = noise([batch, height, width, input], 1), y = noise(outShape, 4);
    const [gamma, beta, mean] = [5, 6, 7].map((seed) => noise<tf.Tensor1D>([output], seed));
    const variance = tf.add<tf.Tensor1D>(tf.square(mean), 0.5);
    type Conv = [tf.Tensor4D, tf.Tensor4D];
    type Norm = [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
    const results = {
      convolution: gradients(
        (...inputs) => conv2d(...inputs as Conv, stride, padding),
        [x, noise([filter, filter, input, output], 2)],
      ),
      normalization: gradients((...inputs) => batchNormalization(...inputs as Norm).y, [y, gamma, beta]),
      "normalization with ReLU": gradients(
        (...inputs) => batchNormalization(...inputs as Norm, { relu: true }).y,
        [y, gamma, beta],
      ),
      inference: [batchNormalizationInference(y, gamma, beta, mean, variance, { relu: true })],
    };
    return Object.fromEntries(
      Object.entries(results).flatMap(([name, tensors]) =>
        tensors.map((tensor, i) => [`${name} ${i}`, tensor.dataSync<"float32">().slice()])
      ),
    );
  });
}

/** What differs, in words; nothing if all agrees. */
function difference(found: Record<string, Float32Array>, expected: Record<string, Float32Array>): string {
  for (const [name, values] of Object.entries(expected)) {
    // Sums may cancel out: what is left is compared with the size of what was added.
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0.1);
    const isWrong = (value: number, i: number) => !(Math.abs(found[name][i] - value) <= TOLERANCE * largest);
    // Rounding decides whether a ReLU cuts a value that is almost 0.
    const allowed = name.includes("ReLU") ? Math.ceil(values.length / 10_000) : 0;
    const wrong = values.filter(isWrong).length;
    if (wrong > allowed) {
      const first = values.findIndex(isWrong);
      return `${wrong} of ${name} differ; [${first}] is ${found[name][first]}, expected ${values[first]}`;
    }
  }
  return "";
}

/**
 * Compares the engine with `wasm` on these sizes.
 * @param reserve bytes of the WebAssembly heap to be taken first, untouched
 * @returns what differs, or the case in which the process crashed
 */
export async function failures(engine: EngineName, cases: Sizes[], reserve = 0): Promise<string> {
  const work = JSON.stringify([engine, cases, reserve]);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", fileURLToPath(import.meta.url), work],
  }).output();
  const [said, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  return code === 0 ? said : `${said}\ncrashed in the next case: ${errors.split("\n").at(-1)}`;
}

if (import.meta.main) {
  const [engine, cases, reserve]: [EngineName, Sizes[], number] = JSON.parse(Deno.args[0]);
  const log = () => {};
  await useEngine("wasm", { log });
  newTensor([reserve], "bool");
  for (const sizes of cases) {
    await useEngine("wasm", { log });
    const expected = compute(sizes);
    await useEngine(engine, { log });
    const differing = difference(compute(sizes), expected);
    if (differing !== "") console.log(`${JSON.stringify(sizes)}: ${differing}`);
  }
}
