/**
 * A digest of the code between an image and an updated weight. It is part of the run folder's name, so a run
 * that other such code trained is not reused silently. Comments and white space do not count, and `lib/run/`
 * does not either, although it asks for the order of classes and starts each model.
 * @module
 */
import { hash } from "node:crypto";
import { globSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Engine } from "../engine/mod.ts";

const CODE = "lib/{attention,data,engine,losses,model,training}/**/*.ts";
const PACKAGES = /^(@tensorflow\/|@iconify-json\/|sharp$)/;
/** The engines whose files do not count. */
const OTHERS: Record<Engine["name"], RegExp> = {
  wasm: /engine\/webgpu\b/,
  "wasm-unfused": /engine\/webgpu\b/,
  webgpu: /engine\/wasm\b/,
  cpu: /engine\/(wasm|webgpu)\b/,
  onednn: /engine\/(wasm|webgpu)\b/,
};

/**
 * The digest of the code that trains on an engine, of six hexadecimal digits.
 * @param root folder of the project
 */
export function codeDigest(engine: Engine["name"], root: string = PROJECT): string {
  const code = root === PROJECT ? LOADED : readCode(root);
  return hash("sha256", JSON.stringify(code.filter(([path]) => !OTHERS[engine].test(path)))).slice(0, 6);
}

/** Paths and what counts of each file, in the order of the paths. */
function readCode(root: string): (readonly [path: string, code: string])[] {
  const paths = [...globSync(CODE, { cwd: root }), "lib/random.ts"].map((path) => path.replaceAll("\\", "/"));
  const files = paths.filter((path) => !/_test\.ts$|\/testdata\//.test(path)).sort().map((path) => {
    const source = Deno.readTextFileSync(join(root, path));
    const code = source.replaceAll(/^\s*\/\*[^]*?\*\/|(?<=^|\s)\/\/ .*/gm, "").replaceAll(/\s+/g, " ");
    return [path, code] as const;
  });
  const { imports } = JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
  const packages = Object.entries(imports).filter(([name]) => PACKAGES.test(name));
  return [...files, ["deno.json", JSON.stringify(packages)]];
}

const PROJECT = resolve(import.meta.dirname!, "../..");
/** Read when this module is loaded, together with the code itself: later edits do not affect this process. */
const LOADED = readCode(PROJECT);
