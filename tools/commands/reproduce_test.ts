import assert from "node:assert/strict";
import { reproduce } from "./reproduce.ts";

Deno.test("reproduce refuses what it does not know, before it does anything", async () => {
  const cases = [
    [["--all-seed"], /found --all-seed\..*reproduce --help/],
    [["--engine=tpu"], /Expected engine to be .* but found "tpu"/],
    [["--preset=big"], /^Expected preset to be "smoke" or "default" or "paper" but found "big"/],
  ] as const;
  for (const [args, message] of cases) await assert.rejects(reproduce(args), { name: "UserError", message });
});
