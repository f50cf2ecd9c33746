import assert from "node:assert/strict";
import { IMAGE, inspect, spot } from "./testdata/drawn.ts";
import { whatAndWhy } from "./what_and_why.ts";

Deno.test("whatAndWhy() shows the nearest classes with their scores, and a map for each of them", async () => {
  const drawn = await inspect(whatAndWhy({
    dataset: "iEmoji-100",
    model: "M_{0}",
    examples: [
      {
        image: IMAGE,
        label: "hammer",
        classes: [
          { className: "axe", score: 0.5, map: spot(1) },
          { className: "wrench", score: 0.25, map: spot(1, 7) },
          { className: "key", score: 0.125, map: spot(9) },
        ],
      },
    ],
  }));
  assert.equal(drawn.count('[aria-label="bar"] rect'), 3);
  for (const text of ["hammer", "axe", "wrench", "key", "0.50", "0.25"]) {
    assert.ok(drawn.texts.includes(text), text);
  }
  const [axe, wrench, key] = drawn.images(/^attention for/);
  assert.equal(axe, wrench); // one scale a row, whatever the norm
  assert.notEqual(axe, key);
});
