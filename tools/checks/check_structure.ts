/**
 * Checks who imports whom: no circles in lib/, only downwards from room to room, no Deno or Node in the rooms that a
 * browser loads, and notebooks that know only what is public.
 *
 *     deno task check:structure
 *
 * @module
 */
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UserError } from "../../lib/user_error.ts";
import { joinCells, numberedNotebooks, readNotebook } from "../notebooks/notebook.ts";
import { inScratchFolder } from "./scratch_folder.ts";

/** A source file and what it imports. */
export interface Module {
  /** Relative to the project, such as "lib/model/resnet.ts", or a notebook's path. */
  path: string;
  /** TypeScript. */
  source: string;
  /** In the order in which they are written. */
  imports: Import[];
}

/** One import or re-export. */
export interface Import {
  /** As written. */
  specifier: string;
  /** What it resolves to: a path relative to the project, or "npm:…", "node:…". */
  target: string;
  /** Counted from 1, or the place in a notebook. */
  place: string;
  /** Whether it is gone when the code runs. */
  typeOnly: boolean;
  /** Whether it is loaded only when the code gets there. */
  dynamic: boolean;
}

/** Each room of lib/, and the rooms that it may import from. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  study: ["run", "training", "evaluation", "data", "model", "figures"],
  run: ["training", "evaluation", "data", "engine", "model"],
  training: ["model", "losses", "attention", "data", "engine"],
  evaluation: ["model", "attention", "losses", "data"],
  figures: ["data"],
  losses: ["attention"],
  attention: ["model", "engine"],
  model: ["engine"],
  data: [],
  engine: [],
};

const BROWSER_ROOMS = ["model", "attention", "losses"];
const NATIVE_PACKAGES = ["sharp"];
const PUBLIC_MODULE = "lib/mod.ts";

/**
 * Holds the imports against the rules of the house.
 * @param modules all of lib/, tools/ and notebooks/
 * @param packages the npm packages that deno.json names, as they are imported
 * @returns one line for each violation
 */
export function structureViolations(modules: Module[], packages: string[]): string[] {
  const violations: string[] = [];
  for (const module of modules) {
    if (module.path.endsWith(".ipynb")) violations.push(...notebookViolations(module, packages));
    else if (module.path.startsWith("lib/")) {
      violations.push(...directionViolations(module), ...platformViolations(module));
    }
  }
  return [...violations, ...browserViolations(modules), ...circles(modules)];
}

function notebookViolations(module: Module, packages: string[]): string[] {
  return module.imports.filter(({ specifier, target }) =>
    target !== PUBLIC_MODULE &&
    !packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))
  ).map(({ specifier, place }) =>
    `${module.path}, ${place}: a notebook may import "lwm" and the npm packages of deno.json, not "${specifier}"`
  );
}

function directionViolations(module: Module): string[] {
  // A test may use any room to set its scene, and mod.ts opens all rooms to the outside.
  if (isTest(module.path) || module.path === PUBLIC_MODULE) return [];
  const room = roomOf(module.path);
  if (room !== undefined && !(room in ROOMS)) {
    return [`${module.path}: lib/${room}/ is no room of the house (${Object.keys(ROOMS).join(", ")})`];
  }
  return module.imports.flatMap(({ specifier, target, place }) => {
    const complain = (why: string) => [`${module.path}:${place}: ${why} ("${specifier}")`];
    if (target.startsWith("tools/")) return complain("lib/ may not import from tools/");
    if (!target.startsWith("lib/")) return [];
    if (!specifier.startsWith(".")) return complain("inside lib/, imports are relative paths");
    if (target === PUBLIC_MODULE) return complain("lib/mod.ts is for the outside; import the module itself");
    const other = roomOf(target);
    if (other === undefined || other === room) return [];
    if (room === undefined) return complain(`a module of all rooms may not import from ${other}/`);
    if (ROOMS[room].includes(other)) return [];
    const allowed = ROOMS[room].join(", ") || "no other room";
    return complain(`${room}/ may import from ${allowed}, not from ${other}/`);
  });
}

function platformViolations(module: Module): string[] {
  if (isTest(module.path) || !BROWSER_ROOMS.includes(roomOf(module.path) ?? "")) return [];
  const code = withoutCommentsAndTexts(module.source).split("\n");
  return code.flatMap((line, index) => {
    const name = line.match(
      /(?<![\w$.])(?:globalThis\.)?(Deno|process|Buffer|require|__dirname|__filename)\b(?!\s*:)/,
    );
    if (!name) return [];
    return [
      `${module.path}:${index + 1}: ${roomOf(module.path)}/ runs in a browser, which has no ${name[1]}`,
    ];
  });
}

