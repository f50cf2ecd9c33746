import assert from "node:assert/strict";
import { join } from "node:path";
import { naming, writeClassFolders } from "../data/photos/testdata/photo_fixtures.ts";
import { withEnvironment, withFolder } from "../testdata/folder.ts";
import { configure } from "./configuration.ts";
import { stepsFor } from "./presets.ts";
import { type Configuration, datasetNames, presetNames } from "./schema.ts";

/** Nothing that the environment of the test says. */
const BARE = { LWM_PRESET: undefined, LWM_ENGINE: undefined, LWM_CODE: undefined };

const refuses = (fields: Record<string, unknown>, message: RegExp) =>
  withEnvironment(
    BARE,
    () => assert.throws(() => configure(fields as Partial<Configuration>), { name: "UserError", message }),
  );

Deno.test("every preset of every data set and method is a valid configuration", () => {
  withEnvironment(BARE, () => {
    for (const preset of presetNames) {
      for (const dataset of datasetNames) {
        for (const method of ["C", "LwF-MC", "LwM"] as const) {
          const configuration = configure({ preset, dataset, method });
          assert.deepEqual(configure(JSON.parse(JSON.stringify(configuration))), configuration);
          assert.equal(configuration.preset, preset);
        }
      }
    }
  });
});

Deno.test("LWM_PRESET, LWM_ENGINE and LWM_CODE stand in for what the fields do not say", () => {
  withEnvironment({ LWM_PRESET: "smoke", LWM_ENGINE: "cpu", LWM_CODE: "0a1b2c" }, () => {
    const { preset, engine, code, baseEpochs } = configure();
    assert.deepEqual([preset, engine, code], ["smoke", "cpu", "0a1b2c"]);
    assert.ok(baseEpochs <= 2);
    const said = configure({ preset: "default", engine: "auto", code: "current" });
    assert.deepEqual([said.preset, said.engine, said.code], ["default", "auto", "current"]);
    assert.ok(said.baseEpochs > 2);
  });
});

Deno.test("configure() refuses unknown names and says which there are", () => {
  refuses({ method: "EWC" }, /method to be "C" or "LwF-MC" or "LwM" or "Pooled" but found "EWC"/);
  refuses({ preset: "huge" }, /preset to be "smoke" or "default" or "paper" but found "huge"/);
  refuses({ dataset: "mnist" }, /dataset to be "iemoji-100" or .* but found "mnist"/);
  refuses({ engine: "cuda" }, /engine to be "auto" or .* but found "cuda"/);
  refuses({ code: "old" }, /code to be "current", or six digits .* but found "old"/);
  refuses({ gama: 0.1 }, /known fields .* but found "gama"\. The fields are .*gamma/);
});

Deno.test("configure() refuses numbers out of their range and says the range", () => {
  refuses({ widths: [16, 1_000_000] }, /widths\.1 to be at most 4096 but found 1000000/);
  refuses({ epochs: 1e9 }, /epochs to be at most 100000 but found 1000000000/);
  refuses({ beta: 10.5 }, /beta to be at most 10 but found 10\.5\. It means: β, weight of L_D/);
  refuses({ gamma: -0.1 }, /gamma to be at least 0 but found -0\.1/);
  refuses({ temperature: 0 }, /temperature to be more than 0 but found 0/);
  refuses({ baseClasses: 0 }, /baseClasses to be at least 1 but found 0/);
  refuses({ epochs: 2.5 }, /epochs to be .* but found 2\.5/);
  refuses({ learningRate: NaN }, /learningRate to be .* but found/);
  refuses({ widths: [] }, /widths to be a list of at least 1 but found \[\]/);
});

Deno.test("configure() refuses more classes than the data set has, and names that are no classes", () => {
  refuses(
    { increments: 20 },
    /at most 100 classes, which is what the data set has, but found 210 in 21 steps/,
  );
  refuses({ dataset: "cifar-100", baseClasses: 50, increments: 9 }, /at most 100 classes.* found 140 in 10/);
  refuses({ dataset: "caltech-101", baseClasses: 101 }, /at most 100 classes.* found 101 base classes/);
  refuses({ dataset: "caltech-101", classes: ["a", "b", "c"], increment: 5 }, /at most 3 classes/);
  refuses({ firstClasses: ["telefone"] }, /found "telefone"/);
  refuses({ data: "x", classes: ["1", "1", "2"] }, /`classes` to name each class once but found "1" twice\./);
  refuses({ classes: null }, /Expected classes to be .* but found null/);
  refuses({ classes: ["telephone"] }, /no `classes` for iemoji-100.* but found telephone/);
});

Deno.test("configure() refuses what would have no effect", () => {
  const drawings = { dataset: "iemoji-100" } as const;
  refuses({ ...drawings, data: "/nowhere" }, /^Expected no `data` for iemoji-100.* but found \/nowhere\./);
  refuses({ ...drawings, skipBroken: true }, /^Expected no `skipBroken` for iemoji-100.* but found true\./);
  const firstClasses = ["telephone", "camera", "guitar"];
  refuses(
    { baseClasses: 2, firstClasses },
    /^Expected at most 2 `firstClasses`, .* but found 3\. Name fewer, or make baseClasses larger\.$/,
  );
  assert.equal(configure({ baseClasses: 3, firstClasses }).firstClasses.length, 3);
});

