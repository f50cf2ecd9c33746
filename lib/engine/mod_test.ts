import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../user_error.ts";
import { addRelu, batchNormalization, conv2d, type EngineName, sgdStep, useEngine } from "./mod.ts";
import { assertClose, testOnEachEngine } from "./testdata/each_engine.ts";
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
  const { engine, lines } = await collect("auto");
  assert.equal(engine.name, "wasm");
  assert.deepEqual(lines, ["Engine: wasm (WebAssembly)."]);
});

Deno.test("useEngine() throws on a name that is none", async () => {
  await assert.rejects(useEngine("cuda" as EngineName), UserError);
  await assert.rejects(useEngine("toString" as EngineName), UserError);
});

Deno.test("useEngine() says that oneDNN computes no more", () =>
  assert.rejects(useEngine("onednn"), { name: "UserError", message: /earlier versions.*engine "wasm"/ }));

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
}, ["wasm", "wasm-unfused", "webgpu"]);

Deno.test("training has the same bits in each process, with native kernels and without, and in no other engine", async () => {
  const [native, wasm] = await Promise.all(
    ["1", "0"].map((LWM_NATIVE) => reports(["wasm", "wasm-unfused"], { env: { LWM_NATIVE } })),
  );
  assert.deepEqual(native.map(({ engine }) => engine), ["wasm", "wasm-unfused"]);
  assert.match(native[0].digest!, /^-?[0-9a-f]+$/);
  assert.deepEqual(native.map(({ digest }) => digest), wasm.map(({ digest }) => digest));
  assert.notEqual(native[0].digest, native[1].digest);
});

Deno.test("a processor without a fused multiply-add takes another engine, and says why wasm is not to be had", async () => {
  const env = { DENO_V8_FLAGS: "--no-enable-fma3" };
  const [auto, wasm, unfused] = await reports(["auto", "wasm", "wasm-unfused"], { env });
  if (Deno.build.arch === "x86_64") {
    assert.equal(auto.engine, "wasm-unfused");
    assert.match(wasm.message!, /rounds a multiply-add twice.*engine "wasm-unfused"/);
    assert.equal(auto.digest, unfused.digest);
  }
  assert.equal(unfused.digest, (await reports(["wasm-unfused"]))[0].digest);
});
