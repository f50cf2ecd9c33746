/**
 * Checks the shape of the project: rooms of lib/ import only rooms below them, without circles; what a
 * browser loads needs neither Deno nor Node; no file outside lib/data is named after a data set; code
 * and tests stay within their budget, and comments within the width of the code.
 *
 *     deno task check:structure
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { datasetNames } from "../../lib/run/schema.ts";

/** A source file, with its path relative to the project, such as "lib/model/resnet.ts". */
export interface Module {
  path: string;
  source: string;
  imports: Import[];
}

/**
 * One import or re-export: a path relative to the project, or what stands there, such as "node:path" or
 * "sharp".
 */
interface Import {
  target: string;
  /** Whether it is loaded when the module is: neither a type nor a dynamic import. */
  static: boolean;
}

/** Each room of lib/, and the rooms that it may import from. The files beside them belong to every room. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  study: ["run", "training", "evaluation", "data", "model", "figures"],
  run: ["training", "losses", "evaluation", "data", "engine", "model"],
  training: ["model", "losses", "attention", "data", "engine"],
  evaluation: ["model", "attention", "losses", "data"],
  figures: ["training", "data"],
  losses: ["attention"],
  attention: ["model", "engine"],
  model: ["engine"],
  data: [],
  engine: [],
};

/** What a browser can load, with all that it imports: rooms, and single modules. */
const BROWSER_ROOMS = ["evaluation", "training", "losses", "attention", "model"];
const BROWSER_MODULES = [
  "lib/data/batches.ts",
  "lib/data/iemoji/iemoji.ts",
  "lib/data/protocol.ts",
  "lib/engine/wasm.ts",
  "lib/figures/kit/overlay.ts",
];
const NATIVE_PACKAGES = ["sharp", "tar", "yauzl"];
/** What there may be at most. A line of code is neither blank nor a comment; of tests every line counts. */
const BUDGET = {
  "lines of code in lib and tools": 15_700,
  "lines of code in explorer": 2_000,
  "source files": 160,
  "lines of tests": 13_900,
};
const WIDTH = 110;
const COMMENT = /^\s*(\/\/|\/?\*( |\*|\/|$))/;

/** Checks all modules, tests included, against the rules. @returns one line for each violation */
export function structureViolations(all: readonly Module[]): string[] {
  const modules = all.filter(({ path }) => !isTest(path));
  const found = Object.entries(countLines(all)) as [keyof typeof BUDGET, number][];
  return [
    ...modules.flatMap(directionViolations),
    ...browserViolations(modules),
    ...circles(modules),
    ...modules.flatMap(nameViolations),
    ...all.flatMap(widthViolations),
    ...found.filter(([what, count]) => count > BUDGET[what])
      .map(([what, count]) => `${count} ${what}, more than ${BUDGET[what]}`),
  ];
}

/** Tests, and what only they need. */
function isTest(path: string): boolean {
  return /_test\.tsx?$|\/testdata\//.test(path);
}

function countLines(modules: readonly Module[]): typeof BUDGET {
  const sources = modules.filter(({ path }) => !isTest(path));
  const count = (some: readonly Module[], isCounted: (line: string) => boolean) =>
    some.reduce((sum, { source }) => sum + source.split("\n").slice(0, -1).filter(isCounted).length, 0);
  const isCode = (line: string) => line.trim() !== "" && !COMMENT.test(line);
  const isOfPage = ({ path }: Module) => path.startsWith("explorer/");
  return {
    "lines of code in lib and tools": count(sources.filter((module) => !isOfPage(module)), isCode),
    "lines of code in explorer": count(sources.filter(isOfPage), isCode),
    "source files": sources.length,
    "lines of tests": count(modules.filter(({ path }) => isTest(path)), () => true),
  };
}

function widthViolations({ path, source }: Module): string[] {
  return source.split("\n").flatMap((line, index) =>
    line.length > WIDTH && (COMMENT.test(line) || / \/\/ /.test(line))
      ? [`${path}:${index + 1}: a comment of ${line.length} characters, more than ${WIDTH}`]
      : []
  );
}

function directionViolations({ path, imports }: Module): string[] {
  if (!path.startsWith("lib/") || path === "lib/mod.ts") return [];
  const room = roomOf(path);
  if (room !== undefined && !(room in ROOMS)) {
    return [`${path}: lib/${room}/ is not one of the rooms of lib/`];
  }
  const allowed = room === undefined ? [] : ROOMS[room];
  return imports.filter(({ target }) => {
    if (!/^(lib|tools|lwm)\b/.test(target)) return false;
    const other = roomOf(target);
    if (!target.startsWith("lib/") || target === "lib/mod.ts") return true;
    return other !== undefined && other !== room && !allowed.includes(other);
  }).map(({ target }) =>
    `${path}: ${room ?? "lib"}/ may import ${allowed.join(", ") || "no other room"}, not ${target}`
  );
}

