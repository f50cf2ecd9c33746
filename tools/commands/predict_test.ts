import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { readPicture } from "../../lib/data/batches.ts";
import { probabilities } from "../../lib/evaluation/scores.ts";
import { outputKind } from "../../lib/run/evaluate_step.ts";
import { Run } from "../../lib/run/run.ts";
import {
  tinyConfiguration,
  tinyPhotoConfiguration,
  withDataDirectory,
} from "../../lib/run/testdata/tiny_run.ts";
import { withFolder, writeClassFolders } from "../../lib/data/photos/testdata/photo_fixtures.ts";
import { exportModel } from "./export.ts";
import { predictImages } from "./predict.ts";

Deno.test("predict names the classes that a model scores highest, and draws where it looks", () =>
  withDataDirectory(async (directory) => {
    const run = await Run.open(tinyConfiguration({ increments: 1 }), { directory });
    await run.train();
    const home = join(directory, "pictures");
    await Deno.mkdir(home);
    const set = run.evaluationImages(run.steps[0]);
    for (const image of [0, 15]) {
      const { rgb, size } = readPicture(set, { image, view: 0 });
      await sharp(rgb, { raw: { width: size, height: size, channels: 3 } }).png().toFile(
        join(home, `${image}.png`),
      );
    }
    const out = join(directory, "out");
    const lines: string[] = [];
    const call = async (...args: string[]) => {
      lines.length = 0;
      await predictImages([run.folders.method, ...args, "--out", out], (line) => lines.push(line));
      return lines.join("\n");
    };

    const { images } = JSON.parse(await call(join(home, "15.png"), home, "--models", "all", "--json"));
    assert.deepEqual(images.map(({ image }: { image: string }) => image.slice(-6)), [
      "15.png",
      "/0.png",
      "15.png",
    ]);
    // The same as in the evaluation of the run.
    for (const step of [0, 1]) {
      const { logits, classes } = await run.predictions(step, run.steps[0]);
      const expected = logits.subarray(15 * classes, 16 * classes);
      const shares = probabilities(expected, outputKind(run.configuration, step));
      const found = images[0].predictions[step];
      assert.equal(found.model, `M_${step}`);
      assert.equal(found.classes.length, Math.min(5, classes));
      for (const { name, score } of found.classes) {
        assert.ok(Math.abs(score - shares[run.classNames(step).indexOf(name)]) < 1e-5);
      }
      assert.equal(
        found.classes[0].score,
        Math.max(...found.classes.map(({ score }: { score: number }) => score)),
      );
      assert.equal(found.attention.class, found.classes[0].name);
      assert.equal(found.attention.values.length, found.attention.size ** 2);
    }
    const { format, width } = await sharp(images[0].picture).metadata();
    assert.ok(format === "png" && width >= 3 * 224, "a square for the image, M_0 and M_1");

    const known = run.classNames(0)[2];
    const text = await call(join(home, "0.png"), "--class", known);
    assert.match(
      text,
      /^image +model +class +score\n.*0\.png +M_1 +[\w-]+ +\d+\.\d %\n( +[\w-]+ +\d+\.\d %\n){4}\nM_1: each class has a sig/m,
    );
    const ofClass = JSON.parse(await call(join(home, "0.png"), "--class", known, "--json"));
    assert.equal(ofClass.images[0].predictions[0].attention.class, known);

    const refuses = (args: string[], message: RegExp) =>
      assert.rejects(call(...args), { name: "UserError", message });
    await Deno.writeTextFile(join(home, "text.png"), "no image");
    await refuses([], /a run, and images, but found .*seed1-LwM/);
    await refuses([join(home, "none.png")], /an image in .*none\.png but found no such file/);
    // One bad image does not cancel the others.
    await refuses([join(home, "text.png"), join(home, "0.png")], /text\.png but found something else/);
    assert.match(lines.join("\n"), /0\.png +M_1 /);
    await refuses([run.folders.method], /but found a second run\. Name one run, then images/);
    await refuses([directory], /Expected images \(.*\) in .* but found none\. Name one run/);
    await refuses(
      [join(home, "text.png")],
      /a JPEG, PNG or WebP in .*text\.png but found something else\. Name another/,
    );
    await refuses(
      [home, "--models", "4"],
      /to be steps, such as 0,4, or all, but found 4 where 0,1 are trained/,
    );
    const first = ["--models", "0", "--class", run.classNames(1)[4]];
    await refuses(
      [join(home, "0.png"), ...first],
      /--class to be one that M_0 knows but found ".*"\. Choose among/,
    );
  }));

Deno.test("predict and export need the folder of a run, not the images that it was trained on", () =>
  withFolder(async (directory) => {
    const data = join(directory, "pets");
    await writeClassFolders(data, { ant: 5, "b\x1bee": 5, cat: 5 });
    const run = await Run.open(tinyPhotoConfiguration(data), { directory });
    await run.train();
    const image = join(directory, "a\x1bnt.jpg");
    await Deno.rename(join(data, "ant", "image_0001.jpg"), image);
    const place = [run.folders.method, "--out", join(directory, "out")];
    const said: string[] = [];
    const call = async () => {
      said.length = 0;
      await predictImages([...place, image, "--models", "all", "--json"], (line) => said.push(line));
      await exportModel([...place], () => {});
      const [{ picture, predictions }] = JSON.parse(said.join("\n")).images;
      assert.match(picture, /1-a\\x1bnt\.png$/);
      return predictions;
    };
    await Deno.remove(data, { recursive: true });
    await Deno.remove(join(directory, "cache"), { recursive: true });
    const predictions = await call();
    assert.deepEqual(predictions.map(({ model }: { model: string }) => model), ["M_0", "M_1"]);
    assert.deepEqual(
      new Set(predictions[1].classes.map(({ name }: { name: string }) => name)),
      new Set(["ant", "b\x1bee", "cat"]),
    );
    const card = await Deno.readTextFile(join(directory, "out", "README.md"));
    assert.match(card, /^# M_1 of LwM on own images \(pets\), seed 1$/m);
    assert.match(card, /^It was trained on a private folder of images, whose license .* does not know\./m);
  }));
