import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { useEngine } from "../../lib/engine/mod.ts";
import { writeFileWhole } from "../../lib/files.ts";
import { withFolder } from "../../lib/testdata/folder.ts";
import { ResNet, type ResNetOptions } from "../../lib/model/mod.ts";
import { decodeSafetensors } from "../../lib/model/safetensors.ts";
import { randomStream } from "../../lib/random.ts";
import { Run } from "../../lib/run/run.ts";
import { tinyConfiguration, withDataDirectory } from "../../lib/run/testdata/tiny_run.ts";
import { pythonWithTorch } from "../bench/bench.ts";
import { exportModel, pytorchFile } from "./export.ts";

const python = await pythonWithTorch();
const NETWORKS: (ResNetOptions & { imageSize: number })[] = [
  { depth: 8, widths: [4, 8, 16], stem: "3x3", imageSize: 16 },
  { depth: 14, widths: [4, 4, 8], stem: "3x3/2", imageSize: 20 },
  { depth: 10, widths: [4, 4, 6, 8], stem: "7x7/4", imageSize: 32 },
];

Deno.test({
  name: "an exported model gives the same scores and features in PyTorch",
  ignore: python === undefined,
  fn: () =>
    withFolder(async (folder) => {
      await useEngine("wasm", { log: () => {} });
      const loader = await Deno.readTextFile(join(import.meta.dirname!, "export_model.py"));
      await Deno.writeTextFile(join(folder, "model.py"), loader);
      const cases = [];
      for (const [i, { imageSize, ...options }] of NETWORKS.entries()) {
        const model = new ResNet(options, ["cat", "dog", "frog"], i);
        const random = randomStream("export", i);
        // Normalizations that are not the identity.
        for (const variable of [...model.parameters.values(), ...model.statistics.values()]) {
          if (variable.rank === 1) {
            variable.assign(
              tf.tensor1d(Float32Array.from({ length: variable.size }, () => 0.5 + random.uniform())),
            );
          }
        }
        const pixels = Float32Array.from({ length: 2 * imageSize ** 2 * 3 }, () => random.normal());
        const { logits, features } = model.forward(tf.tensor4d(pixels, [2, imageSize, imageSize, 3]));
        const file = join(folder, `${i}.safetensors`);
        await writeFileWhole(file, await pytorchFile(model, {}));
        cases.push({
          file,
          pixels: [...pixels],
          imageSize,
          scores: await logits.data(),
          features: await features.data(),
        });
        model.dispose();
      }
      const script = `
import json, sys, torch
from model import forward, load
for case in json.load(sys.stdin):
    tensors, notes = load(case["file"])
    assert notes["classNames"] == ["cat", "dog", "frog"]
    x = torch.tensor(case["pixels"]).view(2, case["imageSize"], case["imageSize"], 3).permute(0, 3, 1, 2)
    scores, features = forward(tensors, notes["network"], x)
    print(json.dumps([scores.flatten().tolist(), features.permute(0, 2, 3, 1).flatten().tolist()]))`;
      await Deno.writeTextFile(join(folder, "run.py"), script);
      const asked = JSON.stringify(cases.map(({ file, pixels, imageSize }) => ({ file, pixels, imageSize })));
      await Deno.writeTextFile(join(folder, "cases.json"), asked);
      const { stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", `"$0" run.py <cases.json`, python!],
        cwd: folder,
      }).output();
      const lines = new TextDecoder().decode(stdout).trim().split("\n");
      assert.equal(lines.length, cases.length, new TextDecoder().decode(stderr));
      for (const [i, line] of lines.entries()) {
        const [scores, features] = JSON.parse(line);
        for (const [found, expected] of [[scores, cases[i].scores], [features, cases[i].features]]) {
          assert.equal(found.length, expected.length);
          const largest = Math.max(...expected.map(Math.abs));
          const error = Math.max(...found.map((value: number, k: number) => Math.abs(value - expected[k])));
          assert.ok(error < 1e-5 * largest, `network ${i}: ${error} of ${largest}`);
        }
      }
    }),
});

Deno.test("export writes the model, its loader and its card", () =>
  withDataDirectory(async (directory) => {
    const run = await Run.open(tinyConfiguration({ increments: 1, method: "LwF-MC" }), { directory });
    await run.train();
    const out = join(directory, "out");
    const lines: string[] = [];
    await exportModel([run.folders.method, "--out", out, "--json"], (line) => lines.push(line));
    const { model, files } = JSON.parse(lines.join("\n"));
    assert.equal(model, "M_1");
    assert.deepEqual(files, ["model.safetensors", "model.py", "README.md"].map((name) => join(out, name)));
    const { tensors, metadata } = decodeSafetensors(await Deno.readFile(files[0]));
    assert.deepEqual(tensors.get("stem.filter")!.shape, [4, 3, 3, 3]);
    assert.deepEqual(tensors.get("head.weights")!.shape, [5, 8]);
    assert.deepEqual(JSON.parse(metadata.classNames), run.classNames(1));
    assert.deepEqual(JSON.parse(metadata.mean), run.dataset.mean);
    const card = await Deno.readTextFile(files[2]);
    assert.match(card, /^# M_1 of LwF-MC on iemoji-100, seed 1$/m);
    assert.match(card, /^\| +1 +\| +5 \| +\d+\.\d % \|/m);
    assert.doesNotMatch(card, /undefined|\{\w+\}/);
    assert.ok(!card.includes(directory));

    await exportModel([run.folders.method, "--out", out, "--step", "0"], (line) => lines.push(line));
    assert.match(await Deno.readTextFile(files[2]), /^# M_0 of the base step on iemoji-100, seed 1$/m);
    await assert.rejects(exportModel([run.folders.method, "--step", "2"], () => {}), {
      name: "UserError",
      message: /^Expected --step to be from 0 to 1 but found 2: 2 of 2 steps are trained\. Choose another/,
    });
  }));
