import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { withFolder } from "../data/photos/testdata/photo_fixtures.ts";
import { codeDigest } from "./code_digest.ts";

const project = resolve(import.meta.dirname!, "../..");

/** A copy of the project's lib/ that may be edited. */
function withCopy(work: (root: string) => Promise<void>): Promise<void> {
  return withFolder(async (root) => {
    for (const file of ["deno.json", "deno.lock"]) await Deno.copyFile(join(project, file), join(root, file));
    const { success } = await new Deno.Command("cp", { args: ["-R", join(project, "lib"), root] }).output();
    assert.ok(success);
    await work(root);
  });
}

async function edit(path: string, from: string | RegExp, to: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  const edited = text.replace(from, to);
  assert.notEqual(edited, text, `nothing to edit in ${path}`);
  await Deno.writeTextFile(path, edited);
}

Deno.test("codeDigest() changes with the code of the engine in use, and not with that of another or a comment", () =>
  withCopy(async (root) => {
    const digest = codeDigest("wasm");
    assert.equal(codeDigest("wasm", root), digest);
    assert.match(digest, /^[0-9a-f]{6}$/);
    const trained = join(root, "lib/training/train_step.ts");
    await edit(trained, /$/, "\n  // A line.\n/**\n * A block.\n */\n");
    await edit(trained, ";\n", "; // behind code\n\n");
    assert.equal(codeDigest("wasm", root), digest, "comments count");
    await edit(join(root, "lib/engine/webgpu.ts"), /$/, "export const another = 1;\n");
    assert.equal(codeDigest("wasm", root), digest);
    assert.notEqual(codeDigest("webgpu", root), codeDigest("webgpu"));
    await edit(join(root, "lib/engine/wasm/kernels.ts"), /$/, "export const another = 1;\n");
    assert.notEqual(codeDigest("wasm", root), digest);
    const before = codeDigest("wasm", root);
    await edit(join(root, "deno.json"), "tensorflow/tfjs@4.22.0", "tensorflow/tfjs@4.22.1");
    assert.notEqual(codeDigest("wasm", root), before);
  }));
