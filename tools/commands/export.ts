/**
 * `deno task export`: a model for other tools: safetensors in PyTorch's layout, a loader, and a model card.
 * @module
 */
import { basename, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { writeFilesWhole } from "../../lib/files.ts";
import { encodeSafetensors, type ResNet, type SafeTensor } from "../../lib/model/mod.ts";
import { outputKind } from "../../lib/run/evaluate_step.ts";
import { dataDirectory, trainedSteps } from "../../lib/run/folder.ts";
import type { Run } from "../../lib/run/run.ts";
import { markdownTable } from "../../lib/table.ts";
import { UserError } from "../../lib/user_error.ts";
import { aboutOf, type Command, defineCommand, fromHere, runCommand, showPath } from "./command_line.ts";
import { ENGINE, folderOf, openNamedRun, stepTable } from "./open_run.ts";

const COMMAND: Command = {
  name: "export",
  usage: "RUN [--step NUMBER] [--out DIRECTORY] [--engine NAME] [--json]",
  about: aboutOf("export"),
  options: {
    "step NUMBER": "t of the model M_t [the last that is trained]",
    "out DIRECTORY": "where the files go [data/exports/RUN]",
    ...ENGINE,
    json: "print {run, model, files} as JSON, and nothing else to the standard output",
  },
};

export const exportModel = defineCommand(COMMAND, async (line, say, result) => {
  const { own } = line;
  const run = await openNamedRun(line, COMMAND, say, { modelsOnly: true });
  const trained = await trainedSteps(run.folders, run.steps.length);
  const step = Number(own.step ?? trained - 1);
  if (!(Number.isInteger(step) && step >= 0 && step < trained)) {
    const expected = trained === 0 ? "a run with a trained model" : `--step to be from 0 to ${trained - 1}`;
    throw new UserError(
      `Expected ${expected} but found ${
        own.step ?? "none"
      }: ${trained} of ${run.steps.length} steps are trained. ` +
        "Choose another, or train more with `deno task train`.",
    );
  }
  const name = basename(folderOf(run));
  const out = fromHere(own.out ?? join(dataDirectory(), "exports", name));
  const model = await run.model(step);
  const { imageSize, mean, std } = run.dataset;
  const output = outputKind(run.configuration, step);
  const files = [
    ["model.safetensors", await pytorchFile(model, { imageSize, mean, std, output })],
    ["model.py", await Deno.readTextFile(join(import.meta.dirname!, "export_model.py"))],
    ["README.md", await modelCard(run, step, model)],
  ] as const;
  model.dispose();
  await writeFilesWhole(files.map(([file, content]) => [join(out, file), content]), "export the model");
  const paths = files.map(([file]) => showPath(join(out, file)));
  say(`M_${step}: ${paths.join(", ")}`);
  result({ run: folderOf(run), model: `M_${step}`, files: paths });
});

/**
 * A model as a safetensors file in PyTorch's layout: filters (output, input, height, width), the head's
 * weights (C, K).
 * @param notes also go into the file's metadata, each as JSON
 */
export async function pytorchFile(model: ResNet, notes: Readonly<Record<string, unknown>>) {
  const tensors = new Map<string, SafeTensor>();
  for (const [name, tensor] of model.tensors()) {
    const order = { 4: [3, 2, 0, 1], 2: [1, 0] }[tensor.rank] ?? [0];
    const turned = tf.transpose(tensor, order);
    tensors.set(name, { shape: turned.shape, values: await turned.data<"float32">() });
    turned.dispose();
  }
  const all = { network: model.options, classNames: model.classNames, ...notes };
  const metadata = Object.entries(all).map(([name, value]) => [name, JSON.stringify(value)]);
  return encodeSafetensors({ tensors, metadata: { format: "pt", ...Object.fromEntries(metadata) } });
}

const OWN_IMAGES =
  `It was trained on a private folder of images, whose license and origin the project does not know. Whoever shares
the model states them here, and makes sure that the owners of the images, and people on them, agree.`;
const PUBLISHED_IMAGES =
  "It was trained on images with licenses of their own: see data/README.md of the project.";

/** Fills `export_card.md`. */
async function modelCard(run: Run, step: number, { options, classNames }: ResNet): Promise<string> {
  const { configuration, dataset, steps } = run;
  const isOwn = configuration.dataset === "folder";
  const metrics = await Promise.all(steps.slice(0, step + 1).map((_, t) => run.metrics(t)));
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(", ");
  const parts: Readonly<Record<string, unknown>> = {
    ...configuration,
    ...options,
    step,
    trainedBy: step === 0 ? "the base step" : configuration.method,
    images: isOwn ? `own images (${dataset.name})` : configuration.dataset,
    widths: options.widths.join(", "),
    count: classNames.length,
    steps: step + 1,
    mean: list(dataset.mean),
    std: list(dataset.std),
    results: markdownTable(stepTable(metrics)),
    classes: classNames.join(", "),
    terms: isOwn ? OWN_IMAGES : PUBLISHED_IMAGES,
    configuration: JSON.stringify({ ...configuration, data: undefined }, null, 1),
  };
  const template = await Deno.readTextFile(join(import.meta.dirname!, "export_card.md"));
  return template.replaceAll(/\{(\w+)\}/g, (_, name) => `${parts[name]}`);
}

if (import.meta.main) await runCommand(exportModel);
