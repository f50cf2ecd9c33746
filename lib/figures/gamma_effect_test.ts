import assert from "node:assert/strict";
import { gammaEffect } from "./gamma_effect.ts";
import { inspect } from "./testdata/drawn.ts";

Deno.test("gammaEffect() draws one panel a variant with two lines each, all in the same scale", async () => {
  const figure = gammaEffect({
    gammas: [0, 1, 2],
    variants: [
      { name: "ours", featureGradient: [0, 2, 4], weightGradient: [0, 3, 6] },
      { name: "student's map detached", featureGradient: [0, 0, 0], weightGradient: [0, 0, 0] },
    ],
  });
  const drawn = await inspect(figure);
  assert.equal(drawn.count('[aria-label="line"] path'), 2 * 2);
  assert.ok(drawn.texts.includes("ours"));
  assert.equal(drawn.texts.filter((text) => text === "6").length, 2);
  assert.match(figure.description, /student's map detached: gradient norm at the largest γ 0\.00/);
});