/** What a browser would have to load, and cannot. */
function browserViolations(modules: Module[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const starts = modules.filter(({ path }) => BROWSER_ROOMS.includes(roomOf(path) ?? "") && !isTest(path));
  const reached = new Set(starts);
  const violations: string[] = [];
  for (const module of reached) { // Grows while we walk.
    for (const { specifier, target, place, typeOnly, dynamic } of module.imports) {
      if (typeOnly || dynamic) continue;
      if (target.startsWith("node:") || NATIVE_PACKAGES.some((name) => target.startsWith(`npm:${name}@`))) {
        violations.push(
          `${module.path}:${place}: a browser loads this module, and cannot load "${specifier}"`,
        );
      }
      const next = byPath.get(target);
      if (next) reached.add(next);
    }
  }
  return violations;
}

/** Each circle of imports inside lib/, once, beginning at the module that comes first. */
function circles(modules: Module[]): string[] {
  const targets = new Map(
    modules.filter(({ path }) => path.startsWith("lib/"))
      .map(({ path, imports }) => [path, [...new Set(imports.map(({ target }) => target))].sort()]),
  );
  const found = new Set<string>();
  const finished = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const circle = trail.slice(start);
      const first = circle.indexOf([...circle].sort()[0]);
      const turned = [...circle.slice(first), ...circle.slice(0, first)];
      found.add(`circular import: ${[...turned, turned[0]].join(" -> ")}`);
      return;
    }
    if (finished.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of [...targets.keys()].sort()) visit(path, []);
  return [...found];
}

/** The room of a module of lib/, or nothing for those that belong to all. */
function roomOf(path: string): string | undefined {
  const [lib, room, ...rest] = path.split("/");
  return lib === "lib" && rest.length > 0 ? room : undefined;
}

function isTest(path: string): boolean {
  return path.endsWith("_test.ts") || path.includes("/testdata/");
}

/** The code with blanks in place of comments and of texts that hold no code. Lines stay where they are. */
function withoutCommentsAndTexts(source: string): string {
  return source.replace(
    /\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\$]|\$(?!\{))*`/g,
    (text) => text.replaceAll(/[^\n]/g, " "),
  );
}

/**
 * Asks Deno which module imports which.
 * @param root the project's folder
 * @returns its modules, as Deno itself resolves them, and the npm packages that deno.json names
 */
export async function readStructure(root: string): Promise<{ modules: Module[]; packages: string[] }> {
  const configuration: { imports: Record<string, string> } = JSON.parse(
    await Deno.readTextFile(join(root, "deno.json")),
  );
  const packages = Object.keys(configuration.imports).filter((name) =>
    configuration.imports[name].startsWith("npm:")
  );
  const files = [...await typescriptFiles(join(root, "lib")), ...await typescriptFiles(join(root, "tools"))];
  const notebooks = await numberedNotebooks(join(root, "notebooks"));

  const modules = await inScratchFolder(root, async (folder) => {
    const places = new Map<string, (line: number) => string>();
    const names = new Map(files.map((file) => [file, relative(root, file)]));
    for (const notebook of notebooks) {
      const { code, positions } = joinCells(await readNotebook(notebook));
      const file = join(folder, `${basename(notebook, ".ipynb")}.ts`);
      await Deno.writeTextFile(file, code);
      names.set(file, relative(root, notebook));
      places.set(file, (line) => `code cell ${positions[line]?.cell}, line ${positions[line]?.line}`);
    }
    const roots = join(folder, "roots.ts");
    await Deno.writeTextFile(
      roots,
      [...names.keys()].map((file) => `import "${pathToFileURL(file)}";\n`).join(""),
    );
    const graph = await denoInfo(root, roots);
    return Promise.all(
      graph.filter(({ specifier }) => specifier.startsWith("file:") && names.has(fileURLToPath(specifier)))
        .map(async ({ specifier, dependencies = [] }): Promise<Module> => {
          const file = fileURLToPath(specifier);
          const place = places.get(file) ?? ((line: number) => String(line + 1));
          return {
            path: names.get(file)!.replaceAll("\\", "/"),
            source: await Deno.readTextFile(file),
            imports: dependencies.map((dependency) => asImport(dependency, root, place)),
          };
        }),
    );
  });
  return { modules: modules.sort((a, b) => a.path < b.path ? -1 : 1), packages };
}

/** A module in the answer of `deno info --json`. */
interface InfoModule {
  specifier: string;
  dependencies?: InfoDependency[];
}

interface InfoDependency {
  specifier: string;
  code?: InfoTarget;
  type?: InfoTarget;
  isDynamic?: boolean;
}

interface InfoTarget {
  specifier?: string;
  span: { start: { line: number } };
}

async function denoInfo(root: string, roots: string): Promise<InfoModule[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", roots],
    cwd: root,
  }).output();
  if (!success) {
    throw new UserError(`Expected to read the imports, but: ${new TextDecoder().decode(stderr).trim()}`);
  }
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

function asImport(
  { specifier, code, type, isDynamic = false }: InfoDependency,
  root: string,
  place: (line: number) => string,
): Import {
  const found = (code ?? type)!;
  const target = found.specifier ?? specifier;
  return {
    specifier,
    target: target.startsWith("file:") ? relative(root, fileURLToPath(target)).replaceAll("\\", "/") : target,
    place: place(found.span.start.line),
    typeOnly: code === undefined,
    dynamic: isDynamic,
  };
}

async function typescriptFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) files.push(...await typescriptFiles(path));
    else if (entry.name.endsWith(".ts")) files.push(path);
  }
  return files;
}

if (import.meta.main) {
  const { modules, packages } = await readStructure(resolve(import.meta.dirname!, "../.."));
  const violations = structureViolations(modules, packages);
  for (const violation of violations) console.error(violation);
  console.error(`Structure: ${modules.length} modules, ${violations.length} violations.`);
  if (violations.length > 0) Deno.exit(1);
}
