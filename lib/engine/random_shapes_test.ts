import assert from "node:assert/strict";
import { UserError } from "../user_error.ts";
import { isHere } from "./testdata/each_engine.ts";
import { failures } from "./testdata/random_shapes.ts";
import { newTensor } from "./wasm/heap.ts";

Deno.test("wasm computes with more than 2 GB as with less", async () => {
  const sizes = { batch: 2, height: 7, width: 7, input: 8, output: 8 };
  const cases = [[3, 1, 1], [3, 2, 1], [1, 2, 0]]
    .map(([filter, stride, padding]) => ({ ...sizes, filter, stride, padding }));
  assert.equal(await failures("cpu", cases, 2.2e9), "");
});

Deno.test("wasm names what to make smaller where 4 GB are not enough", async () => {
  await isHere("wasm");
  assert.throws(() => newTensor([2 ** 31]), {
    name: UserError.name,
    message: new RegExp(
      "^Expected all tensors to fit into the 4.0 GB that WebAssembly can address but found " +
        "\\d\\.\\d{3} GB in use and 8.0 GB more needed. Make batchSize, imageSize or widths smaller.$",
    ),
  });
});
