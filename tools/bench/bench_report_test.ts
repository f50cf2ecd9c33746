import assert from "node:assert/strict";
import type { MethodSeconds } from "./bench_jobs.ts";
import {
  BASE,
  fastest,
  jsonLine,
  quickLines,
  runTable,
  stepRatios,
  throughputRow,
  throughputTable,
} from "./bench_report.ts";

const methods: MethodSeconds = {
  "C": 0.1,
  "LwF-MC": 0.102,
  "LwM": 0.105,
  "LwM uncached": 0.13,
  "two extra passes": 0.3,
};
const quick = { imagesPerSecond: { wasm: 120, onednn: 600, torch: 550 }, methods, evaluation: 1800 };
const rows = [16, 32, 256].map((batch) =>
  throughputRow("wasm", { ...BASE, batch }, { train: 100 + batch / 16 })
);

Deno.test("jsonLine() is one line of the agreed form", () => {
  assert.deepEqual(JSON.parse(jsonLine(quick)), {
    imagesPerSecond: { wasm: 120, onednn: 600, torch: 550 },
    stepRatio: { "C": 1, "LwF-MC": 1.02, "LwM": 1.05, "LwM uncached": 1.3, "two extra passes": 3 },
    evaluation: 3,
  });
  assert.ok(!jsonLine(quick).includes("\n"));
  assert.equal(JSON.parse(jsonLine(quick, 0.93456)).busy, 0.935);
});

Deno.test("jsonLine() leaves out the engines that are missing", () => {
  const { imagesPerSecond } = JSON.parse(jsonLine({ ...quick, imagesPerSecond: { wasm: 120 } }));
  assert.deepEqual(imagesPerSecond, { wasm: 120 });
});

Deno.test("runTable() tells the share of each part, and of all that is not iteration", () => {
  const seconds = { start: 1, teacher: 4, images: 2, iterations: 90, checkpoints: 1, evaluation: 2 };
  const [heading, row] = runTable({ "iemoji-100": seconds });
  assert.match(heading, /^run of LwM +seconds +start .* not iterations$/);
  assert.match(row, /^iemoji-100 +100 +1\.0 % .* 10\.0 %$/);
});

Deno.test("fastest() is the faster of the project's own engines", () => {
  assert.deepEqual(fastest({ wasm: 120, onednn: 600, torch: 9000 }), { engine: "onednn", speed: 600 });
  assert.deepEqual(fastest({ wasm: 120 }), { engine: "wasm", speed: 120 });
});

Deno.test("stepRatios() compares each method with C", () => {
  assert.equal(stepRatios(methods).C, 1);
  assert.equal(stepRatios(methods)["two extra passes"].toFixed(6), "3.000000");
});

Deno.test("quickLines() compares the engines, the methods, and evaluation with training", () => {
  const [training, steps, evaluation] = quickLines(quick);
  assert.match(training, /onednn 600, 1\.09 × as many as PyTorch/);
  assert.match(steps, /LwM 1\.05 ×/);
  assert.match(evaluation, /3\.00 × the training's/);
  assert.match(quickLines({ ...quick, imagesPerSecond: { wasm: 90 } })[0], /wasm 90; onednn –; PyTorch –/);
});

Deno.test("throughputTable() has a heading and a line for each row", () => {
  const [heading, first] = throughputTable(rows);
  assert.match(heading, /^engine +network +channels +image +batch +training\/s +forward\/s$/);
  assert.match(first, /^wasm +ResNet-20 +16 +32 × 32 +16 +101 +–$/);
});
