/**
 * Checks that everything that lib/ and its rooms offer is documented, with `deno doc --lint`. Deno calls the types of an npm
 * package private, whatever one does, so what it says about those is left out.
 *
 *     deno task check:docs
 *
 * @module
 */
import { join, relative, resolve } from "node:path";

/**
 * Picks out what concerns us.
 * @param report what `deno doc --lint` has written
 * @param sourceOf gives the source of a file
 * @returns what it says about our own names, "FILE:LINE: reason" each
 */
export function docProblems(report: string, sourceOf: (file: string) => string): string[] {
  const problems: string[] = [];
  for (const [, reason, file, line] of report.matchAll(/^error\[[\w-]+\]: (.*)\n\s*--> (.+?):(\d+):\d+$/gm)) {
    const type = reason.match(/references private type '([\w$]+)'/)?.[1];
    if (type !== undefined && !declares(sourceOf(file), type)) continue;
    problems.push(`${file}:${line}: ${reason}`);
  }
  return problems;
}

function declares(source: string, type: string): boolean {
  return new RegExp(`\\b(interface|type|class|enum)\\s+${type.replaceAll("$", "\\$")}\\b`).test(source);
}

/** lib/mod.ts and the mod.ts of each room. */
async function publicModules(lib: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(lib)) {
    if (entry.isFile && entry.name === "mod.ts") files.push(join(lib, entry.name));
    if (!entry.isDirectory) continue;
    for await (const inner of Deno.readDir(join(lib, entry.name))) {
      if (inner.name === "mod.ts") files.push(join(lib, entry.name, inner.name));
    }
  }
  return files.sort();
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname!, "../..");
  const files = await publicModules(join(root, "lib"));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...files],
    env: { NO_COLOR: "1" },
  }).output();
  const report = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const problems = docProblems(report, Deno.readTextFileSync);
  for (const problem of problems) console.error(relative(root, problem));
  // A failure that is not a list of complaints, such as a file that cannot be parsed.
  const unexplained = !success && !report.includes("error[");
  if (unexplained) console.error(report.trim());
  console.error(`Documentation: ${files.length} public modules, ${problems.length} problems.`);
  if (unexplained || problems.length > 0) Deno.exit(1);
}
