/**
 * `deno task kernels`: compiles `lib/engine/wasm/kernels.c` to WebAssembly, and writes the result with what it was
 * made from into `compiled.ts`. Only who changes the source needs it, with clang 22 and its linker
 * (`apt-get install clang-22 lld-22`): 19 crashes on the source, and 18 makes slower code.
 * @module
 */
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { writeFileWhole } from "../../lib/files.ts";
import { UserError } from "../../lib/user_error.ts";

const FOLDER = resolve(import.meta.dirname!, "../../lib/engine/wasm");
const COMPILER = "clang-22";
const FLAGS = [
  "--target=wasm32",
  "-msimd128",
  "-mbulk-memory",
  "-O3",
  "-ffp-contract=off",
  "-nostdlib",
  "-ffreestanding",
  "-mllvm",
  "-disable-lsr",
  "-Wl,--no-entry",
  "-Wl,--import-memory",
  "-Wl,--initial-memory=16777216", // tfjs's; addresses below need no comparison
  "-Wl,--export-dynamic",
  "-Wl,--export=__stack_pointer",
  "-Wl,--strip-all",
];
/** A multiply-add that rounds once, and the product and the sum that round twice. */
const MODULES = { fused: ["-mrelaxed-simd"], unfused: [] };

/** The text of `compiled.ts`; undefined where the compiler is not here. */
export async function compiledText(): Promise<string | undefined> {
  const source = join(FOLDER, "kernels.c");
  const version = await run(["--version"]).catch(() => undefined);
  if (version === undefined) return;
  const modules: string[] = [];
  for (const [name, flags] of Object.entries(MODULES)) {
    const file = await Deno.makeTempFile();
    try {
      await run([...FLAGS, ...flags, "-o", file, source]);
      modules.push(`    ${name}: "${(await Deno.readFile(file)).toBase64()}",`);
    } finally {
      await Deno.remove(file);
    }
  }
  const digest = createHash("sha256").update(await Deno.readTextFile(source)).digest("hex");
  return `// deno-fmt-ignore-file
/**
 * \`kernels.c\` in WebAssembly. Written by \`deno task kernels\`; not to be edited.
 * @module
 */

/** What it was compiled from and by, and the modules in base64. */
export const COMPILED = {
  source: "${digest}",
  compiler: "${version.split("\n")[0].match(/clang version [\d.]+/)?.[0]}",
  flags: "${FLAGS.join(" ")}",
  modules: {
${modules.join("\n")}
  },
};
`;
}

async function run(args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(COMPILER, { args }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new UserError(`Expected ${COMPILER} to compile but found:\n${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  const text = await compiledText();
  if (text === undefined) {
    console.error(
      `Expected ${COMPILER} to be here; install it (apt-get install clang-22 lld-22) and try again.`,
    );
    Deno.exit(1);
  }
  await writeFileWhole(join(FOLDER, "compiled.ts"), text);
  console.log("Written: lib/engine/wasm/compiled.ts");
}
