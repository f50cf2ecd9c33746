import assert from "node:assert/strict";
import { UserError } from "../user_error.ts";
import { isHere } from "./testdata/each_engine.ts";
import { failures, randomSizes } from "./testdata/random_shapes.ts";
import { newTensor } from "./wasm/heap.ts";

/** After `--`, as in `deno test -A lib/engine/random_shapes_test.ts -- 1000`, how many. */
const CASES = Number(Deno.args[0] ?? 6) || 6;

Deno.test("onednn computes what wasm computes on shapes of all kinds, and survives", async (t) => {
  if (!await isHere("onednn")) {
    await t.step({ name: "skipped: the engine onednn is not here", ignore: true, fn: () => {} });
    return;
  }
  // oneDNN 3.7 crashes on the first two if it is asked.
  const shortcut = { batch: 4, output: 16, filter: 1, stride: 2, padding: 0 };
  const known = [[64, 8], [46, 12]].map(([size, input]) => ({
    ...shortcut,
    height: size,
    width: size,
    input,
  }));
  const cases = [...known, ...Array.from({ length: CASES }, (_, n) => randomSizes(n))];
  // An engine keeps what it made for each shape: a process has a hundred at most.
  for (let n = 0; n < cases.length; n += 100) {
    assert.equal(await failures("onednn", cases.slice(n, n + 100)), "");
  }
});

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
