/**
 * `deno task explorer`: builds the page into a static folder, and serves it.
 * @module
 */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as tf from "@tensorflow/tfjs";
import { prepareIEmoji } from "../lib/data/iemoji/drawings.ts";
import { withFileErrors, writeFileWhole, writeJson } from "../lib/files.ts";
import { encodeCheckpoint, ResNet } from "../lib/model/mod.ts";
import { configure } from "../lib/run/configuration.ts";
import { dataDirectory } from "../lib/run/folder.ts";
import type { Run } from "../lib/run/run.ts";
import type { Configuration } from "../lib/run/schema.ts";
import { trainRuns } from "../lib/run/train_runs.ts";
import { UserError } from "../lib/user_error.ts";
import {
  type Command,
  fromHere,
  parseCommandLine,
  refusePositionals,
  runCommand,
} from "../tools/commands/command_line.ts";
import { allModels, type Manifest, METHOD_NAMES, modelFile } from "./messages.ts";

const COMMAND: Command = {
  name: "explorer",
  usage: "[--build] [--train] [--output FOLDER] [--port PORT]",
  about:
    `Builds the page "Look, and train" from explorer/models/ into a static folder, and serves it on localhost.

  deno task explorer --build --output site`,
  options: {
    build: "build only",
    train: "first make explorer/models/ anew: train what `deno task reproduce` has not trained",
    "output FOLDER": "where the page goes [data/explorer]",
    "port PORT": "of the server [8000]",
  },
};

const here = import.meta.dirname!;

/**
 * Trains the models of the page, or takes those that are trained.
 * @param output its folder `models` gets them: M_0 exactly, for it is trained from, and the others rounded to
 * float16, which keeps their maps to three digits and lets gzip halve the files
 * @param fields of the configuration that all three methods share
 * @param directory of data sets and runs
 * @returns the runs, in the order of the methods
 */
export async function trainModels(
  output: string,
  fields: Partial<Configuration> = {},
  directory: string = dataDirectory(),
): Promise<Run[]> {
  const runs = await trainRuns(METHOD_NAMES.map((method) => configure({ ...fields, method })), { directory });
  const { steps, dataset, configuration } = runs[2];
  const manifest: Manifest = {
    classNames: steps.flat().map((id) => dataset.classNames[id]),
    stepSizes: steps.map((classes) => classes.length),
    configuration,
  };
  await Deno.mkdir(join(output, "models"), { recursive: true });
  for (const key of allModels(manifest)) {
    const model = await runs[METHOD_NAMES.indexOf(key.method)].model(key.step);
    const tensors = new Map(model.tensors());
    const rounded = new ResNet(model.options, model.classNames, (name) => {
      const values = tensors.get(name)!.dataSync<"float32">();
      const kept = key.step === 0 ? values : new Float32Array(new Float16Array(values));
      return tf.tensor(kept, tensors.get(name)!.shape);
    });
    const bytes = await encodeCheckpoint(rounded);
    await writeFileWhole(join(output, modelFile(key)), gzipSync(bytes));
    model.dispose();
    rounded.dispose();
  }
  await writeJson(join(output, "models/manifest.json"), manifest);
  return runs;
}

/**
 * Builds the page.
 * @param output the folder
 * @param sources holds the models, as {@linkcode trainModels} wrote them
 * @param directory of data sets
 * @throws {UserError} where the folder cannot be made, or the sources cannot be bundled
 */
export async function buildExplorer(
  output: string,
  sources: string = here,
  directory: string = dataDirectory(),
): Promise<void> {
  withFileErrors(output, "write the page", () => Deno.mkdirSync(output, { recursive: true }));
  const entries = ["page.tsx", "worker.ts"].map((file) => join(here, file));
  const args = ["bundle", "--quiet", "--platform", "browser", "--minify", "--outdir", output, ...entries];
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: here }).spawn().status;
  if (!success) {
    throw new UserError(`Expected to bundle the page into ${output} but found what stands above.`);
  }
  for (const file of ["index.html", "style.css"]) await Deno.copyFile(join(here, file), join(output, file));
  const wasm = new URL("tfjs-backend-wasm-simd.wasm", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
  await Deno.copyFile(wasm, join(output, "tfjs-backend-wasm-simd.wasm"));
  await cp(join(sources, "models"), join(output, "models"), { recursive: true });
  const drawings = await prepareIEmoji({ directory: join(directory, "iemoji-100") });
  await Deno.writeFile(join(output, "drawings.gz"), gzipSync(drawings));
}

const TYPES: Record<string, string> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  wasm: "application/wasm",
};

/** Serves a folder on localhost. @throws {UserError} where the port is not free */
export function serveFolder(folder: string, port: number): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ port, hostname: "127.0.0.1", onListen: () => {} }, async ({ method, url }) => {
      if (method !== "GET" && method !== "HEAD") {
        return new Response("only GET and HEAD", { status: 405, headers: { allow: "GET, HEAD" } });
      }
      const parsed = URL.parse(url); // null where the header `Host` is malformed
      if (parsed === null) return new Response("bad request", { status: 400 });
      const path = join(folder, parsed.pathname.replace(/\/$/, "/index.html"));
      const isFile = await Deno.stat(path).then(({ isFile }) => isFile, () => false);
      if (!isFile) return new Response("not found", { status: 404 });
      const type = TYPES[path.split(".").pop()!] ?? "application/octet-stream";
      return new Response((await Deno.open(path)).readable, { headers: { "content-type": type } });
    });
  } catch (error) {
    throw new UserError(`Expected port ${port} to be free but found: ${error}. Give another --port.`);
  }
}

export async function main(args: string[]): Promise<void> {
  const line = parseCommandLine(args, COMMAND);
  if (line.help) return console.log(line.help);
  refusePositionals(line, COMMAND);
  const port = Number(line.own.port ?? 8000);
  if (!(Number.isInteger(port) && port >= 0 && port < 2 ** 16)) {
    throw new UserError(`Expected --port to be an integer from 0 to 65535 but found ${line.own.port}.`);
  }
  const output = line.own.output ? fromHere(line.own.output) : join(dataDirectory(), "explorer");
  if (line.switches.has("train")) await trainModels(here);
  await buildExplorer(output);
  console.log(`The page lies in ${output}: a static folder for any web server.`);
  if (line.switches.has("build")) return;
  const { addr } = serveFolder(output, port);
  console.log(`Open http://localhost:${addr.port}/ and stop with Ctrl-C.`);
}

if (import.meta.main) await runCommand(main);
