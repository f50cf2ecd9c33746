import assert from "node:assert/strict";
import { bench, summaryOf } from "./bench.ts";

const quick = {
  imagesPerSecond: { wasm: 120, onednn: 600.04, torch: 550 },
  methods: { "C": 0.1, "LwF-MC": 0.102, "LwM": 0.105, "LwM uncached": 0.13 },
  evaluation: 3,
};

Deno.test("summaryOf() has the agreed form", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(summaryOf(quick))), {
    imagesPerSecond: { wasm: 120, onednn: 600, torch: 550 },
    stepRatio: { "C": 1, "LwF-MC": 1.02, "LwM": 1.05, "LwM uncached": 1.3 },
    evaluation: 3,
  });
});

Deno.test("summaryOf() leaves out the engines that are missing", () => {
  const { imagesPerSecond } = summaryOf({ ...quick, imagesPerSecond: { wasm: 120 } });
  assert.deepEqual(imagesPerSecond, { wasm: 120 });
});

Deno.test("bench refuses what it does not know, before it measures anything", () =>
  assert.rejects(bench(["figure"]), { name: "UserError", message: /figure/ }));
