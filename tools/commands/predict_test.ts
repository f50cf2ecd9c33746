import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { readPicture } from "../../lib/data/mod.ts";
import { probabilities } from "../../lib/evaluation/scores.ts";
import { outputKind } from "../../lib/run/evaluate_step.ts";
import { Run } from "../../lib/run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../../lib/run/testdata/tiny_run.ts";
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
      for (const { name, score, probability } of found.classes) {
        const column = run.classNames(step).indexOf(name);
        assert.ok(Math.abs(score - expected[column]) < 1e-5);
        assert.ok(Math.abs(probability - shares[column]) < 1e-5);
      }
      assert.equal(
        found.classes[0].score,
        Math.max(...found.classes.map(({ score }: { score: number }) => score)),
      );
      assert.equal(found.attention.class, found.classes[0].name);
      assert.equal(found.attention.values.length, found.attention.size ** 2);
    }
    const { width, height } = await sharp(images[0].picture).metadata();
    assert.deepEqual([width, height], [3 * 256, 256]);

    const known = run.classNames(0)[2];
    const text = await call(join(home, "0.png"), "--top", "2", "--class", known);
    assert.match(
      text,
      /^image +model +1\. +2\.\n.*0\.png +M_1 +[\w-]+ \d+\.\d % +[\w-]+ \d+\.\d %\n\nWhere they look: /m,
    );
    const ofClass = JSON.parse(await call(join(home, "0.png"), "--class", known, "--json"));
    assert.equal(ofClass.images[0].predictions[0].attention.class, known);

    const refuses = (args: string[], message: RegExp) =>
      assert.rejects(call(...args), { name: "UserError", message });
    await Deno.writeTextFile(join(home, "text.png"), "no image");
    await refuses([], /a run, and images, but found .*seed1-LwM/);
    await refuses([join(home, "none.png")], /an image in .*none\.png but found no such file/);
    await refuses(
      [join(home, "text.png")],
      /a JPEG, PNG or WebP in .*text\.png but found something else\. Name another/,
    );
    await refuses(
      [home, "--models", "4"],
      /to be steps, such as 0,4, or all, but found 4 where 0,1 are trained/,
    );
    await refuses([home, "--top", "0"], /--top to be a whole number above 0 but found 0/);
    const first = ["--models", "0", "--class", run.classNames(1)[4]];
    await refuses(
      [join(home, "0.png"), ...first],
      /--class to be one that M_0 knows but found ".*"\. Choose among/,
    );
  }));
