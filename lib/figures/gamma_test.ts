import assert from "node:assert/strict";
import { gamma } from "./gamma.ts";
import { inspect } from "./testdata/drawn.ts";

const setting = { dataset: "iEmoji-100", preset: "default" };
const seeds = [0, 1, 2];

Deno.test("gamma() places 0 beside the logarithmic values, and draws seeds, means and intervals in both panels", async () => {
  const gammas = [0.1, 0, 1];
  const runs = gammas.flatMap((value) =>
    seeds.map((seed) => ({
      gamma: value,
      seed,
      averageIncrementalAccuracy: 0.4 + seed / 100,
      attentionCosine: 0.9 + value / 20 + seed / 1000,
    }))
  );
  const drawn = await inspect(gamma({ ...setting, runs }));
  for (const tick of ["0", "0.1", "1", "γ"]) {
    assert.equal(drawn.texts.filter((text) => text === tick).length, 2, tick);
  }
  assert.equal(drawn.count('g.seed[aria-label="line"] path'), 2 * 3);
  assert.equal(drawn.count('g.seed[aria-label="dot"] circle'), 2 * 9);
  assert.equal(drawn.count('g.mean[aria-label="dot"] circle'), 2 * 3);
  assert.equal(drawn.count("g.interval path"), 2 * 3);
});
