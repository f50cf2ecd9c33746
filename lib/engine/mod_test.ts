import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../user_error.ts";
import { addRelu, batchNormalization, conv2d, type EngineName, sgdStep, useEngine } from "./mod.ts";
import { assertClose, isHere, testOnEachEngine } from "./testdata/each_engine.ts";
import { normal, variableOf } from "./testdata/normal.ts";

/** What a process of its own says about each engine; see `testdata/report_engine.ts`. */
interface Report {
  engine?: string;
  lines?: string[];
  digest?: string;
  error?: string;
  message?: string;
}

async function reports(
  args: string[],
  { env = {} }: { env?: Record<string, string> } = {},
): Promise<Report[]> {
  const script = fileURLToPath(new URL("testdata/report_engine.ts", import.meta.url));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script, ...args],
    env,
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith("{"));
  assert.ok(lines.length > 0, new TextDecoder().decode(stderr));
  return lines.map((line) => JSON.parse(line));
}

const collect = async (name: EngineName) => {
  const lines: string[] = [];
  const engine = await useEngine(name, { log: (line) => lines.push(line) });
  return { engine, lines };
};

Deno.test("useEngine() takes wasm on every machine unless it is asked for another engine", async () => {
  await isHere("onednn");
  const { engine, lines } = await collect("auto");
  assert.equal(engine.name, "wasm");
  assert.deepEqual(lines, ["Engine: wasm (WebAssembly)."]);
});

Deno.test("useEngine() leaves no kernel of oneDNN behind when wasm follows it", async (t) => {
  if (!await isHere("onednn")) {
    await t.step({ name: "skipped: the engine onednn is not here", ignore: true, fn: () => {} });
    return;
  }
  await useEngine("wasm", { log: () => {} });
  const stock = tf.getKernel("Conv2D", "wasm");
  await useEngine("onednn", { log: () => {} });
  assert.notEqual(tf.getKernel("Conv2D", "wasm").kernelFunc, stock.kernelFunc);
  await useEngine("wasm", { log: () => {} });
  assert.equal(tf.getKernel("Conv2D", "wasm").kernelFunc, stock.kernelFunc);
});

Deno.test("useEngine() throws on a name that is none", async () => {
  await assert.rejects(useEngine("cuda" as EngineName), UserError);
  await assert.rejects(useEngine("toString" as EngineName), UserError);
});

Deno.test("useEngine() names the package or the function that oneDNN lacks", async () => {
  const library = (path: string) => ({ env: { LWM_ONEDNN_LIBRARY: path } });
  const cases = [
    [["onednn"], library("/no/such/libdnnl.so"), /not found.*apt-get install libdnnl3\.6.*engine "wasm"/],
    [["onednn", "as in a browser"], {}, /foreign function interface/],
    ...Deno.build.os === "linux" ? [[["onednn"], library("libm.so.6"), /dnnl_/] as const] : [],
  ] as const;
  for (const [args, options, words] of cases) {
    const [{ error, message }] = await reports([...args], options as Parameters<typeof reports>[1]);
    assert.equal(error, "UserError");
    assert.match(message!, words);
  }
});

Deno.test("useEngine() says what wasm lacks where its file cannot be loaded", async () => {
  for (const { error, message } of await reports(["wasm", "auto", "without its WebAssembly"])) {
    assert.equal(error, "UserError");
    assert.match(message!, /tfjs cannot load its WebAssembly.*tfjs-backend-wasm-simd\.wasm/);
  }
});

Deno.test("useEngine() that is called while another call starts an engine waits for it", async () => {
  const found = await reports(["wasm", "wasm", "at once, too"]);
  assert.deepEqual(found.map(({ engine }) => engine), ["wasm", "wasm"]);
});

testOnEachEngine("training goes the same way on every engine", async () => {
  const losses = async () => {
    const shapes = [[3, 3, 3, 8], [8], [8], [3, 3, 8, 8], [8], [8]];
    const weights = shapes.map((shape, i) => variableOf(normal(shape, i)));
    const velocities = weights.map((weight) => variableOf(tf.zerosLike(weight)));
    const x = normal([4, 9, 9, 3], 9);
    const found: number[] = [];
    for (let step = 0; step < 8; step++) {
      const loss = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => {
          const [filter1, gamma1, beta1, filter2, gamma2, beta2] = weights as tf.Tensor[];
          const [g1, b1, g2, b2] = [gamma1, beta1, gamma2, beta2] as tf.Tensor1D[];
          const first = batchNormalization(conv2d(x, filter1 as tf.Tensor4D, 2, 1), g1, b1, { relu: true }).y;
          const second = batchNormalization(conv2d(first, filter2 as tf.Tensor4D, 1, 1), g2, b2).y;
          return tf.mean(tf.square(tf.sub(addRelu(first, second), 1))) as tf.Scalar;
        });
        sgdStep(
          weights.map((weight, i) => ({ weight, velocity: velocities[i], gradient: grads[weight.name] })),
          { learningRate: 0.02, momentum: 0.9, weightDecay: 1e-3, maxNorm: 1 },
        );
        return value;
      });
      found.push(...await loss.data());
      loss.dispose();
    }
    tf.dispose([x, ...weights, ...velocities]);
    return found;
  };
  const found = await losses();
  await useEngine("cpu", { log: () => {} });
  const expected = await losses();
  assert.ok(expected.at(-1)! < 0.8 * expected[0], `Expected the loss to fall but found ${expected}`);
  assertClose(Float32Array.from(found), expected, 1e-4, "loss");
}, ["wasm", "onednn", "webgpu"]);

Deno.test("training is bit-identical from run to run on one thread", async (t) => {
  const names = ["wasm", "onednn"] as const;
  const [first, second] = await Promise.all([reports([...names]), reports([...names])]);
  for (const [i, name] of names.entries()) {
    if (!await isHere(name)) {
      await t.step({ name: `skipped: the engine ${name} is not here`, ignore: true, fn: () => {} });
      continue;
    }
    assert.equal(first[i].engine, name);
    assert.match(first[i].digest!, /^-?[0-9a-f]+$/);
    assert.equal(first[i].digest, second[i].digest);
  }
});
