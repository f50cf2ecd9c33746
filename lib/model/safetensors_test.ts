import assert from "node:assert/strict";
import { randomStream } from "../random.ts";
import { UserError } from "../user_error.ts";
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
  assert.deepEqual(decodeSafetensors(encodeSafetensors(FILE), "x"), FILE);
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

Deno.test("decodeSafetensors() refuses a file that was cut off anywhere", () => {
  const bytes = encodeSafetensors(FILE);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeSafetensors(bytes.subarray(0, length), "x"), UserError, `${length} bytes`);
  }
});

Deno.test("decodeSafetensors() never crashes on damaged bytes", () => {
  const random = randomStream("damaged");
  for (let i = 0; i < 2000; i++) {
    const bytes = encodeSafetensors(FILE);
    for (let j = 0; j <= random.integer(4); j++) bytes[random.integer(bytes.length)] = random.integer(256);
    try {
      const { tensors } = decodeSafetensors(bytes, "x");
      for (const { shape, values } of tensors.values()) {
        assert.equal(values.length, shape.reduce((product, side) => product * side, 1));
      }
    } catch (error) {
      assert.ok(error instanceof UserError, String(error));
    }
  }
});
