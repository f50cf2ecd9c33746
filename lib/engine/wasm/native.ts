/**
 * `kernels.c` compiled for this processor by the C compiler that is here, and called through Deno's foreign
 * function interface, in place on the heap of WebAssembly. It is no engine of its own: its bits are those of
 * WebAssembly, or it is not used.
 * @module
 */
import { type Carrier, type FunctionName, FUNCTIONS, type Functions, loadWasm } from "./functions.ts";
import { heap } from "./heap.ts";
import { firstDifference, SAMPLE } from "./same_bits.ts";

/** A processor's or a compiler's name for "as good as this machine can". */
const MACHINE = Deno.build.arch === "aarch64" ? "-mcpu=native" : "-march=native";
const FLAGS = ["-std=gnu11", "-O3", "-ffp-contract=off", "-fno-math-errno", MACHINE];
const LIBRARY = ["-shared", "-fPIC", "-pthread"];

/** Whether `LWM_NATIVE=0` does not turn it off. */
export function isWanted(): boolean {
  return variable("LWM_NATIVE") !== "0";
}

/** Options of {@linkcode loadNative}. */
export interface NativeOptions {
  /** commands that compile C; the first that is here is used */
  compilers?: readonly string[];
  /** more of the compiler's options, such as `-mno-avx512f` */
  flags?: readonly string[];
  /** where libraries are kept; by default the user's cache folder */
  folder?: string;
  /** takes a line that says what takes a while */
  log?: (line: string) => void;
}

/**
 * Compiles `kernels.c` at the first use, loads it, and compares it with WebAssembly.
 * @returns the functions, or the reason why they cannot be used, as half a sentence
 */
export async function loadNative(options: NativeOptions = {}): Promise<Carrier | string> {
  const { compilers = ["cc", "gcc", "clang"], flags = [], folder = cacheFolder(), log = () => {} } = options;
  try {
    const compiler = await findCompiler(compilers);
    if (!compiler) return `no C compiler was found (${compilers.join(", ")})`;
    const source = await (await fetch(new URL("kernels.c", import.meta.url))).text();
    const all = [...FLAGS, ...flags];
    // What a compiler predefines tells its version, and what this processor can do.
    const predefined = await output(compiler, [...all, "-dM", "-E", "-x", "c", "/dev/null"]);
    if (typeof predefined === "string") return `${compiler} failed: ${predefined}`;
    const key = await digest(source, JSON.stringify([compiler, ...all, ...LIBRARY]), predefined.stdout);
    const compile = async () => {
      log("Compiling the kernels for this processor, once: a few seconds.");
      const place = await writableFolder(folder);
      const unfinished = `${place.path}/${key}-${crypto.randomUUID()}.unfinished`;
      try {
        const done = await output(compiler, [...all, ...LIBRARY, "-x", "c", "-", "-o", unfinished], source);
        if (typeof done === "string") return `${compiler} failed: ${done}`;
        const path = `${place.path}/${key}-${await digest(await Deno.readFile(unfinished))}.so`;
        await Deno.rename(unfinished, path);
        return { path, isTemporary: place.isTemporary };
      } finally {
        await Deno.remove(unfinished).catch(() => {});
      }
    };
    const library = await findLibrary(folder, key) ?? await compile();
    if (typeof library === "string") return library;
    const functions = open(library.path);
    if (library.isTemporary) await Deno.remove(library.path).catch(() => {});
    const wasm = loadWasm(true).functions;
    for (const sizes of SAMPLE) {
      const differing = firstDifference(wasm, functions, sizes);
      if (differing) return `${differing} gave other bits than WebAssembly`;
    }
    const version = predefined.stdout.match(/__VERSION__ "(.+)"/)?.[1] ?? "";
    return { functions, description: `compiled by ${compiler} ${version}`, hasThreads: true };
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

/** The first that runs. Apple's `cc` opens a dialog where there is no compiler, so another command is asked first. */
async function findCompiler(compilers: readonly string[]): Promise<string | undefined> {
  if (Deno.build.os === "darwin" && typeof await output("xcode-select", ["-p"]) === "string") return;
  for (const compiler of compilers) {
    if (typeof await output(compiler, ["--version"]) !== "string") return compiler;
  }
}

/** What a command prints; as a string, what went wrong. */
async function output(command: string, args: string[], input = ""): Promise<{ stdout: string } | string> {
  try {
    const child = new Deno.Command(command, { args, stdin: "piped", stdout: "piped", stderr: "piped" })
      .spawn();
    const writer = child.stdin.getWriter();
    // A compiler that ends early closes its input.
    const writing = writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
    const [{ success, stdout, stderr }] = await Promise.all([child.output(), writing]);
    const [said, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return success ? { stdout: said } : errors.trim().split("\n")[0] || "it gave no reason";
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

/** A library that was compiled before, if its bytes are still those. */
async function findLibrary(folder: string, key: string) {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.startsWith(`${key}-`) || !name.endsWith(".so")) continue;
      const path = `${folder}/${name}`;
      if (name === `${key}-${await digest(await Deno.readFile(path))}.so`) {
        return { path, isTemporary: false };
      }
      await Deno.remove(path);
    }
  } catch {
    // No folder, or none that can be read: it is compiled.
  }
}

async function writableFolder(folder: string): Promise<{ path: string; isTemporary: boolean }> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: folder }));
    return { path: folder, isTemporary: false };
  } catch {
    return { path: await Deno.makeTempDir({ prefix: "lwm-" }), isTemporary: true };
  }
}

/** The user's folder for what can be made again; of no use where there is none. */
function cacheFolder(): string {
  const home = variable("HOME");
  const caches = Deno.build.os === "darwin" ? `${home}/Library/Caches` : `${home}/.cache`;
  return `${variable("XDG_CACHE_HOME") ?? (home ? caches : "/dev/null")}/lwm`;
}

/** A variable of the environment; undefined if it is not set, is empty, or may not be read. */
function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name) || undefined;
  } catch {
    return undefined;
  }
}

async function digest(...parts: (string | Uint8Array<ArrayBuffer>)[]): Promise<string> {
  const bytes = await new Blob(parts).arrayBuffer();
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 16);
}

/** All functions of a library. Offsets become addresses. */
function open(path: string): Functions {
  const names = Object.keys(FUNCTIONS) as FunctionName[];
  const parameters = (name: FunctionName) =>
    new Array<"usize">(FUNCTIONS[name].offsets + FUNCTIONS[name].sizes).fill("usize");
  const { symbols } = Deno.dlopen(
    path,
    Object.fromEntries(names.map((name) => [name, { parameters: parameters(name), result: "isize" }])),
  );
  let buffer: ArrayBuffer | undefined, start = 0;
  return Object.fromEntries(names.map((name) => {
    const { offsets } = FUNCTIONS[name];
    const run = symbols[name] as unknown as (...args: number[]) => number | bigint;
    return [name, (...args: number[]) => {
      const bytes = heap();
      if (bytes.buffer !== buffer) { // the memory has grown
        buffer = bytes.buffer;
        start = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
      }
      for (let i = 0; i < offsets; i++) args[i] = start + (args[i] >>> 0);
      return Number(run(...args));
    }];
  })) as Functions;
}
