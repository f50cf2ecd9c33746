/**
 * `deno task test [OPTION]`: all tests, in few modules, each of which loads tfjs and the library once for all
 * of its files. Options are those of `deno test`, such as `--filter TEXT`.
 *
 * `--shake SEED` makes what tests wait for come late, in pieces or together; see `shake.ts`. The same seed shakes
 * the same way, as far as the operating system allows.
 * @module
 */
import { globSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { writeFilesWhole } from "../../lib/files.ts";

/** A module each, those first that take longest. A file belongs to the longest with which its path begins. */
const PARTS = ["tools/commands", "tools", "lib/run", "lib", "tools/commands/sweep", "lib/engine", "lib/data"];

/**
 * Writes the modules, all into one folder, since Deno runs those of subfolders first.
 * @returns their paths
 */
async function writeModules(root: string): Promise<string[]> {
  const files = globSync("{lib,tools}/**/*_test.ts", { cwd: root }).map((path) => path.replaceAll("\\", "/"));
  const byPart = Map.groupBy(
    files.filter((path) => !/\/(jupyterlab|readme_commands)_test\.ts$/.test(path)).sort(), // they have tasks
    (path) => PARTS.filter((part) => path.startsWith(part)).reduce((a, b) => a.length > b.length ? a : b),
  );
  const modules = PARTS.map((part) => {
    const imports = byPart.get(part)!.map((file) => `import "${pathToFileURL(join(root, file))}";\n`);
    return [join(root, "data", "tests", `${part.replaceAll("/", "-")}.ts`), imports.join("")] as const;
  });
  await writeFilesWhole(modules);
  return modules.map(([path]) => path);
}

/** Takes `--shake SEED` out of the options. @returns the options of `deno test` that it stands for */
function shakeOptions(options: string[]): string[] {
  const at = options.findIndex((option) => /^--shake(=|$)/.test(option));
  if (at < 0) return [];
  const [given] = options.splice(at, 1);
  const seed = given.includes("=") ? given.split("=")[1] : options.splice(at, 1)[0];
  if (!/^\d+$/.test(seed ?? "")) {
    console.error(`Expected a whole number behind --shake but found ${seed ?? "nothing"}.`);
    Deno.exit(1);
  }
  console.log(`Shaken. To repeat it: deno task test --shake ${seed}`);
  const preload = new URL("shake.ts", import.meta.url);
  preload.searchParams.set("seed", seed);
  return [`--preload=${preload}`];
}

const root = resolve(import.meta.dirname!, "../..");
const options = [...Deno.args];
const shake = shakeOptions(options);
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["test", "-A", "--parallel", "--doc", "--no-check", "--ignore=**/*_test.ts"],
    ...shake,
    ...options,
    ...await writeModules(root),
    ...["lib", "tools"],
  ],
  cwd: root,
  // Many tests wait; and with room for their first objects V8 spends a fifth less time on many short
  // programs.
  env: {
    DENO_JOBS: `${navigator.hardwareConcurrency + 2}`,
    DENO_V8_FLAGS: "--min-semi-space-size=128,--max-semi-space-size=128",
  },
}).spawn().status;
Deno.exit(code);
