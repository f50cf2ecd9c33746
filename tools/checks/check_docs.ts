/**
 * Checks the public names of the library: each is used in a notebook or the README, and there are not too many. Types only
 * complete the signatures of functions; they do not count.
 *
 *     deno task check:docs
 *
 * @module
 */
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { joinCells, numberedNotebooks, readNotebook } from "../notebooks/notebook.ts";

/** Functions, classes, constants and namespaces that `lwm` exports, those in its namespaces included. */
const MOST_NAMES = 90;

/**
 * What users can call: the names of a module, such as `configure`, and of its namespaces, such as `figures.showTable`.
 * @param module as imported
 * @param prefix of the namespace, such as `figures.`
 */
export function publicNames(module: Readonly<Record<string, unknown>>, prefix = ""): string[] {
  return Object.entries(module).flatMap(([name, value]) => {
    const isNamespace = typeof value === "object" && value !== null && Symbol.toStringTag in value &&
      value[Symbol.toStringTag] === "Module";
    const inside = isNamespace ? publicNames(value as Record<string, unknown>, `${prefix}${name}.`) : [];
    return [`${prefix}${name}`, ...inside];
  });
}

/**
 * Holds the names against their use.
 * @param names from {@linkcode publicNames}
 * @param uses the code of the notebooks, and the README
 * @returns one line for each problem
 */
export function nameProblems(names: readonly string[], uses: string): string[] {
  const unused = names.filter((name) => !new RegExp(`\\b${name.replaceAll(".", "\\.")}\\b`).test(uses));
  return [
    ...unused.map((name) => `"${name}" is in no notebook and not in the README: use it, or do not export it`),
    ...names.length > MOST_NAMES ? [`${names.length} public names, more than ${MOST_NAMES}`] : [],
  ];
}

async function usesIn(root: string): Promise<string> {
  const paths = await numberedNotebooks(join(root, "notebooks"));
  const cells = await Promise.all(paths.map(async (path) => joinCells(await readNotebook(path)).code));
  return [...cells, await Deno.readTextFile(join(root, "README.md"))].join("\n");
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname!, "../..");
  const names = publicNames(await import(pathToFileURL(join(root, "lib", "mod.ts")).href));
  const problems = nameProblems(names, await usesIn(root));
  for (const problem of problems) console.error(problem);
  console.error(`Documentation: ${names.length} public names, ${problems.length} problems.`);
  Deno.exit(problems.length > 0 ? 1 : 0);
}
