/**
 * `deno task test [OPTION]`: all tests, in few modules, each of which loads tfjs and the library once for all of its files.
 * @module
 */
import { globSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { writeFilesWhole } from "../../lib/files.ts";

/** What gets a module each, those first that take longest. A file belongs to the first that it lies in. */
const FOLDERS = ["tools/commands", "lib/run", "lib/engine", "lib/data", "tools", "lib"];

/** Writes the modules. @returns their paths */
async function writeModules(root: string): Promise<string[]> {
  const files = globSync("{lib,tools}/**/*_test.ts", { cwd: root }).map((path) => path.replaceAll("\\", "/"));
  const byFolder = Map.groupBy(
    files.filter((path) => !path.endsWith("/jupyterlab_test.ts")).sort(), // it has a command of its own
    (path) => FOLDERS.find((folder) => path.startsWith(`${folder}/`))!,
  );
  const modules = FOLDERS.map((folder) => {
    const imports = byFolder.get(folder)!.map((file) => `import "${pathToFileURL(join(root, file))}";\n`);
    return [join(root, "data", "tests", `${folder}.ts`), imports.join("")] as const;
  });
  await writeFilesWhole(modules);
  return modules.map(([path]) => path);
}

const root = resolve(import.meta.dirname!, "../..");
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["test", "-A", "--parallel", "--doc", "--no-check", "--ignore=**/*_test.ts"],
    ...Deno.args,
    ...await writeModules(root),
    ...["lib", "tools", "README.md"],
  ],
  cwd: root,
  // Some tests wait; and with room for their first objects V8 spends a fifth less time on many short programs.
  env: {
    DENO_JOBS: `${navigator.hardwareConcurrency + 1}`,
    DENO_V8_FLAGS: "--min-semi-space-size=128,--max-semi-space-size=128",
  },
}).spawn().status;
Deno.exit(code);
