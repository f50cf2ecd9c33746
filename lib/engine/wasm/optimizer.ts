/**
 * The optimizer's step as one pass over each parameter.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Parameter, SgdOptions, SgdStep } from "../optimizer.ts";
import * as wasm from "./assembler.ts";
import { floatsAt, heapMemory, heapOffset, heapView, newTensor, withRoom } from "./heap.ts";

/** The step's numbers, in the order in which the assembled function finds them. */
type Scalars = [momentum: number, scale: number, weightDecay: number, minusLearningRate: number];

/**
 * (vectors, scalars, w, v, g, next w, next v): v' = momentum·v + scale·g + weightDecay·w, w' = w −
 * learningRate·v'
 */
function update(): wasm.FunctionBuilder {
  const f = new wasm.FunctionBuilder(7);
  const [vectors, scalars, w, v, g, nextW, nextV] = f.parameters;
  const [momentum, scale, decay, minusRate, velocity] = f.vectors(5);
  [momentum, scale, decay, minusRate].forEach((local, n) => f.set(local, wasm.loadSplat(scalars, 4 * n)));
  f.repeat(vectors, () => {
    const decayed = wasm.multiplyAdd(
      decay,
      wasm.load(w),
      wasm.multiply(scale, wasm.load(g)),
    );
    f.set(velocity, wasm.multiplyAdd(momentum, wasm.load(v), decayed));
    f.emit(wasm.store(nextV, velocity));
    const weight = wasm.multiplyAdd(minusRate, velocity, wasm.load(w));
    f.emit(wasm.store(nextW, weight));
    [w, v, g, nextW, nextV].forEach((pointer) => f.advance(pointer, 16));
  });
  return f;
}

function squaredNorm(parameters: Parameter[]): number {
  let sum = 0;
  for (const { gradient } of parameters) {
    const values = heapView(gradient);
    for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  }
  return sum;
}

/** See `sgdStep`. */
export function heapSgdStep(): SgdStep {
  const run = wasm.assemble(heapMemory(), update);

  return (parameters: Parameter[], { learningRate, momentum, weightDecay, maxNorm }: SgdOptions) => {
    const scale = maxNorm === Infinity
      ? 1
      : Math.min(1, maxNorm / (Math.sqrt(squaredNorm(parameters)) + 1e-6));
    const scalars: Scalars = [momentum, scale, weightDecay, -learningRate];
    withRoom([scalars.length], (room) => {
      floatsAt(room, scalars.length).set(scalars);
      for (const { weight, velocity, gradient } of parameters) {
        // New tensors: XNNPACK keeps packed weights by tensor, and would not notice new values in an old one.
        const next = [newTensor(weight.shape), newTensor(weight.shape)];
        const tensors = [weight, velocity, gradient, ...next];
        const vectors = Math.floor(weight.size / 4);
        if (vectors > 0) run(vectors, room, ...tensors.map(heapOffset));
        updateRest(4 * vectors, scalars, tensors);
        assign(weight, next[0]);
        assign(velocity, next[1]);
      }
    });
  };
}

/** What the assembled function does, for the numbers from `start` on. */
function updateRest(
  start: number,
  [momentum, scale, weightDecay, minusRate]: Scalars,
  tensors: tf.TensorInfo[],
): void {
  if (start === tf.util.sizeFromShape(tensors[0].shape)) return;
  const [w, v, g, nextW, nextV] = tensors.map(heapView);
  for (let i = start; i < w.length; i++) {
    nextV[i] = momentum * v[i] + scale * g[i] + weightDecay * w[i];
    nextW[i] = w[i] + minusRate * nextV[i];
  }
}

function assign(variable: tf.Variable, value: tf.TensorInfo) {
  const tensor = tf.engine().makeTensorFromTensorInfo(value);
  variable.assign(tensor);
  tensor.dispose();
}
