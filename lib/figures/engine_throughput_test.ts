import assert from "node:assert/strict";
import { engineThroughput, type ThroughputRow } from "./engine_throughput.ts";
import { inspect } from "./testdata/drawn.ts";

const base = { depth: 20, width: 16, imageSize: 32, batch: 32, threads: 1 };
const row = (
  engine: ThroughputRow["engine"],
  change: Partial<ThroughputRow>,
  speed: number,
): ThroughputRow => ({
  engine,
  ...base,
  ...change,
  trainImagesPerSecond: speed,
});

Deno.test("engineThroughput() puts each measurement into the panels of the one setting that it changes", async () => {
  const figure = engineThroughput({
    machine: "one core",
    base,
    rows: [
      row("wasm", {}, 105),
      row("torch", {}, 600),
      row("wasm", { batch: 64 }, 106),
      row("torch", { batch: 64 }, 610),
      row("wasm", { imageSize: 64 }, 26),
    ],
  });
  const drawn = await inspect(figure);
  // The base stands in all four panels: 4 × 2 dots, and the other three rows once each.
  assert.equal(
    drawn.count('g.training[aria-label="dot"] path, g.training[aria-label="dot"] circle'),
    4 * 2 + 3,
  );
  for (const label of ["batch size", "depth", "channels of the first stage", "image size in pixels"]) {
    assert.ok(drawn.texts.includes(label));
  }
  assert.ok(drawn.texts.includes("PyTorch (reference)") && !drawn.texts.includes("WebGPU"));
  assert.ok(!drawn.texts.includes("evaluation"));
  assert.match(figure.description, /wasm 105, PyTorch \(reference\) 600/);
});

Deno.test("engineThroughput() draws evaluation dashed, and lists settings that differ in more or in threads", async () => {
  const drawn = await inspect(engineThroughput({
    machine: "two cores",
    base,
    rows: [
      { ...row("onednn", {}, 640), evaluationImagesPerSecond: 2000 },
      { ...row("onednn", { depth: 32 }, 400), evaluationImagesPerSecond: 1300 },
      row("onednn", { depth: 18, width: 64, imageSize: 224, batch: 16 }, 7),
      row("onednn", { threads: 2 }, 900),
    ],
  }));
  assert.equal(drawn.count("g.evaluation path"), 4);
  assert.ok(drawn.texts.includes("evaluation"));
  assert.ok(drawn.texts.includes("ResNet-18, 64 channels, 224 px, batch 16, 1 thread"));
  assert.ok(drawn.texts.includes("ResNet-20, 16 channels, 32 px, batch 32, 2 threads"));
});