/** Follows the imports of the rooms that a browser loads. */
function browserViolations(modules: readonly Module[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const reached = new Set(
    modules.filter(({ path }) =>
      BROWSER_MODULES.includes(path) || BROWSER_ROOMS.includes(roomOf(path) ?? "")
    ),
  );
  const violations: string[] = [];
  for (const { path, source, imports } of reached) { // Grows while it is walked.
    for (const { target } of imports.filter((found) => found.static)) {
      if (target.startsWith("node:") || NATIVE_PACKAGES.includes(target)) {
        violations.push(`${path}: a browser loads this module and cannot load ${target}`);
      }
      const next = byPath.get(target);
      if (next) reached.add(next);
    }
    withoutCommentsAndTexts(source).split("\n").forEach((line, index) => {
      const name = line.match(/(?<![\w$.])(Deno|process|Buffer)(?=\??\.)/)?.[1];
      if (name) violations.push(`${path}:${index + 1}: a browser loads this module and has no ${name}`);
    });
  }
  return violations;
}

/** Takes away what imports nothing or is imported by nothing, until circles and what joins them are left. */
function circles(modules: readonly Module[]): string[] {
  const paths = new Set(modules.map(({ path }) => path));
  const imported = new Set(modules.flatMap(({ imports }) => imports.map(({ target }) => target)));
  const left = modules.filter(({ path, imports }) =>
    imported.has(path) && imports.some(({ target }) => paths.has(target))
  );
  if (left.length < modules.length) return circles(left);
  return left.length === 0 ? [] : [`circular imports among ${left.map(({ path }) => path).join(", ")}`];
}

function nameViolations({ path }: Module): string[] {
  const words = datasetNames.map((name) => name.split("-")[0]).filter((word) => word !== "folder");
  const isNamed = !path.startsWith("lib/data/") && words.some((word) => path.includes(word));
  return isNamed ? [`${path}: only lib/data/ has files that are named after a data set`] : [];
}

/** The room of a module of lib/; undefined for the files beside the rooms. */
function roomOf(path: string): string | undefined {
  return path.match(/^lib\/([^/]+)\//)?.[1];
}

/** The code with blanks in place of comments and of texts. Lines stay where they are. */
function withoutCommentsAndTexts(source: string): string {
  return source.replace(
    /\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\$]|\$(?!\{))*`/g,
    (text) => text.replaceAll(/[^\n]/g, " "),
  );
}

/** Reads the imports of a module, as `deno fmt` writes them. */
export function parseModule(path: string, source: string): Module {
  const statements = source.matchAll(/^(?:import|export) (?:(type )?([^;"'()=]*?) from )?"([^"\n]+)"/gm);
  const dynamic = source.matchAll(/\bimport\("([^"\n]+)"\)/g);
  const imports = [
    ...Array.from(statements, ([, type, names = "", target]) => {
      const onlyTypes = type !== undefined || /^\{(\s*type [^,]+,?)+\s*\}$/.test(names);
      return { target, static: !onlyTypes };
    }),
    ...Array.from(dynamic, ([, target]) => ({ target, static: false })),
  ].map(({ target, ...rest }) => ({
    target: target.startsWith(".") ? join(dirname(path), target) : target,
    ...rest,
  }));
  return { path, source, imports };
}

/** Reads all TypeScript below a folder of the project, tests included. */
export async function readModules(root: string, folder: string): Promise<Module[]> {
  const modules: Module[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) modules.push(...await readModules(root, path));
    else if (/\.tsx?$/.test(name)) modules.push(parseModule(path, await Deno.readTextFile(join(root, path))));
  }
  return modules.sort((a, b) => a.path < b.path ? -1 : 1);
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname!, "../..");
  const folders = ["lib", "tools", "explorer"].map((folder) => readModules(root, folder));
  const modules = (await Promise.all(folders)).flat();
  const violations = structureViolations(modules);
  violations.forEach((violation) => console.error(violation));
  const counts = Object.entries(countLines(modules)).map(([what, count]) => `${count} ${what}`);
  console.error(`Structure: ${counts.join(", ")}; ${violations.length} violations.`);
  if (violations.length > 0) Deno.exit(1);
}
