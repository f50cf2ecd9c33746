/**
 * `deno task explorer`: builds the page into a static folder, and serves it.
 * @module
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import * as tf from "@tensorflow/tfjs";
import sirv from "sirv";
import { prepareIEmoji } from "../lib/data/iemoji/drawings.ts";
import { useEngine } from "../lib/engine/mod.ts";
import { accuracyOfSteps, rightAnswers } from "../lib/evaluation/accuracy.ts";
import { attentionRetention, mapCosines } from "../lib/evaluation/attention_retention.ts";
import { ofFirstClasses, predict } from "../lib/evaluation/predictions.ts";
import { withFileErrors, writeFileWhole, writeJson } from "../lib/files.ts";
import { decodeCheckpoint, encodeCheckpoint, ResNet } from "../lib/model/mod.ts";
import { configure } from "../lib/run/configuration.ts";
import { dataDirectory } from "../lib/run/folder.ts";
import type { Run } from "../lib/run/run.ts";
import type { Configuration } from "../lib/run/schema.ts";
import { trainRuns } from "../lib/run/train_runs.ts";
import { mean } from "../lib/numbers.ts";
import { UserError } from "../lib/user_error.ts";
import {
  type Command,
  fromHere,
  parseCommandLine,
  refusePositionals,
  runCommand,
} from "../tools/commands/command_line.ts";
import { type School, schoolOf } from "./lesson.ts";
import { allModels, type Manifest, METHOD_NAMES, modelFile, modelName } from "./messages.ts";

const COMMAND: Command = {
  name: "explorer",
  usage: "[--build] [--train] [--output FOLDER] [--port PORT]",
  about:
    `Builds the page "Teach a network something new" from explorer/models/ into a static folder, and serves it on localhost.

  deno task explorer --build --output site`,
  options: {
    build: "build only",
    train: "first make explorer/models/ anew: train what `deno task reproduce` has not trained",
    "output FOLDER": "where the page goes [data/explorer]",
    "port PORT": "of the server [8000]",
  },
};

const here = import.meta.dirname!;

/** Reads the manifest of a folder with models. @throws {UserError} where there is none */
export function readManifest(folder: string): Manifest {
  const path = join(folder, "models/manifest.json");
  return JSON.parse(withFileErrors(path, "read the manifest", () => Deno.readTextFileSync(path)));
}

/** A model of a folder. */
export async function readModel(folder: string, key: Parameters<typeof modelFile>[0]): Promise<ResNet> {
  const bytes = gunzipSync(await Deno.readFile(join(folder, modelFile(key))));
  return (await decodeCheckpoint(new Uint8Array(bytes), modelFile(key))).model;
}

/** What lessons start from, as the page reads it from a folder. */
export async function openSchool(
  folder: string,
  manifest: Manifest,
  directory = dataDirectory(),
): Promise<School> {
  const drawings = await prepareIEmoji({ directory: join(directory, "iemoji-100") });
  return schoolOf(manifest, drawings, await readModel(folder, { method: "C", step: 0 }));
}

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
  const stepSizes = steps.map((classes) => classes.length);
  await Deno.mkdir(join(output, "models"), { recursive: true });
  for (const key of allModels({ stepSizes })) {
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
  const classNames = steps.flat().map((id) => dataset.classNames[id]);
  const manifest = await describeModels(output, { classNames, stepSizes, configuration }, directory);
  await writeJson(join(output, "models/manifest.json"), manifest);
  return runs;
}

/**
 * The manifest of a folder's models: what each model does with all test pictures, and the typical picture.
 */
export async function describeModels(
  folder: string,
  given: Pick<Manifest, "classNames" | "stepSizes" | "configuration">,
  directory: string = dataDirectory(),
): Promise<Manifest> {
  await useEngine("wasm", { log: () => {} });
  const manifest: Manifest = { ...given, models: [], typical: { class: "", picture: 0 } };
  const { teacher, dataset, classOrder } = await openSchool(folder, manifest, directory);
  const { classNames, stepSizes } = given;
  const predictionsOf = (model: ResNet) => {
    const set = dataset.open("test", classOrder.slice(0, model.classNames.length), { seed: 0, views: 1 });
    const headPositions = Int32Array.from(classOrder.keys(), (id) => classOrder.indexOf(id));
    return predict(model, set, { headPositions, normalization: dataset, batchSize: 50 });
  };
  const before = await predictionsOf(teacher);
  const known = rightAnswers(before);
  const distances = new Float64Array(known.length);
  const models = [];
  for (const key of allModels({ stepSizes })) {
    const model = await readModel(folder, key);
    const seen = await predictionsOf(model);
    const old = ofFirstClasses(seen, stepSizes[0]);
    const [cosines, right] = [mapCosines(before, old), rightAnswers(old)];
    const [attention, rate] = [attentionRetention(before, old).cosine, mean(right)];
    distances.forEach((_, i) => distances[i] += (cosines[i] - attention) ** 2 + (right[i] - rate) ** 2);
    models.push({
      name: modelName(key),
      accuracy: accuracyOfSteps(seen, stepSizes.slice(0, key.step + 1)),
      attention,
    });
    model.dispose();
  }
  teacher.dispose();
  const images = [...known.keys()].filter((image) => known[image] === 1);
  const typical = images.reduce((best, image) => distances[image] < distances[best] ? image : best);
  const first = before.labels.indexOf(before.labels[typical]);
  return {
    ...manifest,
    models,
    typical: { class: classNames[before.labels[typical]], picture: typical - first },
  };
}

