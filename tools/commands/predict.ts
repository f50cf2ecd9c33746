/**
 * `deno task predict`: what the models of a run see in images, and where they look.
 * @module
 */
import { Buffer } from "node:buffer";
import { basename, join } from "node:path";
import sharp from "sharp";
import * as tf from "@tensorflow/tfjs";
import { gradCamClosedForm } from "../../lib/attention/mod.ts";
import { allDraws, type ImageSet, type Picture } from "../../lib/data/mod.ts";
import { DamagedPhotoError, decodePhoto } from "../../lib/data/photos/decode.ts";
import { isFolder, listImages } from "../../lib/data/photos/photo_source.ts";
import { forwardPasses } from "../../lib/evaluation/predict.ts";
import { probabilities, topColumns } from "../../lib/evaluation/scores.ts";
import { type AttentionMap, largestValue, overlay, unitMap } from "../../lib/figures/kit/overlay.ts";
import { readFileIfThere, writeFileWhole } from "../../lib/files.ts";
import { outputKind } from "../../lib/run/evaluate_step.ts";
import { dataDirectory } from "../../lib/run/folder.ts";
import type { Run } from "../../lib/run/run.ts";
import { percent } from "../../lib/statistics.ts";
import { textTable } from "../../lib/table.ts";
import type { Tensor1D } from "../../lib/tensors.ts";
import { UserError } from "../../lib/user_error.ts";
import { type Command, fromHere, type Log, parseCommandLine, runCommand, showPath } from "./command_line.ts";
import { folderOf, OF_RUN, openNamedRun } from "./run.ts";

const COMMAND: Command = {
  name: "predict",
  usage: "RUN IMAGE … [--models LIST] [--class NAME] [--top NUMBER] [--out DIRECTORY] [--json]",
  about:
    `Shows images to the models of a run: the classes with the highest scores, and as a picture where each model looks.
An IMAGE is a JPEG, PNG or WebP, or a folder of them; its middle square is shown. A picture has the image, and a
square for each model with its attention map (Grad-CAM) over it; the maps of a picture share their colors. Exit code:
0, or 1 where a model or an image is missing.

  deno task train --preset smoke --seed 99
  deno task predict data/runs/iemoji-100/seed99-LwM-* figures/attention-retention.png --models 0,4`,
  options: {
    "models LIST": "the steps of the models, such as 0,4, or all [the last one that is trained]",
    "class NAME": "whose attention map is drawn [the class with the highest score]",
    "top NUMBER": "how many classes are named [5]",
    "out DIRECTORY": "where the pictures go [data/predictions/RUN]",
    ...OF_RUN,
    json:
      "print one JSON object, {run, images}, with all maps as numbers, and nothing else to standard output",
  },
};

export async function predictImages(args: readonly string[], log: Log = console.log): Promise<void> {
  const line = parseCommandLine(args, COMMAND);
  if (line.help) return log(line.help);
  const { own, switches, positionals: [folder, ...paths] } = line;
  if (paths.length === 0) {
    throw new UserError(
      `Expected the folder of a run, and images, but found ${
        folder ?? "none"
      }. See \`deno task predict --help\`.`,
    );
  }
  const top = Number(own.top ?? 5);
  if (!(Number.isInteger(top) && top > 0)) {
    throw new UserError(
      `Expected --top to be a whole number above 0 but found ${own.top}. Give how many classes to name.`,
    );
  }
  const json = switches.has("json");
  const run = await openNamedRun({ ...line, positionals: [folder] }, COMMAND, json ? console.error : log);
  const steps = await chosenSteps(run, own.models);
  const files = paths.map(fromHere).flatMap((path) =>
    isFolder(path) ? listImages(path).map((name) => join(path, name)) : [path]
  );
  const set = await imageSet(files, run.dataset.imageSize);
  const ofModels: Prediction[][] = [];
  for (const step of steps) ofModels.push(await predictionsOf(run, step, set, top, own.class));

  const out = fromHere(own.out ?? join(dataDirectory(), "predictions", basename(folderOf(run))));
  // One after the other: all photos of a large folder at once would need more memory than there is.
  const images: { image: string; picture: string; predictions: Prediction[] }[] = [];
  for (const [i, path] of files.entries()) {
    const predictions = ofModels.map((ofModel) => ofModel[i]);
    // Images of several folders may have one name.
    const picture = join(out, `${i + 1}-${basename(path).replace(/\.\w+$/, "")}.png`);
    await writeFileWhole(picture, await drawAttention(path, predictions));
    images.push({ image: showPath(path), picture: showPath(picture), predictions });
  }
  if (json) return log(JSON.stringify({ run: folderOf(run), images }, null, 1));
  const rows = images.flatMap(({ image, predictions }) =>
    predictions.map(({ model, classes }) => ({
      image,
      model,
      ...Object.fromEntries(
        classes.map(({ name, probability }, i) => [`${i + 1}.`, `${name} ${percent(probability)}`]),
      ),
    }))
  );
  for (const text of textTable(rows)) log(text);
  log(`\nWhere they look: ${showPath(out)}`);
}

