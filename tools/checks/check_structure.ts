/**
 * Checks the shape of the project: rooms of lib/ import only rooms below them, without circles, and enter a
 * room that has a door, `mod.ts`, through it. It also prints how many lines there are, which no rule limits.
 *
 *     deno task check:structure
 * @module
 */
import { globSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** A source file, with its path relative to the project, such as "lib/model/resnet.ts". */
export interface Module {
  path: string;
  source: string;
  /** What it imports or exports again: paths relative to the project, and others such as "node:path". */
  imports: string[];
}

/** Each room of lib/, and the rooms that it may import from. The files beside them belong to every room. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  study: ["run", "training", "evaluation", "losses", "attention", "data", "model", "figures"],
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

const COMMENT = /^\s*(\/\/|\/?\*( |\*|\/|$))/;

/** Checks all modules, tests included, against the rules. @returns one line for each violation */
export function structureViolations(all: readonly Module[]): string[] {
  const modules = all.filter(({ path }) => !isTest(path));
  return [
    ...modules.flatMap(directionViolations),
    ...doorViolations(modules),
    ...circles(modules),
  ];
}

/** Tests, and what only they need. */
function isTest(path: string): boolean {
  return /_test\.tsx?$|\/testdata\//.test(path);
}

/** A line of code is neither blank nor a comment; of tests every line counts. */
export function countLines(modules: readonly Module[]): Record<string, number> {
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

function directionViolations({ path, imports }: Module): string[] {
  if (!path.startsWith("lib/") || path === "lib/mod.ts") return [];
  const room = roomOf(path);
  if (room !== undefined && !(room in ROOMS)) {
    return [`${path}: lib/${room}/ is not one of the rooms of lib/`];
  }
  const allowed = room === undefined ? [] : ROOMS[room];
  return imports.filter((target) => {
    if (!/^(lib|tools|lwm)\b/.test(target)) return false;
    const other = roomOf(target);
    if (!target.startsWith("lib/") || target === "lib/mod.ts") return true;
    return other !== undefined && other !== room && !allowed.includes(other);
  }).map((target) =>
    `${path}: ${room ?? "lib"}/ may import ${allowed.join(", ") || "no other room"}, not ${target}`
  );
}

/** Of imports past the door of a room. A page loads as little as it can, so the explorer may. */
function doorViolations(modules: readonly Module[]): string[] {
  const doors = modules.map(({ path }) => path).filter((path) => /^lib\/[^/]+\/mod\.ts$/.test(path));
  return modules.filter(({ path }) => path !== "lib/mod.ts" && !path.startsWith("explorer/"))
    .flatMap(({ path, imports }) =>
      imports.filter((target) => {
        const room = roomOf(target);
        return room !== roomOf(path) && doors.includes(`lib/${room}/mod.ts`) && !doors.includes(target);
      }).map((target) => `${path}: enter lib/${roomOf(target)}/ through its mod.ts, not ${target}`)
    );
}

/** Takes away what imports nothing or is imported by nothing, until circles and what joins them are left. */
function circles(modules: readonly Module[]): string[] {
  const paths = new Set(modules.map(({ path }) => path));
  const imported = new Set(modules.flatMap(({ imports }) => imports));
  const left = modules.filter(({ path, imports }) =>
    imported.has(path) && imports.some((target) => paths.has(target))
  );
  if (left.length < modules.length) return circles(left);
  return left.length === 0 ? [] : [`circular imports among ${left.map(({ path }) => path).join(", ")}`];
}

/** The room of a module of lib/; undefined for the files beside the rooms. */
function roomOf(path: string): string | undefined {
  return path.match(/^lib\/([^/]+)\//)?.[1];
}

/** Reads the imports of a module, as `deno fmt` writes them. */
export function parseModule(path: string, source: string): Module {
  const imports = source.matchAll(/(?:^(?:import|export) (?:[^;"'()=]*? from )?|\bimport\()"([^"\n]+)"/gm);
  return {
    path,
    source,
    imports: Array.from(
      imports,
      ([, target]) => target.startsWith(".") ? join(dirname(path), target) : target,
    ),
  };
}

/** Reads all TypeScript of the project, tests included. */
async function readModules(): Promise<Module[]> {
  const root = resolve(import.meta.dirname!, "../..");
  const paths = globSync("{lib,tools,explorer}/**/*.{ts,tsx}", { cwd: root })
    .map((path) => path.replaceAll("\\", "/")).sort();
  return await Promise.all(
    paths.map(async (path) => parseModule(path, await Deno.readTextFile(join(root, path)))),
  );
}

if (import.meta.main) {
  const modules = await readModules();
  const violations = structureViolations(modules);
  violations.forEach((violation) => console.error(violation));
  const counts = Object.entries(countLines(modules)).map(([what, count]) => `${count} ${what}`);
  console.error(`Structure: ${counts.join(", ")}; ${violations.length} violations.`);
  if (violations.length > 0) Deno.exit(1);
}
