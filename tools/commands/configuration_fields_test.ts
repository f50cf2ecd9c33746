import assert from "node:assert/strict";
import { configure } from "../../lib/run/configuration.ts";
import { configurationSchema } from "../../lib/run/schema.ts";
import { describeFields, fieldNames } from "./configuration_fields.ts";

Deno.test("describeFields() has every field with its meaning and the preset's default", () => {
  for (const preset of ["smoke", "default", "paper"] as const) {
    const help = describeFields({ preset, dataset: "caltech-101", method: "C" });
    const defaults = configure({ preset, dataset: "caltech-101", method: "C" });
    for (const [field, { description }] of Object.entries(configurationSchema.shape)) {
      const value = defaults[field as keyof typeof defaults];
      assert.ok(
        help.includes(`[${value}]\n      ${description}\n`) ||
          help.endsWith(`[${value}]\n      ${description}`),
        field,
      );
      assert.match(help, new RegExp(`^  --${field} \\S`, "m"));
    }
  }
  assert.deepEqual(fieldNames, Object.keys(configurationSchema.shape));
});

Deno.test("describeFields() says what may be written", () => {
  const help = describeFields({});
  assert.match(help, /--method C\|LwF-MC\|LwM {3}\[/);
  assert.match(help, /--gamma NUMBER, at least 0, at most 1 {3}\[/);
  assert.match(help, /--momentum NUMBER, at least 0, less than 1 {3}\[/);
  assert.match(help, /--temperature NUMBER, more than 0 {3}\[/);
  assert.match(help, /--seed INTEGER, at least 0 {3}\[/);
  assert.match(help, /--widths LIST of 1 to 5 INTEGER, at least 1 {3}\[/);
  assert.match(help, /--cacheTeacher true\|false {3}\[/);
});
