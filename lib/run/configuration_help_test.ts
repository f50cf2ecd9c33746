import assert from "node:assert/strict";
import { configure } from "./configuration.ts";
import { configurationHelp, fieldNames } from "./configuration_help.ts";
import { configurationSchema } from "./schema.ts";

Deno.test("configurationHelp() has every field with its meaning and the preset's default", () => {
  for (const preset of ["smoke", "default", "paper"] as const) {
    const start = { preset, dataset: "caltech-101", method: "C" } as const;
    const defaults = configure(start);
    const help = configurationHelp(start);
    assert.deepEqual(help.map(({ field }) => field), Object.keys(configurationSchema.shape));
    for (const { field, default: value, meaning } of help) {
      assert.equal(value, String(defaults[field as keyof typeof defaults]));
      assert.equal(meaning, configurationSchema.shape[field as keyof typeof defaults].description);
    }
  }
});

Deno.test("configurationHelp() says which values a field accepts", () => {
  const values = Object.fromEntries(configurationHelp().map(({ field, values }) => [field, values]));
  assert.equal(values.norm, "L1, L2");
  assert.equal(values.gamma, "number, at least 0, at most 10");
  assert.equal(values.momentum, "number, at least 0, less than 1");
  assert.equal(values.temperature, "number, more than 0");
  assert.equal(values.seed, "integer, at least 0");
  assert.equal(values.widths, "list of 1 to 5 times integer, at least 1, at most 4096");
  assert.equal(values.firstClasses, "list of text");
  assert.equal(values.cacheTeacher, "true, false");
});

Deno.test("configurationHelp() shows itself as a table in a notebook", () => {
  const help = configurationHelp() as unknown as Record<symbol, () => { "text/markdown": string }>;
  const { "text/markdown": table } = help[Symbol.for("Jupyter.display")]();
  assert.equal(table.split("\n").length, 2 + fieldNames.length);
  assert.match(table, /^\| gamma +\| number, at least 0, at most 10 +\| 0\.3 /m);
});
