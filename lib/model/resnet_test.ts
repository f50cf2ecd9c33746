import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { useEngine } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { ResNet, type ResNetOptions } from "./resnet.ts";

const SMALL: ResNetOptions = { depth: 8, widths: [4, 8, 16], stem: "3x3" };

await useEngine("wasm", { log: () => {} });

function images(count: number, size = 32): tf.Tensor4D {
  return tf.randomNormal([count, size, size, 3], 0, 1, "float32", 7);
}

Deno.test("ResNet-20 of He et al. has their number of weights, with projection shortcuts", () => {
  const model = new ResNet({ depth: 20, widths: [16, 32, 64], stem: "3x3" }, Array.from("abcdefghij"), 1);
  const count = [...model.parameters.values()].reduce((sum, { size }) => sum + size, 0);
  // 0.27 M in table 6 of the paper, whose shortcuts have no weights; the two projections and their norms are
  // 2,752 more.
  assert.equal(count, 272_474);
  model.dispose();
});

Deno.test("forward() returns scores for every class and the last stage's feature maps", () => {
  const model = new ResNet(SMALL, ["cat", "dog"], 1);
  tf.tidy(() => {
    const { logits, features } = model.forward(images(3));
    assert.deepEqual(logits.shape, [3, 2]);
    assert.deepEqual(features.shape, [3, 8, 8, 16]);
    assert.ok(features.min().dataSync()[0] >= 0, "feature maps are taken after the ReLU");
  });
  model.dispose();
});

Deno.test("the stems give full, half and a quarter of the resolution", () => {
  const sizes = (["3x3", "3x3/2", "7x7/4"] as const).map((stem) => {
    const model = new ResNet({ ...SMALL, stem }, ["cat"], 1);
    const size = tf.tidy(() => model.stage(0, images(1, 64)).shape[1]);
    const last = tf.tidy(() => model.forward(images(1, 37)).features.shape[1]);
    assert.equal(model.featureSize(37), last);
    model.dispose();
    return size;
  });
  assert.deepEqual(sizes, [64, 32, 16]);
});

Deno.test("growHead() leaves the old columns bit-identical and starts the new ones small", () => {
  const model = new ResNet(SMALL, ["cat", "dog"], 1);
  const columns = () => tf.tidy(() => model.head.weights.slice([0, 0], [-1, 2]).dataSync());
  const scores = () => tf.tidy(() => model.forward(images(2)).logits.slice([0, 0], [-1, 2]).dataSync());
  const before = { columns: columns(), scores: scores() };
  model.growHead(["frog"], 1);
  assert.deepEqual(model.classNames, ["cat", "dog", "frog"]);
  assert.deepEqual(columns(), before.columns);
  assert.deepEqual(scores(), before.scores);
  const added = tf.tidy(() => model.head.weights.slice([0, 2], [-1, 1]).abs().max().dataSync()[0]);
  assert.ok(added > 0 && added <= 1 / Math.sqrt(16));
  model.dispose();
});

Deno.test("growHead() throws on a class that is known already", () => {
  const model = new ResNet(SMALL, ["cat"], 1);
  assert.throws(() => model.growHead(["cat"], 1), UserError);
  assert.throws(() => model.growHead(["cow", "cow"], 1), /already knows "cow"/);
  model.dispose();
});

Deno.test("running statistics move a tenth of the way, with the unbiased variance", () => {
  const model = new ResNet(SMALL, ["cat"], 1);
  tf.tidy(() => {
    const x = images(4);
    model.forward(x, true);
    const filter = model.parameters.get("stem.filter")! as tf.Tensor as tf.Tensor4D;
    const h = tf.conv2d(x, filter, 1, 1).reshape([-1, 4]);
    const { mean, variance } = tf.moments(h, 0);
    const count = h.shape[0];
    const near = (name: string, expected: tf.Tensor) => {
      const error = tf.max(tf.abs(tf.sub(model.statistics.get(name)!, expected))).dataSync()[0];
      assert.ok(error < 1e-5, `${name} is ${error} off`);
    };
    near("stem.mean", mean.mul(0.1));
    near("stem.variance", variance.mul(0.1 * count / (count - 1)).add(0.9));
  });
  model.dispose();
});

Deno.test("clone() shares no tensor: training the copy leaves the original as it was", () => {
  const model = new ResNet(SMALL, ["cat", "dog"], 1);
  const before = tf.tidy(() => model.forward(images(2)).logits.dataSync());
  const copy = model.clone();
  tf.tidy(() => copy.parameters.get("stem.filter")!.assign(tf.zeros([3, 3, 3, 4])));
  tf.tidy(() => void copy.forward(images(2), true));
  copy.dispose();
  assert.deepEqual(tf.tidy(() => model.forward(images(2)).logits.dataSync()), before);
  model.dispose();
});

Deno.test("a network's whole life leaves no tensor behind", () => {
  const before = tf.memory().numTensors;
  const model = new ResNet(SMALL, ["cat"], 1);
  tf.tidy(() => void model.forward(images(2), true));
  model.growHead(["dog"], 1);
  const copy = model.clone();
  copy.dispose();
  model.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("forward() and stage() leave nothing behind but what they return", () => {
  const model = new ResNet(SMALL, ["cat", "dog"], 1);
  const x = images(1);
  const before = tf.memory().numTensors;
  for (const training of [false, true]) {
    const { logits, features } = model.forward(x, training);
    tf.dispose([logits, features, model.stage(1, x, training)]);
    assert.equal(tf.memory().numTensors, before);
  }
  model.dispose();
  x.dispose();
});
