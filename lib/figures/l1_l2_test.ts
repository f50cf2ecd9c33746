import assert from "node:assert/strict";
import { l1L2 } from "./l1_l2.ts";
import { inspect } from "./testdata/drawn.ts";

const setting = { dataset: "iEmoji-100", preset: "default" };
const seeds = [0, 1, 2];

Deno.test("l1L2() puts LwF-MC, L1 and L2 side by side in this order, and joins seeds but not means", async () => {
  const runs = (["L2", "none", "L1"] as const).flatMap((distance) =>
    seeds.map((seed) => ({
      distance,
      gamma: distance === "none" ? 0 : 0.5,
      seed,
      averageIncrementalAccuracy: 0.4 + seed / 100,
      attentionCosine: 0.9,
    }))
  );
  const figure = l1L2({ ...setting, runs });
  const drawn = await inspect(figure);
  assert.match(figure.description, /LwF-MC: 0\.410, 0\.900\. L1, γ = 0\.5: 0\.410.* L2, γ = 0\.5: 0\.410/);
  assert.equal(drawn.count('g.mean[aria-label="line"] path'), 0);
  assert.equal(drawn.count('g.seed[aria-label="line"] path'), 2 * 3);
  assert.equal(drawn.count('g.mean[aria-label="dot"] circle'), 2 * 3);
});
