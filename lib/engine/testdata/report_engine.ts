/**
 * Run as a process of its own: takes each engine named by the arguments into use and prints, as one line of
 * JSON, which it was, what was logged, or the error; and a digest of the weights after five steps of a small
 * training.
 */
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { addRelu, batchNormalization, conv2d, type EngineName, sgdStep, useEngine } from "../mod.ts";
import { normal } from "./normal.ts";

const BROWSER = "as in a browser";
const NO_BINARY = "without its WebAssembly";
const AT_ONCE = "at once, too";
const names = Deno.args.filter((name) => ![BROWSER, NO_BINARY, AT_ONCE].includes(name)) as EngineName[];
const isAtOnce = Deno.args.includes(AT_ONCE);
if (Deno.args.includes(NO_BINARY)) setWasmPaths("/nowhere/");
const print = (report: Record<string, unknown>) => console.log(JSON.stringify(report));
if (Deno.args.includes(BROWSER)) Reflect.deleteProperty(globalThis, "Deno");

function digestOfTraining(): string {
  const shapes = { filter: [3, 3, 8, 8], gamma: [8], beta: [8] };
  const weights = Object.values(shapes).map((shape, i) => tf.variable(normal(shape, i)));
  const velocities = weights.map((weight) => tf.variable(tf.zerosLike(weight)));
  const x = normal([4, 9, 9, 8], 9);
  for (let step = 0; step < 5; step++) {
    const { grads } = tf.variableGrads(() => {
      const [filter, gamma, beta] = weights as tf.Tensor[] as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
      const { y } = batchNormalization(conv2d(x, filter, 1, 1), gamma, beta, { relu: true });
      return tf.mean(tf.square(addRelu(y, x))) as tf.Scalar;
    });
    sgdStep(
      weights.map((weight, i) => ({ weight, velocity: velocities[i], gradient: grads[weight.name] })),
      { learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4, maxNorm: 5 },
    );
  }
  return weights.flatMap((weight) => Array.from(new Uint32Array(weight.dataSync().slice().buffer)))
    .reduce((hash, bits) => Math.imul(hash ^ bits, 0x01000193), 0x811c9dc5).toString(16);
}

if (isAtOnce) await Promise.all(names.map((name) => useEngine(name, { log: () => {} })));
for (const name of names) {
  const lines: string[] = [];
  try {
    const engine = await useEngine(name, { log: (line) => lines.push(line) });
    print({ engine: engine.name, lines, digest: digestOfTraining() });
  } catch (error) {
    print({ error: (error as Error).name, message: (error as Error).message });
  }
}
