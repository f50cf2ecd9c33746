/**
 * A digest of the code between an image and an updated weight. It is part of the run folder's name, so a run
 * that other such code trained is not reused silently. Comments, formatting, error messages and the colors of
 * methods do not count, and `lib/run/` does not either, although it asks for the order of classes and starts
 * each model.
 * @module
 */
import { hash } from "node:crypto";
import { join, resolve } from "node:path";
import type { Engine } from "../engine/mod.ts";

/** The code between an image and an updated weight. */
const ROOMS = ["attention", "data", "engine", "losses", "model", "training", "random.ts"];
const PACKAGES = /^(@tensorflow\/|@iconify-json\/|sharp$)/;
/**
 * Each engine's own folder or file, and those that it computes with. oneDNN leaves what it has no primitive
 * for to wasm.
 */
const KERNELS: Record<Engine["name"], readonly Engine["name"][]> = {
  wasm: ["wasm"],
  onednn: ["onednn", "wasm"],
  webgpu: ["webgpu"],
  cpu: ["cpu"],
};

/**
 * The digest of the code that trains on an engine, of six hexadecimal digits.
 * @param root folder of the project
 */
export function codeDigest(engine: Engine["name"], root: string = PROJECT): string {
  const files = (root === PROJECT ? FILES : readFiles(root)).filter(({ path }) => {
    const owner = Object.keys(KERNELS).find((name) => RegExp(`^engine/${name}[./]`).test(path));
    return owner === undefined || KERNELS[engine].includes(owner as Engine["name"]);
  });
  return hash("sha256", files.map(({ path, digest }) => `${path} ${digest}\n`).join("")).slice(0, 6);
}

/** Splits TypeScript code into tokens, without comments and white space. */
export function codeTokens(source: string): string[] {
  const tokens: string[] = [];
  const templates: number[] = []; // how many braces are open in each ${…} that we are in
  let at = 0;
  const read = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text !== undefined) at += text.length;
    return text;
  };
  while (at < source.length) {
    if (read(SPACE) !== undefined) continue;
    const before = tokens.at(-1) ?? "";
    const next = source[at];
    const endsTemplate = next === "}" && templates.at(-1) === 0;
    if (next === "`" || endsTemplate) {
      if (endsTemplate) templates.pop();
      const text = read(TEMPLATE) ?? source.slice(at++, at);
      if (text.endsWith("${")) templates.push(0);
      tokens.push(text);
      continue;
    }
    if (templates.length > 0 && next === "{") templates[templates.length - 1]++;
    if (templates.length > 0 && next === "}") templates[templates.length - 1]--;
    // Before a closing bracket a comma, and in types a semicolon, is there in broken lines only, as is a
    // union's first bar.
    if (/[)\]}]/.test(next) && /^[,;]$/.test(before)) tokens.pop();
    const mayBeRegex = next === "/" &&
      (/^[^\w)\]}"'`$]/.test(before) || before === "" || before === "return");
    const token = (mayBeRegex ? read(REGEX) : undefined) ?? read(TOKEN) ?? source[at++];
    if (token === "|" && /^[=(:<,]$/.test(before)) continue;
    tokens.push(token);
  }
  return tokens;
}

const SPACE = /(?:\s+|\/\/.*|\/\*[\s\S]*?\*\/)+/y;
/** From its beginning, or the end of an insertion, to the next insertion or its end. */
const TEMPLATE = /[`}](?:\\[\s\S]|[^`\\$]|\$(?!\{))*(?:`|\$\{)/y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/\w*/y;
const TOKEN = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[\w$\u0080-\uffff]+|\++|-+|=+>?|&+|\|+/y;

/** Paths below lib/ and the hashes of what they hold, in the order of the paths. */
function readFiles(root: string): { path: string; digest: string }[] {
  const paths: string[] = [];
  const list = (path: string) => {
    if (path.endsWith(".ts")) {
      if (!path.endsWith("_test.ts")) paths.push(path);
      return;
    }
    for (const { name, isDirectory } of Deno.readDirSync(join(root, "lib", path))) {
      if (isDirectory ? name !== "testdata" : name.endsWith(".ts")) list(`${path}/${name}`);
    }
  };
  ROOMS.forEach(list);
  const files = paths.sort().map((path) => {
    const tokens = codeTokens(Deno.readTextFileSync(join(root, "lib", path)));
    return { path, digest: hash("sha256", withoutThrows(withoutLooks(tokens)).join("\n")) };
  });
  const { imports } = JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
  const pinned = Object.entries(imports).filter(([name]) => PACKAGES.test(name));
  return [...files, { path: "deno.json", digest: hash("sha256", JSON.stringify(pinned)) }];
}

/** Leaves out the texts that say how a method looks in figures and in the help. */
function withoutLooks(tokens: readonly string[]): string[] {
  return tokens.filter((token, i) =>
    !(token.startsWith('"') && tokens[i - 1] === ":" && /^(color|symbol|description)$/.test(tokens[i - 2]))
  );
}

/** Leaves out what is thrown, such as the text of a message. */
function withoutThrows(tokens: readonly string[]): string[] {
  let open = 0; // brackets that are open in what is thrown, and 1 for the statement itself
  return tokens.filter((token) => {
    if (open === 0 && token === "throw") open = 1;
    if (open === 0) return true;
    if (/^[([{]$|^`.*\$\{$/s.test(token)) open++;
    else if (/^[)\]}]$|^\}.*`$/s.test(token)) open--;
    else if (token === ";" && open === 1) open--;
    return false;
  });
}

const PROJECT = resolve(import.meta.dirname!, "../..");
/** Read when this module is loaded, together with the code itself: later edits do not affect this process. */
const FILES = readFiles(PROJECT);
