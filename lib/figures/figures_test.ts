import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { mock } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { parseHTML } from "linkedom";
import sharp from "sharp";
import { gradCamClosedForm } from "../attention/mod.ts";
import { attentionDistillation, distillationLoss } from "../losses/mod.ts";
import { DISPLAY } from "../table.ts";
import { withFolder } from "../testdata/folder.ts";
import { attentionGrid } from "./attention_maps.ts";
import { accuracyCurve, type MethodRun } from "./curves.ts";
import { contactSheet } from "./examples.ts";
import { front } from "./forest_and_front.ts";
import type { AttentionMap } from "./kit/overlay.ts";
import { drawFigure } from "./registry.ts";
import { figureDirectory, saveFigure } from "./save.ts";
import { IMAGE, spot } from "./testdata/drawn.ts";
import { measureTwoByTwo, type TwoByTwo, twoByTwoForm } from "./two_by_two.ts";

Deno.test("the curves refuse no runs, and name a run with steps missing", () => {
  const run = (method: string, seed: number, accuracy: number[]): MethodRun => {
    return { method, seed, accuracy, attentionCosine: [1, 0.9] };
  };
  const refuses = (runs: MethodRun[], message: RegExp) =>
    assert.throws(
      () => accuracyCurve({ dataset: "iEmoji-100", preset: "default", classesSeen: [10, 20], runs }),
      { name: "UserError", message },
    );
  refuses([], /^Expected at least one run to draw curves from but found none/);
  refuses(
    [run("C", 0, [0.8, 0.5]), run("LwM", 7, [0.8])],
    /accuracy of LwM, seed 7, to have 2 numbers, one a step, but found 1/,
  );
});

Deno.test("attentionGrid() shows where a map looks below a first map that is all zero", () => {
  const [map, dark] = [spot(1, 1), spot(1, 0)];
  const row = (name: string, map: AttentionMap) => ({ name, maps: [{ map, caption: "" }] });
  const images = [{ image: IMAGE, label: "" }];
  const pictures = (second: AttentionMap) =>
    attentionGrid({ title: "", images, rows: [row("a", dark), row("b", second)] })
      .svg.match(/href="data:[^"]+"/g)!;
  const [, first, seen] = pictures(map);
  assert.notEqual(seen, first);
  assert.equal(pictures(dark)[2], first);
});

Deno.test("front() writes no label over another, also where arms have the same accuracies", () => {
  const arms = ["LwF-MC", "LwM", "equal N", "elsewhere"].map((label, i) => ({
    method: i % 2 === 0 ? "LwF-MC" : "LwM",
    label,
    seeds: [{ old: 0.3, new: 0.7 }],
  }));
  const { svg } = front({ datasets: [{ dataset: "", arms }] });
  const heights = arms.map(({ label }) =>
    Number(svg.split(`>${label}<`).at(-2)!.match(/,([\d.]+)\)[^,]*$/)?.[1])
  );
  const sorted = heights.toSorted((a, b) => a - b);
  sorted.slice(1).forEach((height, i) => assert.ok(height - sorted[i] >= 12, `${heights}`));
});

const TELEPHONE: TwoByTwo = {
  features: ["dial", "bells"],
  classes: ["telephone", "alarm clock"],
  weights: [[2, 0], [0.5, 1]],
  teacher: [[4, 0, 0, 0], [0, 0, 0, 4]],
  student: [[0, 0, 4, 0], [0, 0, 1, 3]],
};

Deno.test("measureTwoByTwo() computes what the library computes", async () => {
  await tf.setBackend("cpu");
  const { teacher, student, weights } = TELEPHONE;
  const W = tf.tensor2d(weights.map((row) => [...row]));
  const [A, A_t] = [teacher, student].map((features) =>
    tf.transpose(tf.tensor4d(features.flat(), [1, 2, 2, 2]), [0, 2, 3, 1]) as tf.Tensor4D
  );
  const [y, z] = [A, A_t].map((features) => tf.matMul(tf.mean(features, [1, 2]), W) as tf.Tensor2D);
  const [Q, Q_t] = [A, A_t].map((features) =>
    gradCamClosedForm(features, W, [0]).reshape([1, 4]) as tf.Tensor2D
  );
  const sigmoid = { kind: "sigmoid", temperature: 1 } as const;
  const found = measureTwoByTwo(TELEPHONE);
  const pairs: [number[], ArrayLike<number>][] = [
    [found.scores.flat(), [...y.dataSync(), ...z.dataSync()]],
    [found.maps.flat(), [...Q.dataSync(), ...Q_t.dataSync()]],
    [[found.distillation], distillationLoss(y, z, sigmoid).dataSync()],
    [[found.leastDistillation], distillationLoss(y, y, sigmoid).dataSync()],
    [[found.attentionDistillation], attentionDistillation(Q, Q_t, { norm: "L1" }).dataSync()],
  ];
  for (const [here, library] of pairs) {
    here.forEach((value, i) =>
      assert.ok(Math.abs(value - library[i]) < 1e-5, `${here}, ${Array.from(library)}`)
    );
  }
});

