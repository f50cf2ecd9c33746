import assert from "node:assert/strict";
import { numbersToJson } from "./numbers.ts";

Deno.test("numbersToJson() rounds fractions to five digits and keeps whole numbers whole", () => {
  assert.equal(
    numbersToJson([1 / 3, 123456.789, 1234567, 1e-9 / 3, -0.5]),
    "[0.33333, 123460, 1234567, 3.3333e-10, -0.5]\n",
  );
});

Deno.test("numbersToJson() writes lists of numbers and small objects in one line each", () => {
  const json = numbersToJson({
    name: "a",
    runs: [{ seed: 1, accuracy: [0.5, 0.25] }, { seed: 2, accuracy: [] }],
  });
  assert.equal(
    json,
    '{\n  "name": "a",\n  "runs": [\n    { "seed": 1, "accuracy": [0.5, 0.25] },\n    { "seed": 2, "accuracy": [] }\n  ]\n}\n',
  );
});

Deno.test("numbersToJson() leaves pixels out and writes other typed arrays as lists", () => {
  const json = numbersToJson({
    image: { size: 1, rgb: new Uint8Array(3) },
    map: new Float32Array([0.1, 2]),
    gone: undefined,
  });
  assert.deepEqual(JSON.parse(json), { image: { size: 1 }, map: [0.1, 2] });
});

Deno.test("numbersToJson() is valid JSON for text, truth values, NaN and empty objects", () => {
  const value = { text: 'a "b"\n[1, 2]', yes: true, none: null, wrong: Number.NaN, empty: {} };
  assert.deepEqual(JSON.parse(numbersToJson(value)), { ...value, wrong: null });
});
