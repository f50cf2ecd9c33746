import assert from "node:assert/strict";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

const FILE = {
  tensors: new Map([
    ["a", { shape: [2, 3], values: new Float32Array([1, 2, 3, 4, 5, 6]) }],
    ["empty", { shape: [0], values: new Float32Array() }],
    ["scalar", { shape: [], values: new Float32Array([-0.5]) }],
  ]),
  metadata: { hello: "wörld" },
};

Deno.test("decodeSafetensors() gives back what encodeSafetensors() was given", () => {
  assert.deepEqual(decodeSafetensors(encodeSafetensors(FILE)), FILE);
});

Deno.test("encodeSafetensors() follows the published layout", () => {
  const bytes = encodeSafetensors(FILE);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  assert.equal(length % 8, 0);
  assert.deepEqual(header.a, { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] });
  assert.deepEqual(header.scalar, { dtype: "F32", shape: [], data_offsets: [24, 28] });
  assert.equal(new DataView(bytes.buffer).getFloat32(8 + length + 4, true), 2);
});
