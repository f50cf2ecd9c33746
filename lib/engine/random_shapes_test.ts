import assert from "node:assert/strict";
import { isHere } from "./testdata/each_engine.ts";
import { failures, randomSizes } from "./testdata/random_shapes.ts";

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
  const random = Array.from({ length: 12 }, (_, n) => randomSizes(n));
  assert.deepEqual(await failures("onednn", [...known, ...random]), []);
});
