/**
 * `deno task explorer`: builds the page into a static folder, and serves it.
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareIEmoji } from "../lib/data/iemoji/drawings.ts";
import { configure } from "../lib/run/configuration.ts";
import { Run } from "../lib/run/run.ts";
import type { Configuration } from "../lib/run/schema.ts";
import { trainRuns } from "../lib/run/train_runs.ts";
import { type Manifest, METHOD_NAMES, modelFile } from "./messages.ts";

const HELP = `deno task explorer [--build] [--output FOLDER] [--port PORT]

Builds the page "Look, and train" into a static folder, and serves it on localhost. Models that are not trained yet are
trained first (as \`deno task reproduce\` does; three to six minutes on two cores).

--build           build only
--output FOLDER   where the page goes [data/explorer]
--port PORT       of the server [8000]
--help            this text

Example: deno task explorer --build --output site`;

const here = import.meta.dirname!;

/** Options of {@linkcode buildExplorer}. */
export interface BuildOptions extends Partial<Configuration> {
  /** Folder of data sets and runs. */
  directory?: string;
}

/**
 * Builds the page.
 *
 * @param output the folder; made anew
 * @param options fields of the configuration that all three methods share
 * @returns the runs whose models the page shows
 */
export async function buildExplorer(
  output: string,
  { directory, ...fields }: BuildOptions = {},
): Promise<Run[]> {
  const configurations = METHOD_NAMES.map((method) => configure({ ...fields, method }));
  const runs = await trainRuns(configurations, { directory });
  const [{ dataset, steps, folders }] = runs;
  await Deno.mkdir(join(output, "models"), { recursive: true });
  const names = { "page.ts": "page.js", "worker.ts": "worker.js" };
  for (const [source, target] of Object.entries(names)) {
    await bundle(join(here, source), join(output, target));
  }
  for (const file of ["index.html", "style.css"]) await Deno.copyFile(join(here, file), join(output, file));
  const wasm = new URL("tfjs-backend-wasm-simd.wasm", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
  await Deno.copyFile(wasm, join(output, "tfjs-backend-wasm-simd.wasm"));

  const pixels = await prepareIEmoji({ directory: join(directory ?? "data", "iemoji-100") });
  const packed = new Blob([pixels as Uint8Array<ArrayBuffer>]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  await Deno.writeFile(join(output, "drawings.gz"), packed);
  for (const [m, run] of runs.entries()) {
    const method = METHOD_NAMES[m];
    for (const step of steps.keys()) {
      const from = join(step === 0 ? folders.base : run.folders.method, `step-${step}`, "model.safetensors");
      await Deno.copyFile(from, join(output, modelFile({ method, step })));
    }
  }
  const manifest: Manifest = {
    classNames: steps.flat().map((id) => dataset.classNames[id]),
    stepSizes: steps.map((classes) => classes.length),
    configurations: Object.fromEntries(
      configurations.map((one) => [one.method, one]),
    ) as Manifest["configurations"],
  };
  await Deno.writeTextFile(join(output, "manifest.json"), JSON.stringify(manifest));
  return runs;
}

async function bundle(source: string, output: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", "--minify", "--output", output, source],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(`Expected ${source} to be bundled but found:\n${new TextDecoder().decode(stderr)}`);
  }
}

/** Serves a folder on localhost. */
export function serveFolder(
  folder: string,
  port: number,
  onListen?: (address: Deno.NetAddr) => void,
): Deno.HttpServer {
  const types: Record<string, string> = {
    html: "text/html",
    js: "text/javascript",
    css: "text/css",
    json: "application/json",
    wasm: "application/wasm",
  };
  return Deno.serve({ port, hostname: "127.0.0.1", onListen }, async (request) => {
    const path = decodeURIComponent(new URL(request.url).pathname).replace(/\/$/, "/index.html");
    if (path.includes("..")) return new Response("not found", { status: 404 });
    const file = await Deno.open(join(folder, path)).catch(() => null);
    if (file === null) return new Response("not found", { status: 404 });
    const type = types[path.split(".").pop()!] ?? "application/octet-stream";
    return new Response(file.readable, { headers: { "content-type": type } });
  });
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      build: { type: "boolean" },
      output: { type: "string", default: "data/explorer" },
      port: { type: "string", default: "8000" },
      help: { type: "boolean" },
    },
  });
  if (values.help) console.log(HELP);
  else {
    await buildExplorer(values.output);
    console.log(`The page lies in ${values.output}: a static folder for any web server.`);
    if (!values.build) {
      serveFolder(
        values.output,
        Number(values.port),
        ({ port }) => console.log(`Open http://localhost:${port}/ and stop with Ctrl-C.`),
      );
    }
  }
}
