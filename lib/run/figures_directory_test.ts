import assert from "node:assert/strict";
import { relative, resolve } from "node:path";
import { figuresDirectory } from "./figures_directory.ts";

Deno.test("figuresDirectory() is the committed folder for the default preset alone", () => {
  const root = resolve(import.meta.dirname!, "../..");
  assert.equal(relative(root, figuresDirectory({ preset: "default" })), "figures");
  assert.equal(relative(root, figuresDirectory({ preset: "smoke" })), "data/figures/smoke");
});