Deno.test("twoByTwoForm() moves the dial: the scores stand still, and the attention moves", () => {
  const html = twoByTwoForm({ ...TELEPHONE, weights: [[2, 0], [0, 1]] })[DISPLAY]()["text/html"];
  const { document } = parseHTML(`<html><body>${html}</body></html>`);
  // Where no script runs, there is the first picture alone.
  const tags = [...document.body.querySelectorAll("*")].map(({ tagName }) => tagName);
  assert.deepEqual(tags, ["DIV", "IMG", "SCRIPT"]);
  new Function("document", document.querySelector("script")!.textContent!)(document);
  // linkedom has an Event of its own.
  const { Event } = document.defaultView as unknown as { Event: new (name: string) => Event };
  const choose = (button: number) => {
    document.querySelectorAll("input")[button].dispatchEvent(new Event("input"));
    return document.querySelector("img")!.alt;
  };
  assert.match(choose(0), /student 2.0, 1.0\. .*student 0.0, 0.0, 2.0, 0.0\. .*L_AD 2.00/);
  assert.match(choose(1), /student 2.0, 1.0\. .*student 2.0, 0.0, 0.0, 0.0\. .*L_AD 0.00/);
});

const sheet = (label: string) => ({ title: "One image", columns: 1, images: [{ image: IMAGE, label }] });

Deno.test("a figure shows itself at its size, with its description as alternative text", () => {
  const figure = contactSheet(sheet("key"));
  const display = figure[DISPLAY]();
  assert.equal(display["text/plain"], "1 images: key.");
  const [image] = parseHTML(display["text/html"]).document.querySelectorAll("img");
  assert.deepEqual([image.alt, image.width, image.height], [figure.description, figure.width, figure.height]);
  const bytes = Buffer.from(image.src.replace("data:image/svg+xml;base64,", ""), "base64");
  assert.equal(bytes.toString(), figure.svg);
});

const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("saveFigure() writes the numbers, the SVG that they give, its PNG, and nothing else", async () => {
  await withFolder(async (folder) => {
    const directory = join(folder, "new", "figures");
    const figure = await saveFigure("sheet", contactSheet, sheet("key"), { directory });
    assert.deepEqual(filesIn(directory), ["sheet.json", "sheet.png", "sheet.svg"]);
    assert.equal(await Deno.readTextFile(join(directory, "sheet.svg")), figure.svg);
    const json = await Deno.readTextFile(join(directory, "sheet.json"));
    assert.equal(JSON.parse(json).figure, "contactSheet");
    assert.deepEqual(drawFigure(json), contactSheet(sheet("key")));
    const png = await sharp(await Deno.readFile(join(directory, "sheet.png"))).metadata();
    assert.equal(png.width, 1.5 * figure.width);
  });
});

Deno.test("drawFigure() throws a UserError where the file names no figure, or has not its numbers", () => {
  const sentences = {
    "{}": /Expected "figure" to be one of accuracyCurve, .* but found ""/,
    '{ "figure": "toString" }': /but found "toString"/,
    '{ "figure": "stepBars" }': /Expected the numbers of stepBars but found others: .*undefined/,
    '{ "figure": "stepBars", "methods": [{ "method": "C" }] }': /Expected the numbers of stepBars/,
  };
  for (const [json, message] of Object.entries(sentences)) {
    assert.throws(() => drawFigure(json), { name: "UserError", message });
  }
});

Deno.test("figureDirectory() writes over a committed figure only with the same preset and engine", async () => {
  await withFolder(async (root) => {
    const lines: string[] = [];
    const folderFor = async (setting: { preset?: string; engine?: string }) => {
      const directory = await figureDirectory("sheet", setting, (line) => lines.push(line), root);
      return directory.slice(root.length + 1);
    };
    const setting = { preset: "default", engine: "wasm" };
    assert.equal(await folderFor(setting), "figures");
    assert.equal(await folderFor({ ...setting, preset: "smoke" }), "data/figures/smoke-wasm");

    const directory = join(root, "figures");
    await saveFigure("sheet", contactSheet, { ...sheet("key"), ...setting }, { directory });
    assert.equal(await folderFor(setting), "figures");
    assert.equal(await folderFor({ ...setting, engine: "webgpu" }), "data/figures/default-webgpu");
    assert.equal(
      lines.at(-1),
      "sheet (preset default, engine webgpu) is saved in data/figures/default-webgpu: " +
        "the one in figures/ has preset default, engine wasm.",
    );
  });
});

Deno.test("saveFigure() keeps the earlier figure whole when the disk is full", async () => {
  await withFolder(async (directory) => {
    await saveFigure("sheet", contactSheet, sheet("key"), { directory });
    const contents = () => filesIn(directory).map((name) => [name, Deno.readFileSync(join(directory, name))]);
    const before = contents();
    // Writing to /dev/full fails as writing to a full disk does. The numbers are the last of the three files.
    const word = crypto.randomUUID();
    await Deno.symlink("/dev/full", join(directory, `sheet.json.${word}.partial`));
    mock.method(crypto, "randomUUID", () => word, { times: 1 });
    await assert.rejects(saveFigure("sheet", contactSheet, sheet("axe"), { directory }), {
      name: "UserError",
      message: /Expected to write the figure sheet at .* no space is left/,
    });
    assert.deepEqual(contents(), before);
  });
});
