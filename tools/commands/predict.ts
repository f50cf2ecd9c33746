/**
 * `deno task predict`: what the models of a run see in images, and where they look.
 * @module
 */
import { basename, join } from "node:path";
import type { ImageSet, Picture } from "../../lib/data/image_set.ts";
import { DamagedPhotoError, decodePhoto } from "../../lib/data/photos/decode.ts";
import { isFolder, isImageName, listFolder } from "../../lib/data/photos/photo_source.ts";
import { nearestClasses } from "../../lib/evaluation/predictions.ts";
import { type AttentionMap, largestValue } from "../../lib/figures/kit/overlay.ts";
import { headingRow, imageCell, mapCell, pictureGrid } from "../../lib/figures/kit/picture_grid.ts";
import { composeFigure } from "../../lib/figures/kit/svg.ts";
import { renderPng } from "../../lib/figures/save.ts";
import { readFileIfThere, writeFileWhole } from "../../lib/files.ts";
import { outputKind } from "../../lib/run/evaluate_step.ts";
import { dataDirectory } from "../../lib/run/folder.ts";
import type { Run } from "../../lib/run/run.ts";
import { percent } from "../../lib/statistics.ts";
import { printable, textTable } from "../../lib/table.ts";
import { UserError } from "../../lib/user_error.ts";
import { aboutOf, type Command, defineCommand, fromHere, runCommand, showPath } from "./command_line.ts";
import { ENGINE, folderOf, openNamedRun } from "./open_run.ts";

const COMMAND: Command = {
  name: "predict",
  usage: "RUN IMAGE … [--models LIST] [--class NAME] [--out DIRECTORY]\n" +
    "                   [--engine NAME] [--json]",
  about: aboutOf("predict"),
  options: {
    "models LIST": "the steps of the models, such as 0,4, or all [the last one that is trained]",
    "class NAME": "whose attention map is drawn [the class with the highest score]",
    "out DIRECTORY": "where the pictures go [data/predictions/RUN]",
    ...ENGINE,
    json: "print {run, images, unreadable} as JSON, with all maps as numbers, and nothing else",
  },
};

export const predictImages = defineCommand(COMMAND, async (line, say, result) => {
  const { own, positionals: [folder, ...paths] } = line;
  if (paths.length === 0) {
    throw new UserError(
      `Expected the folder of a run, and images, but found ${
        folder ?? "none"
      }. See \`deno task predict --help\`.`,
    );
  }
  const run = await openNamedRun({ ...line, positionals: [folder] }, COMMAND, say, { modelsOnly: true });
  const steps = await chosenSteps(run, own.models);
  const { files, pictures, unreadable } = await readImages(paths.map(fromHere), run.dataset.imageSize);
  const ofModels: Prediction[][] = [];
  for (const step of files.length > 0 ? steps : []) {
    ofModels.push(await predictionsOf(run, step, imageSet(pictures), own.class));
  }

  const out = fromHere(own.out ?? join(dataDirectory(), "predictions", basename(folderOf(run))));
  // One after the other: all photos of a large folder at once would need more memory than there is.
  const images: { image: string; picture: string; predictions: Prediction[] }[] = [];
  for (const [i, path] of files.entries()) {
    const predictions = ofModels.map((ofModel) => ofModel[i]);
    // Images of several folders may have one name.
    const picture = join(out, `${i + 1}-${printable(basename(path)).replace(/\.\w+$/, "")}.png`);
    await writeFileWhole(picture, await drawAttention(path, predictions));
    images.push({ image: showPath(path), picture: showPath(picture), predictions });
  }
  result({ run: folderOf(run), images, unreadable });
  if (images.length > 0) {
    for (const row of textTable(images.flatMap(rowsOf))) say(row);
    const alone = steps.filter((step) => outputKind(run.configuration, step) === "sigmoid");
    if (alone.length > 0) {
      const models = alone.map((step) => `M_${step}`).join(", ");
      say(`\n${models}: each class has a sigmoid of its own, so scores need not add up to 100 %.`);
    }
    say(`\nWhere they look: ${showPath(out)}`);
  }
  if (unreadable.length > 0) throw new UserError(unreadable.join("\n"));
});

