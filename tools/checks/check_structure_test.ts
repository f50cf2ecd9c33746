import assert from "node:assert/strict";
import { countLines, parseModule, structureViolations } from "./check_structure.ts";

/** Checks modules, each given as its path and its imports. */
function check(modules: Record<string, string[]>): string[] {
  return structureViolations(
    Object.entries(modules).map(([path, imports]) => parseModule(path, imports.join("\n"))),
  );
}

Deno.test("structureViolations() accepts imports of lower rooms", () => {
  assert.deepEqual(
    check({
      "lib/mod.ts": ['export * from "./run/run.ts";'],
      "lib/run/run.ts": ['import { a } from "../training/a.ts";', 'import { join } from "node:path";'],
      "lib/training/a.ts": ['import type { R } from "../model/resnet.ts";', 'import { b } from "./b.ts";'],
      "lib/training/b.ts": ['import { UserError } from "../user_error.ts";'],
      "lib/model/resnet.ts": ['import * as tf from "@tensorflow/tfjs";'],
      "lib/user_error.ts": [],
      "tools/commands/a.ts": ['import { a } from "../../lib/training/a.ts";'],
    }),
    [],
  );
});

Deno.test("structureViolations() reports imports upwards and from outside, also of a type", () => {
  const imports = [
    'import { a } from "../attention/a.ts";',
    'import type { b } from "../training/b.ts";',
    'export { c } from "../../tools/c.ts";',
    'export * from "../mod.ts";',
    'import { d } from "lwm/engine/mod.ts";',
  ];
  const may = "losses/ may import attention, not";
  assert.deepEqual(check({ "lib/losses/a.ts": imports, "lib/random.ts": ['import "./data/a.ts";'] }), [
    `lib/losses/a.ts: ${may} lib/training/b.ts`,
    `lib/losses/a.ts: ${may} tools/c.ts`,
    `lib/losses/a.ts: ${may} lib/mod.ts`,
    `lib/losses/a.ts: ${may} lwm/engine/mod.ts`,
    "lib/random.ts: lib/ may import no other room, not lib/data/a.ts",
  ]);
  assert.match(check({ "lib/helpers/a.ts": [] })[0], /helpers\/ is not one of the rooms/);
});

Deno.test("structureViolations() reports imports past the door of a room", () => {
  const past = ['import { A } from "../../lib/losses/a.ts";'];
  const modules = {
    "lib/losses/mod.ts": ['export * from "./a.ts";'],
    "lib/losses/a.ts": [],
    "tools/x/b.ts": past,
  };
  assert.deepEqual(check(modules), [
    "tools/x/b.ts: enter lib/losses/ through its mod.ts, not lib/losses/a.ts",
  ]);
});

Deno.test("structureViolations() reports circles of imports, and no module beside them", () => {
  const circle = {
    "lib/data/b.ts": ['import { c } from "./c.ts";'],
    "lib/data/c.ts": ['import { a } from "./a.ts";', 'import { d } from "./d.ts";'],
    "lib/data/a.ts": ['import { b } from "./b.ts";'],
    "lib/data/d.ts": [],
    "lib/data/e.ts": ['import { a } from "./a.ts";'],
  };
  assert.deepEqual(check(circle), [
    "circular imports among lib/data/b.ts, lib/data/c.ts, lib/data/a.ts",
  ]);
});

Deno.test("countLines() counts lines of code, and all lines of tests", () => {
  const code = ["/**", " * Doc.", " */", "", "  // Why.", "f( // first", "  2 * 3,", ");"].join("\n") + "\n";
  const paths = ["lib/data/a.ts", "explorer/a.tsx", "lib/data/a_test.ts", "lib/data/testdata/a.ts"];
  assert.deepEqual(countLines(paths.map((path) => parseModule(path, code))), {
    "lines of code in lib and tools": 3,
    "lines of code in explorer": 3,
    "source files": 2,
    "lines of tests": 16,
  });
});

Deno.test("parseModule() sees each import, over several lines too", () => {
  const source = ['import { a } from "./a.ts";', "import {", "  type B,", '} from "../b.ts";'];
  source.push('export * from "node:path";', 'const c = await import("./c.ts");');
  assert.deepEqual(parseModule("lib/x/y.ts", source.join("\n")).imports, [
    ...["lib/x/a.ts", "lib/b.ts", "node:path", "lib/x/c.ts"],
  ]);
});