/** The page, with links to the project. */
async function pageOf(output: string): Promise<string> {
  const page = await Deno.readTextFile(join(here, "index.html"));
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = Deno.env.toObject();
  const project = GITHUB_REPOSITORY ? `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/blob/HEAD/` : "";
  for (const file of project ? [] : ["README.md", "RESULTS.md"]) {
    await Deno.copyFile(join(here, "..", file), join(output, file));
  }
  return page.replaceAll(/href="(?=\w+\.md")/g, `href="${project}`);
}

/**
 * Builds the page.
 * @param output the folder
 * @param sources holds the models, as {@linkcode trainModels} wrote them
 * @param directory of data sets
 * @throws {UserError} where the folder cannot be made, a model is not as listed, or the sources cannot be
 * bundled
 */
export async function buildExplorer(
  output: string,
  sources: string = here,
  directory: string = dataDirectory(),
): Promise<void> {
  withFileErrors(output, "write the page", () => Deno.mkdirSync(output, { recursive: true }));
  readManifest(sources);
  const entries = ["page.tsx", "worker.ts"].map((file) => join(here, file));
  const args = ["bundle", "--quiet", "--platform", "browser", "--minify", "--outdir", output, ...entries];
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: here }).spawn().status;
  if (!success) {
    throw new UserError(`Expected to bundle the page into ${output} but found what stands above.`);
  }
  await Deno.writeTextFile(join(output, "index.html"), await pageOf(output));
  await Deno.copyFile(join(here, "style.css"), join(output, "style.css"));
  const wasm = new URL("tfjs-backend-wasm-simd.wasm", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
  await Deno.copyFile(wasm, join(output, "tfjs-backend-wasm-simd.wasm"));
  await cp(join(sources, "models"), join(output, "models"), { recursive: true });
  const drawings = await prepareIEmoji({ directory: join(directory, "iemoji-100") });
  await Deno.writeFile(join(output, "drawings.gz"), gzipSync(drawings));
  await writeServiceWorker(output);
}

/** Writes the service worker, which keeps all files of the page, in a cache named by their digest. */
async function writeServiceWorker(output: string): Promise<void> {
  const fixed = [
    "index.html",
    "page.js",
    "worker.js",
    "style.css",
    "tfjs-backend-wasm-simd.wasm",
    "drawings.gz",
  ];
  const { stepSizes } = readManifest(output);
  const files = [...fixed, "models/manifest.json", ...allModels({ stepSizes }).map(modelFile)];
  const digest = createHash("sha256");
  for (const file of files) digest.update(await Deno.readFile(join(output, file)));
  const source = await Deno.readTextFile(join(here, "offline.js"));
  const filled = source.replace('["./"]', JSON.stringify(["./", ...files]))
    .replace('"explorer";', `"explorer-${digest.digest("hex").slice(0, 16)}";`);
  await Deno.writeTextFile(join(output, "offline.js"), filled);
}

/** Serves a folder on localhost. @throws {UserError} where the port is not free */
export async function serveFolder(folder: string, port: number) {
  const files = sirv(folder, {
    dev: true,
    setHeaders(response, path) {
      // Markdown as text, which a browser shows and does not save; what is packed stays so.
      if (path.endsWith(".md")) response.setHeader("content-type", "text/plain; charset=utf-8");
      if (path.endsWith(".gz")) response.setHeader("content-encoding", "identity");
    },
  });
  const server = createServer((request, response) => {
    const asksForFile = ["GET", "HEAD"].includes(request.method!);
    if (asksForFile && URL.canParse(`http://${request.headers.host}`)) files(request, response);
    else response.writeHead(asksForFile ? 400 : 405).end();
  }).listen(port, "127.0.0.1");
  await once(server, "listening").catch((error) => {
    throw new UserError(`Expected port ${port} to be free but found: ${error}. Give another --port.`);
  });
  return { server, address: `http://localhost:${(server.address() as AddressInfo).port}/` };
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
  console.log(`Open ${(await serveFolder(output, port)).address} and stop with Ctrl-C.`);
}

if (import.meta.main) await runCommand(main);