/** One row a class; the image and the model stand in the first of theirs. */
function rowsOf({ image, predictions }: { image: string; predictions: readonly Prediction[] }) {
  return predictions.flatMap(({ model, classes }, m) =>
    classes.map(({ name, score }, i) => ({
      image: m + i === 0 ? image : "",
      model: i === 0 ? model : "",
      class: name,
      score: percent(score),
    }))
  );
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

/** The images that can be read, as squares, and what is wrong with the others. */
async function readImages(paths: readonly string[], size: number) {
  const inFolder = (path: string) => {
    const { files } = listFolder(path);
    const images = files.filter(isImageName).map((name) => join(path, name));
    if (images.length > 0) return images;
    throw new UserError(
      `Expected images (.jpg, .png or .webp) in ${path} but found ` +
        `${files.includes("configuration.json") ? "a second run" : "none"}. Name one run, then images.`,
    );
  };
  const [files, pictures, unreadable]: [string[], Picture[], string[]] = [[], [], []];
  for (const path of paths.flatMap((path) => isFolder(path) ? inFolder(path) : [path])) {
    try {
      pictures.push(await decode(path, size));
      files.push(path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unreadable.push(error.message);
    }
  }
  return { files, pictures, unreadable };
}

/** Images without labels, as the network takes them. */
function imageSet(pictures: readonly Picture[]): ImageSet {
  return {
    name: "the given images",
    count: pictures.length,
    size: pictures[0].size,
    views: 1,
    labels: new Int32Array(pictures.length),
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
  /** The highest scores first: between 0 and 1, as in the loss that the model was trained with. */
  classes: { name: string; score: number }[];
  attention: AttentionMap & { class: string };
}

/** How many classes are named. */
const MOST_CLASSES = 5;

async function predictionsOf(run: Run, step: number, set: ImageSet, wanted?: string): Promise<Prediction[]> {
  const model = await run.model(step);
  try {
    const { classNames } = model;
    if (wanted !== undefined && !classNames.includes(wanted)) {
      const known = classNames.join(", ");
      throw new UserError(
        `Expected --class to be one that M_${step} knows but found "${wanted}". Choose among ${known}.`,
      );
    }
    const outputs = outputKind(run.configuration, step);
    const options = { ...run.evaluationPasses, count: classNames.length, outputs };
    return (await nearestClasses(model, set, options)).map((classes) => {
      const shown = classes.find(({ className }) => className === wanted) ?? classes[0];
      return {
        model: `M_${step}`,
        classes: classes.slice(0, MOST_CLASSES).map(({ className, score }) => ({ name: className, score })),
        attention: { class: shown.className, size: shown.map.size, values: Array.from(shown.map.values) },
      };
    });
  } finally {
    model.dispose();
  }
}

/** A PNG: the image, and each model's map over it. */
async function drawAttention(path: string, predictions: readonly Prediction[]): Promise<Uint8Array> {
  const image = await decode(path, 224);
  const max = largestValue(predictions.map(({ attention }) => attention));
  const maps = predictions.map(({ model, classes, attention }) => {
    const shown = classes.find(({ name }) => name === attention.class);
    const caption = `${shown ? `${percent(shown.score)} ` : ""}${attention.class}`;
    return mapCell(image, attention, max, caption, `${model}: ${caption}`);
  });
  const headings = headingRow(["", ...predictions.map(({ model }) => model)]);
  const body = pictureGrid([headings, { cells: [imageCell({ image, label: "the image" }), ...maps] }], 0);
  const description = predictions.map(({ model }, i) => `${model}: ${maps[i].caption}`).join("; ");
  return await renderPng(composeFigure({ title: basename(path), body, description }));
}

if (import.meta.main) await runCommand(predictImages);
