import assert from "node:assert/strict";
import type { MethodSeconds } from "./bench_jobs.ts";
import {
  BASE,
  fastest,
  furtherOutcomes,
  jsonLine,
  outcomeLine,
  quickOutcomes,
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
const further = {
  rows: [16, 32, 256].map((batch) => throughputRow("wasm", { ...BASE, batch }, { train: 100 + batch / 16 })),
  pipeline: 6000,
  leak: { tensors: [50, 50], bytes: [1000, 1010] } as { tensors: [number, number]; bytes: [number, number] },
  smoke: { wasm: 0.9, onednn: 0.91, webgpu: 0.905 },
  processes: [600, 1100] as [number, number],
};

Deno.test("jsonLine() is one line of the agreed form", () => {
  assert.deepEqual(JSON.parse(jsonLine(quick)), {
    imagesPerSecond: { wasm: 120, onednn: 600, torch: 550 },
    stepRatio: { "C": 1, "LwF-MC": 1.02, "LwM": 1.05, "LwM uncached": 1.3, "two extra passes": 3 },
    evaluation: 3,
  });
  assert.ok(!jsonLine(quick).includes("\n"));
});

Deno.test("jsonLine() leaves out the engines that are missing", () => {
  const { imagesPerSecond } = JSON.parse(jsonLine({ ...quick, imagesPerSecond: { wasm: 120 } }));
  assert.deepEqual(imagesPerSecond, { wasm: 120 });
});

Deno.test("fastest() is the faster of the project's own engines", () => {
  assert.deepEqual(fastest({ wasm: 120, onednn: 600, torch: 9000 }), { engine: "onednn", speed: 600 });
  assert.deepEqual(fastest({ wasm: 120 }), { engine: "wasm", speed: 120 });
});

Deno.test("stepRatios() compares each method with C", () => {
  assert.equal(stepRatios(methods).C, 1);
  assert.equal(stepRatios(methods)["two extra passes"].toFixed(6), "3.000000");
});

Deno.test("quickOutcomes() tells which of the numbers hoped for were reached", () => {
  assert.deepEqual(quickOutcomes(quick).map(({ reached }) => reached), [true, true, false, true, true, true]);
  const alone = quickOutcomes({ ...quick, imagesPerSecond: { wasm: 90 } });
  assert.deepEqual(alone.map(({ reached }) => reached), [false, undefined, undefined, true, true, true]);
});

Deno.test("furtherOutcomes() tells which of the others were reached", () => {
  const reached = (changed: Partial<typeof further>) =>
    furtherOutcomes(quick, { ...further, ...changed }).map(({ reached }) => reached);
  assert.deepEqual(reached({}), [true, true, true, true, true]);
  assert.equal(reached({ pipeline: 1000 })[0], false);
  assert.equal(
    reached({ rows: further.rows.map((row) => ({ ...row, trainImagesPerSecond: row.batch })) })[1],
    false,
  );
  assert.equal(reached({ leak: { tensors: [50, 51], bytes: [1000, 1000] } })[2], false);
  assert.equal(reached({ leak: { tensors: [50, 50], bytes: [1000, 1051] } })[2], false);
  assert.equal(reached({ smoke: { ...further.smoke, webgpu: 0.85 } })[3], false);
  assert.equal(reached({ processes: [600, 1000] })[4], false);
});

Deno.test("throughputTable() has a heading and a line for each row", () => {
  const [heading, first] = throughputTable(further.rows);
  assert.match(heading, /^engine +network +channels +image +batch +training\/s +forward\/s$/);
  assert.match(first, /^wasm +ResNet-20 +16 +32 × 32 +16 +101 +–$/);
});

Deno.test("outcomeLine() marks what was reached, what not, and what is unknown", () => {
  assert.equal(outcomeLine({ text: "a", reached: true }), "✓ a");
  assert.equal(outcomeLine({ text: "b", reached: false }), "✗ b");
  assert.equal(outcomeLine({ text: "c" }), "– c");
});
