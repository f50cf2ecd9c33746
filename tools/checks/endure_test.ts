import assert from "node:assert/strict";
import { endure } from "./endure.ts";

Deno.test("a run endures damage to each of its files", async () => {
  const { noticed, harmless, failures } = await endure({ kills: 0, damages: 60, seed: 1, log: () => {} });
  assert.deepEqual(failures, []);
  assert.equal(noticed + harmless, 5 * 2 * 60);
});
