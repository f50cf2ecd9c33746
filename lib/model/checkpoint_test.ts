import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useEngine } from "../engine/mod.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { randomStream } from "../random.ts";
import { ResNet } from "./resnet.ts";

await useEngine("wasm", { log: () => {} });

const newModel = () => new ResNet({ depth: 8, widths: [4, 4, 4], stem: "3x3" }, ["cat", "dog"], 1);

async function encoded(): Promise<Uint8Array> {
  const model = newModel();
  const bytes = await encodeCheckpoint(model, {
    state: { epochsDone: 2 },
    extra: new Map([["velocity", { shape: [2], values: new Float32Array([1, 2]) }]]),
  });
  model.dispose();
  return bytes;
}

Deno.test("a checkpoint gives back the same network, bit by bit, and its notes", async () => {
  const before = tf.memory().numTensors;
  const bytes = await encoded();
  const { model, state, extra } = await decodeCheckpoint(bytes, "x");
  const original = newModel();
  assert.deepEqual(model.classNames, ["cat", "dog"]);
  assert.deepEqual(model.options, original.options);
  const restored = model.tensors();
  for (const [name, tensor] of original.tensors()) {
    assert.deepEqual(restored.get(name)!.dataSync(), tensor.dataSync());
  }
  assert.deepEqual(state, { epochsDone: 2 });
  assert.deepEqual(extra.get("velocity")!.values, new Float32Array([1, 2]));
  original.dispose();
  model.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a checkpoint of another network is refused and leaves nothing behind", async () => {
  const before = tf.memory().numTensors;
  const model = newModel();
  Object.assign(model, { classNames: ["cat", "dog", "frog"] }); // for which the head has no column
  const bytes = await encodeCheckpoint(model);
  model.dispose();
  await assert.rejects(decodeCheckpoint(bytes, "x"), {
    name: "UserError",
    message: /"head.weights" of shape \[4,3\] but found shape \[4,2\]/,
  });
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a checkpoint with a flipped bit, or cut off, anywhere in header or tensors is refused", async () => {
  const bytes = await encoded();
  const random = randomStream("damage");
  const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const refused = async (damaged: Uint8Array) => {
    await assert.rejects(decodeCheckpoint(damaged, "model.safetensors"), {
      name: "UserError",
      message: /^Expected model\.safetensors to be a checkpoint that matches its digest.*Delete/,
    });
  };
  for (let i = 0; i < 1500; i++) {
    const damaged = bytes.slice();
    damaged[random.integer(i % 2 === 0 ? 8 + header : bytes.length)] ^= 1 << random.integer(8);
    await refused(damaged);
    if (i % 3 === 0) await refused(bytes.subarray(0, random.integer(bytes.length)));
  }
});
