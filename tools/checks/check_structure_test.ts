import assert from "node:assert/strict";
import { resolve } from "node:path";
import { type Import, type Module, readStructure, ROOMS, structureViolations } from "./check_structure.ts";

/** @returns a module with one import for each target, as a relative path unless it is a package */
function module(path: string, targets: (string | Partial<Import>)[] = [], source = ""): Module {
  const imports = targets.map((given, index): Import => {
    const partial = typeof given === "string" ? { target: given } : given;
    const specifier = partial.target?.startsWith("lib/") ? `../${partial.target.slice(4)}` : partial.target!;
    return { specifier, target: "", place: String(index + 1), typeOnly: false, dynamic: false, ...partial };
  });
  return { path, source, imports };
}

const check = (...modules: Module[]) => structureViolations(modules, ["@observablehq/plot"]);

Deno.test("structureViolations() finds nothing in a house in order", () => {
  assert.deepEqual(
    check(
      module("lib/mod.ts", ["lib/run/run.ts", "lib/figures/curve.ts"]),
      module("lib/run/run.ts", ["lib/training/loop.ts", "lib/user_error.ts", "node:path"]),
      module("lib/training/loop.ts", ["lib/model/resnet.ts", "lib/training/step.ts"]),
      module("lib/training/step.ts", ["lib/losses/mod.ts"]),
      module("lib/losses/mod.ts", ["lib/attention/mod.ts"]),
      module("lib/attention/mod.ts"),
      module("lib/model/resnet.ts", ["npm:@tensorflow/tfjs@4.22.0"]),
      module("lib/model/resnet_test.ts", ["lib/training/loop.ts", "node:assert/strict"], "Deno.test()"),
      module("lib/figures/curve.ts"),
      module("lib/user_error.ts"),
      module("tools/any.ts", ["lib/model/resnet.ts"]),
      module("notebooks/01.ipynb", [{ specifier: "lwm", target: "lib/mod.ts" }, "@observablehq/plot"]),
    ),
    [],
  );
});

Deno.test("structureViolations() reports an import against the direction of the rooms, also of a type", () => {
  assert.deepEqual(check(module("lib/losses/a.ts", ["lib/attention/b.ts", "lib/training/c.ts"])), [
    'lib/losses/a.ts:2: losses/ may import from attention, not from training/ ("../training/c.ts")',
  ]);
  assert.deepEqual(check(module("lib/data/a.ts", [{ target: "lib/model/b.ts", typeOnly: true }])), [
    'lib/data/a.ts:1: data/ may import from no other room, not from model/ ("../model/b.ts")',
  ]);
});

Deno.test("structureViolations() reports what lib/ may never import", () => {
  assert.equal(check(module("lib/model/a.ts", ["tools/b.ts"])).length, 1);
  assert.equal(
    check(module("lib/model/a.ts", [{ specifier: "lwm/engine/b.ts", target: "lib/engine/b.ts" }])).length,
    1,
  );
  assert.equal(check(module("lib/run/a.ts", ["lib/mod.ts"])).length, 1);
  assert.equal(check(module("lib/random.ts", ["lib/data/a.ts"])).length, 1);
  assert.deepEqual(check(module("lib/utils/a.ts")), [
    `lib/utils/a.ts: lib/utils/ is no room of the house (${Object.keys(ROOMS).join(", ")})`,
  ]);
});

Deno.test("structureViolations() reports each circle of imports once", () => {
  const a = module("lib/data/a.ts", ["lib/data/b.ts"]);
  const b = module("lib/data/b.ts", ["lib/data/c.ts"]);
  const c = module("lib/data/c.ts", ["lib/data/a.ts", "lib/data/d.ts"]);
  const d = module("lib/data/d.ts");
  const expected = ["circular import: lib/data/a.ts -> lib/data/b.ts -> lib/data/c.ts -> lib/data/a.ts"];
  assert.deepEqual(check(a, b, c, d), expected);
  assert.deepEqual(check(d, c, b, a), expected);
  assert.deepEqual(check(module("lib/data/a.ts", ["lib/data/a.ts"])), [
    "circular import: lib/data/a.ts -> lib/data/a.ts",
  ]);
});

Deno.test("structureViolations() reports Deno and Node in the rooms that a browser loads", () => {
  const source = [
    "/** Deno.readFile is not used here. */",
    'const text = "process.env"; // Buffer',
    "const key = { process: 1, require: 2 }.process;",
    "const a = Deno.readFileSync(path);",
    "const b = globalThis.Deno?.env;",
    "const c = `${process.env.HOME}`;",
  ].join("\n");
  assert.deepEqual(check(module("lib/model/a.ts", [], source)), [
    "lib/model/a.ts:4: model/ runs in a browser, which has no Deno",
    "lib/model/a.ts:5: model/ runs in a browser, which has no Deno",
    "lib/model/a.ts:6: model/ runs in a browser, which has no process",
  ]);
  assert.deepEqual(check(module("lib/data/a.ts", [], source)), []);
});

Deno.test("structureViolations() follows imports to what a browser cannot load, but not what is loaded on demand", () => {
  const engine = module("lib/engine/mod.ts", [
    "node:fs",
    { target: "npm:sharp@0.35.5", specifier: "sharp" },
    { target: "lib/engine/onednn.ts", dynamic: true },
    { target: "lib/engine/types.ts", typeOnly: true },
  ]);
  const onDemand = module("lib/engine/onednn.ts", ["node:ffi"]);
  const types = module("lib/engine/types.ts", ["node:fs"]);
  assert.deepEqual(check(module("lib/attention/a.ts", ["lib/engine/mod.ts"]), engine, onDemand, types), [
    'lib/engine/mod.ts:1: a browser loads this module, and cannot load "node:fs"',
    'lib/engine/mod.ts:2: a browser loads this module, and cannot load "sharp"',
  ]);
  assert.deepEqual(check(engine), []);
});

Deno.test("structureViolations() reports what a notebook may not import", () => {
  const imports = ["lib/data/a.ts", "node:fs", "npm:left-pad@1.0.0", "@observablehq/plot"];
  const notebook = module(
    "notebooks/01.ipynb",
    imports.map((target) => ({ target, place: "code cell 2, line 1" })),
  );
  const violations = check(notebook);
  assert.equal(violations.length, 3);
  assert.match(violations[0], /^notebooks\/01\.ipynb, code cell 2, line 1: a notebook may import "lwm"/);
});

Deno.test("readStructure() sees each module of the project with its imports", async () => {
  const { modules, packages } = await readStructure(resolve(import.meta.dirname!, "../.."));
  const runner = modules.find(({ path }) => path === "tools/notebooks/run_notebooks.ts")!;
  assert.ok(runner.imports.some(({ target }) => target === "lib/user_error.ts"));
  assert.ok(
    runner.imports.some(({ target, typeOnly }) =>
      target === "tools/notebooks/jupyter_messages.ts" && typeOnly
    ),
  );
  assert.ok(modules.some(({ path, source }) => path === "lib/random.ts" && source.includes("randomStream")));
  assert.ok(packages.includes("@tensorflow/tfjs") && !packages.includes("lwm"));
});
