import assert from "node:assert/strict";
import { bench } from "./bench.ts";

Deno.test("bench refuses what it does not know, before it measures anything", () =>
  assert.rejects(bench(["figure"]), { name: "UserError", message: /figure/ }));
