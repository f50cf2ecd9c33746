import assert from "node:assert/strict";
import { stepBars } from "./step_bars.ts";
import { inspect } from "./testdata/drawn.ts";

Deno.test("stepBars() draws one panel a method and one bar a step, and says what the line is", async () => {
  const drawn = await inspect(stepBars({
    title: "What the answers are",
    subtitle: "iemoji-100, M_{2}",
    label: "share of all answers",
    methods: [
      { method: "C", shares: [0, 0.1, 0.9] },
      { method: "LwM", shares: [0.3, 0.3, 0.4] },
    ],
    level: { share: 1 / 3, meaning: "the share of the images" },
  }));
  for (const expected of ["C", "LwM", "90", "40", "Dashed: the share of the images."]) {
    assert.ok(drawn.texts.includes(expected), expected);
  }
  assert.equal(drawn.count('[aria-label="bar"] rect'), 6);
});