Deno.test("configure() refuses a depth that does not fit the stages, and says which does", () => {
  refuses(
    { depth: 7 },
    /depth to be 2 \+ stages · 2n, which is 2 \+ 6n with 3 widths, but found 7\. Take 8,/,
  );
  refuses({ depth: 20, widths: [64, 128, 256, 512] }, /2 \+ 8n with 4 widths, but found 20\. Take 18,/);
  assert.equal(configure({ depth: 18, widths: [64, 128, 256, 512] }).depth, 18);
});

Deno.test("configure() takes a path alone for a folder of images, and names one that is not there", () =>
  withFolder(async (folder) => {
    await writeClassFolders(
      folder,
      Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`class-${i}`, 1])),
    );
    const { dataset, baseClasses, increment, increments } = configure({ data: folder });
    assert.deepEqual([dataset, baseClasses, increment, increments], ["folder", 2, 2, 4]);
    assert.equal(configure({ data: folder, dataset: "caltech-101" }).dataset, "caltech-101");
    assert.equal(configure({ data: folder, increment: 4, increments: 1 }).baseClasses, 6);
    assert.equal(configure({ data: folder, baseClasses: 4 }).increment, 2);
    for (const fields of [{ classes: ["class-1"] }, { baseClasses: 1, increments: 0 }]) {
      refuses({ data: folder, ...fields }, /at least two classes to tell apart but found one in .*\. Add/);
    }
    assert.equal(configure({ dataset: "caltech-101", classes: ["a", "b", "c", "d"] }).baseClasses, 2);
    assert.throws(
      () => configure({ data: join(folder, "none") }),
      naming(join(folder, "none"), "no such folder"),
    );
  }));

Deno.test("configure() gives small folders more epochs, the same for every seed", () =>
  withFolder(async (folder) => {
    const classes = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`class-${i}`, 10 + 40 * i]));
    await writeClassFolders(folder, classes);
    const epochs = (fields: Partial<Configuration> = {}) => {
      const { baseEpochs, epochs } = configure({ data: folder, preset: "default", ...fields });
      return [baseEpochs, epochs];
    };
    // Two classes of 56 training images are 4 batches of 32, and 75 epochs of these 300 iterations.
    assert.deepEqual(epochs(), [75, 75]);
    assert.deepEqual(epochs({ seed: 2 }), [75, 75]);
    assert.deepEqual(epochs({ batchSize: 128 }), [300, 300]);
    assert.deepEqual(epochs({ imagesPerClass: 10 }), [300, 300]);
    assert.deepEqual(epochs({ epochs: 7 }), [75, 7]);
    assert.deepEqual(epochs({ preset: "smoke" }), [2, 2]);
    assert.deepEqual(epochs({ dataset: "caltech-101" }), [60, 24]);
  }));

Deno.test("stepsFor() learns all classes in up to five steps of two or more", () => {
  for (let classes = 4; classes < 100; classes++) {
    const { baseClasses, increment, increments } = stepsFor(classes);
    assert.equal(baseClasses + increments * increment, classes);
    assert.ok(increments <= 4 && increment >= 2 && baseClasses >= increment, `${classes}`);
  }
  assert.deepEqual(stepsFor(3), { baseClasses: 2, increment: 1, increments: 1 });
  assert.deepEqual(stepsFor(2), { baseClasses: 1, increment: 1, increments: 1 });
});

Deno.test("stepsFor() derives what is not given", () => {
  const steps = (given: Parameters<typeof stepsFor>[1], classes = 10) =>
    Object.values(stepsFor(classes, given));
  assert.deepEqual(steps({ baseClasses: 4 }), [4, 2, 3]);
  assert.deepEqual(steps({ baseClasses: 3 }), [3, 7, 1]);
  assert.deepEqual(steps({ baseClasses: 10 }), [10, 1, 0]);
  assert.deepEqual(steps({ increment: 2 }), [2, 2, 4]);
  assert.deepEqual(steps({ increment: 3 }), [4, 3, 2]);
  assert.deepEqual(steps({ increment: 1 }), [6, 1, 4]);
  assert.deepEqual(steps({ increments: 1 }), [5, 5, 1]);
  assert.deepEqual(steps({ increments: 0 }), [10, 10, 0]);
  assert.deepEqual(steps({ baseClasses: 4, increment: 4 }), [4, 4, 1]);
  assert.deepEqual(steps({ baseClasses: 4, increments: 2 }), [4, 3, 2]);
  assert.deepEqual(steps({ increment: 2, increments: 2 }), [6, 2, 2]);
});

Deno.test("configure() makes fewer increments where the preset's do not fit the base classes", () => {
  const steps = (fields: Partial<Configuration>) => configure(fields).increments;
  assert.equal(steps({ dataset: "cifar-100", baseClasses: 50 }), 5);
  assert.equal(steps({ dataset: "cifar-100", baseClasses: 50, increment: 50 }), 1);
  assert.equal(steps({ baseClasses: 20 }), 4);
});

Deno.test("configure() takes words in any case, as the command line does", () => {
  const { method, dataset, norm } = configure({ method: "lwm", dataset: "CIFAR-100", norm: "l2" } as object);
  assert.deepEqual([method, dataset, norm], ["LwM", "cifar-100", "L2"]);
});

Deno.test("configure() refuses what is no object of fields", () => {
  for (const [value, found] of [[null, "null"], [[], "a list"], ["LwM", "LwM"]] as const) {
    refuses(
      value as never,
      new RegExp(`fields of a configuration, such as .* but found ${found}\\. Give one`),
    );
  }
});
