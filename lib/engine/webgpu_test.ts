import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { isHere } from "./testdata/each_engine.ts";

Deno.test({
  name: "webgpu lets go of what its operations leave behind",
  ignore: Deno.build.os !== "linux",
  fn: async (t) => {
    if (!await isHere("webgpu")) {
      await t.step({ name: "skipped: the engine webgpu is not here", ignore: true, fn: () => {} });
      return;
    }
    const memoryMaps = async () => (await Deno.readTextFile("/proc/self/maps")).split("\n").length;
    const x = tf.ones([2000]); // more than tfjs computes on the CPU by itself
    const before = await memoryMaps();
    let most = 0;
    for (let i = 0; i < 81; i++) {
      const y = tf.tidy(() => {
        let y: tf.Tensor = x;
        for (let k = 0; k < 150; k++) y = tf.add(y, x);
        return y;
      });
      await y.data();
      y.dispose();
      if (i % 20 === 0) most = Math.max(most, await memoryMaps());
    }
    x.dispose();
    // Without collections there are some 10,200 more after these 12,150 operations, with them 4,500; at
    // 65,530 the process crashes.
    assert.ok(
      most - before < 7_000,
      `Expected fewer than 7,000 more memory maps than ${before} but found ${most}`,
    );
  },
});