/** @param list such as `0,4` or `all`; the last model where it is undefined */
async function chosenSteps(run: Run, list: string | undefined): Promise<number[]> {
  const trained: number[] = [];
  for (const step of run.steps.keys()) if (await run.hasModel(step)) trained.push(step);
  const chosen = list === undefined
    ? trained.slice(-1)
    : list === "all"
    ? trained
    : list.split(",").map(Number);
  if (chosen.length > 0 && chosen.every((step) => trained.includes(step))) return chosen;
  const found = trained.length === 0 ? "none that is trained" : `${list} where ${trained} are trained`;
  throw new UserError(
    `Expected --models to be steps, such as 0,4, or all, but found ${found}. Choose others.`,
  );
}

/** Images without labels, as the network takes them. */
async function imageSet(files: readonly string[], size: number): Promise<ImageSet> {
  const pictures: Picture[] = [];
  for (const path of files) pictures.push(await decode(path, size));
  return {
    name: "the given images",
    count: files.length,
    size,
    views: 1,
    labels: new Int32Array(files.length),
    read: (image, _, target) => target.set(pictures[image].rgb),
  };
}

async function decode(path: string, size: number): Promise<Picture> {
  const bytes = await readFileIfThere(path);
  if (bytes === null) {
    throw new UserError(`Expected an image in ${path} but found no such file. Check the path.`);
  }
  try {
    return { size, rgb: (await decodePhoto(bytes, size, path)).pixels };
  } catch (error) {
    if (!(error instanceof DamagedPhotoError)) throw error;
    throw new UserError(
      `Expected a JPEG, PNG or WebP in ${path} but found ${error.found}. Name another file.`,
    );
  }
}

interface Prediction {
  model: string;
  /** The highest scores first; a probability is as in the loss that the model was trained with. */
  classes: { name: string; score: number; probability: number }[];
  attention: AttentionMap & { class: string };
}

async function predictionsOf(
  run: Run,
  step: number,
  set: ImageSet,
  top: number,
  className?: string,
): Promise<Prediction[]> {
  const model = await run.model(step);
  try {
    const { classNames } = model;
    const wanted = className === undefined ? undefined : classNames.indexOf(className);
    if (wanted === -1) {
      throw new UserError(
        `Expected --class to be one that M_${step} knows but found "${className}". Choose among ${
          classNames.join(", ")
        }.`,
      );
    }
    const size = model.featureSize(set.size);
    const { logits, maps } = await forwardPasses(set, allDraws(set), run.evaluationPasses, (x) => {
      const { logits, features } = model.forward(x); // (B, C), (B, h, w, K)
      const columns = wanted === undefined
        ? tf.argMax(logits, 1) as Tensor1D
        : Array(x.shape[0]).fill(wanted);
      return { logits, maps: gradCamClosedForm(features, model.head.weights, columns) };
    });
    return Array.from({ length: set.count }, (_, i) => {
      const scores = logits.subarray(i * classNames.length, (i + 1) * classNames.length);
      const shares = probabilities(scores, outputKind(run.configuration, step));
      const columns = topColumns(scores, top);
      const classes = columns.map((c) => ({ name: classNames[c], score: scores[c], probability: shares[c] }));
      const values = Array.from(maps.subarray(i * size ** 2, (i + 1) * size ** 2));
      return {
        model: `M_${step}`,
        classes,
        attention: { class: classNames[wanted ?? columns[0]], size, values },
      };
    });
  } finally {
    model.dispose();
  }
}

/** Height and width of an image in a picture. */
const SIDE = 256;

/** A PNG: the image, and each model's map over it. */
async function drawAttention(path: string, predictions: readonly Prediction[]): Promise<Uint8Array> {
  const image = await decode(path, SIDE);
  const maps = predictions.map(({ attention }) => unitMap(attention));
  const max = largestValue(maps);
  const squares = [image, ...maps.map((map) => overlay(image, map, max))];
  const raw = (width: number) => ({ raw: { width, height: SIDE, channels: 3 as const } });
  const width = squares.length * SIDE;
  return await sharp(new Uint8Array(width * SIDE * 3), raw(width))
    .composite(
      squares.map(({ rgb }, i) => ({ input: Buffer.from(rgb), ...raw(SIDE), left: i * SIDE, top: 0 })),
    )
    .png().toBuffer();
}

if (import.meta.main) await runCommand(predictImages);
