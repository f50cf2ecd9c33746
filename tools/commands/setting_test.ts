import assert from "node:assert/strict";
import { tinyConfiguration } from "../../lib/run/run_fixture.ts";
import { describeSetting, settingKey, varyingFields } from "./setting.ts";

Deno.test("settingKey() is the same for other seeds and for fields that the method does not use", () => {
  const key = settingKey(tinyConfiguration({ method: "LwF-MC" }));
  assert.equal(settingKey(tinyConfiguration({ method: "LwF-MC", seed: 7, gamma: 0.9, increments: 5 })), key);
  assert.notEqual(settingKey(tinyConfiguration({ method: "LwF-MC", beta: 0.123 })), key);
});

Deno.test("varyingFields() compares runs of one method with each other", () => {
  const runs = [
    tinyConfiguration({ method: "C" }),
    tinyConfiguration({ method: "LwM", gamma: 0.1 }),
    tinyConfiguration({ method: "LwM", gamma: 0.3, widths: [4, 4, 8] }),
  ];
  const fields = varyingFields(runs);
  assert.deepEqual(
    new Set(fields),
    new Set(["gamma", "widths"]),
    "not the classification, which C has another of",
  );
  assert.equal(describeSetting(runs[2], ["gamma", "widths"]), "LwM, gamma 0.3, widths 4,4,8");
  assert.equal(describeSetting(runs[0], ["gamma"]), "C");
});
