/**
 * The ways to carry out `kernels.c` have the same bits, and these are near the definition.
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs";
import { randomStream } from "../../random.ts";
import { compiledText } from "../../../tools/kernels/build.ts";
import { conv2d } from "../conv2d.ts";
import { isHere, valuesOf } from "../testdata/each_engine.ts";
import { normal } from "../testdata/normal.ts";
import { COMPILED } from "./compiled.ts";
import { type Functions, loadWasm } from "./functions.ts";
import { loadNative, type NativeOptions } from "./native.ts";
import { firstDifference, type Sizes } from "./same_bits.ts";

/** After `--`, as in `deno test -A lib/engine/wasm/kernels_test.ts -- 1000`, how many shapes. */
const SHAPES = Number(Deno.args[0] ?? 150) || 150;

/** Odd and even sides, one image, channels that fill no vector, all filters and strides of networks. */
function randomSizes(n: number): Sizes {
  const random = randomStream("shapes", n);
  const pick = (values: number[]) => values[random.integer(values.length)];
  const channels = () => random.uniform() < 0.5 ? 1 + random.integer(40) : pick([1, 3, 4, 8, 12, 16, 32, 64]);
  for (;;) {
    const filter = pick([1, 1, 2, 3, 3, 3, 5, 7]);
    const even = random.uniform() < 0.5 ? 2 : 1;
    const [height, width] = [even * (1 + random.integer(16)), even * (1 + random.integer(16))];
    const sizes = {
      batch: pick([1, 1, 2, 3, 5]),
      height,
      width,
      input: channels(),
      output: channels(),
      filter,
      stride: pick([1, 1, 1, 2, 2, 3]),
      padding: random.integer(filter / 2 + 1 | 0),
    };
    if (Math.min(height, width) + 2 * sizes.padding >= filter) return sizes;
  }
}

const BUILDS: [name: string, NativeOptions, test: RegExp | undefined][] = [
  ["gcc", { compilers: ["gcc"] }, undefined],
  ["gcc without AVX-512", { compilers: ["gcc"], flags: ["-mno-avx512f"] }, /x86_64/],
  ["clang", { compilers: ["clang-22", "clang"] }, undefined],
];

for (const [name, options, onlyOn] of BUILDS) {
  for (const threads of [1, 2]) {
    Deno.test(`kernels.c has the bits of WebAssembly, by ${name}, ${threads} threads, NaN and infinity included`, async (t) => {
      await isHere("wasm");
      const folder = await Deno.makeTempDir();
      const native = onlyOn && !onlyOn.test(Deno.build.arch)
        ? "not this processor"
        : await loadNative({ ...options, folder });
      await Deno.remove(folder, { recursive: true });
      if (typeof native === "string") {
        await t.step({ name: `skipped: ${native}`, ignore: true, fn: () => {} });
        return;
      }
      const special = [NaN, Infinity, -Infinity, 1e-40, -1e-42, 3e38, -0];
      for (let n = 0; n < SHAPES; n++) {
        const sizes = randomSizes(n);
        for (const strewn of n % 5 === 0 ? [[], special] : [[]]) {
          const found = firstDifference(loadWasm(true).functions, native.functions, sizes, {
            seed: n,
            threads,
            special: strewn,
          });
          assert.equal(found, undefined, JSON.stringify({ sizes, strewn }));
        }
      }
    });
  }
}

Deno.test("firstDifference() names the function that differs in one bit", async () => {
  await isHere("wasm");
  const { functions } = loadWasm(true);
  const sizes = randomSizes(0);
  assert.equal(firstDifference(functions, functions, sizes), undefined);
  const broken: Functions = { ...functions, normalize: () => 0 };
  assert.equal(firstDifference(functions, broken, sizes), "normalize");
});

Deno.test("loadNative() says why it cannot, and needs neither a compiler nor a folder that can be written", async () => {
  await isHere("wasm");
  assert.match(await loadNative({ compilers: ["no-such-compiler"] }) as string, /no C compiler was found/);
  assert.match(await loadNative({ flags: ["--no-such-option"] }) as string, /no-such-option|no C compiler/);
  const native = await loadNative({ folder: "/dev/null/lwm" });
  if (typeof native === "string") assert.match(native, /no C compiler/);
  else assert.match(native.description, /^compiled by /);
});

Deno.test("loadNative() in several processes at once compiles whole libraries, and mends a damaged one", async () => {
  await isHere("wasm");
  const folder = await Deno.makeTempDir();
  try {
    const found = await Promise.all([1, 2, 3].map(() => loadNative({ folder })));
    if (typeof found[0] === "string") return assert.match(found[0], /no C compiler/);
    found.forEach((carrier) => assert.equal(typeof carrier, "object"));
    const names = () => Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assert.equal(names().length, 1);
    const path = `${folder}/${names()[0]}`, bytes = await Deno.readFile(path);
    // Another file, since the one that is loaded must not change.
    const damaged = bytes.slice();
    damaged[bytes.length >> 1] ^= 1;
    await Deno.remove(path);
    await Deno.writeFile(path, damaged);
    const log: string[] = [];
    assert.equal(typeof await loadNative({ folder, log: (line) => log.push(line) }), "object");
    assert.equal(log.length, 1, "it was compiled again");
    assert.equal(names().length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("compiled.ts is what deno task kernels makes of kernels.c", async (t) => {
  const source = await Deno.readTextFile(new URL("kernels.c", import.meta.url));
  assert.equal(COMPILED.source, createHash("sha256").update(source).digest("hex"));
  for (const base64 of Object.values(COMPILED.modules)) {
    const module = new WebAssembly.Module(Uint8Array.fromBase64(base64));
    // Its data would lie in tfjs's memory.
    assert.deepEqual(sections(Uint8Array.fromBase64(base64)).filter((id) => id === 11 || id === 12), []);
    assert.deepEqual(WebAssembly.Module.imports(module).map(({ name }) => name), ["memory"]);
  }
  const text = await compiledText();
  if (text === undefined) {
    await t.step({ name: "skipped: clang-22 is not here", ignore: true, fn: () => {} });
    return;
  }
  if (!text.includes(COMPILED.compiler)) {
    await t.step({ name: "skipped: another version of clang 22 is here", ignore: true, fn: () => {} });
    return;
  }
  assert.equal(text, await Deno.readTextFile(new URL("compiled.ts", import.meta.url)));
});

/** The numbers of a module's sections; 11 is data. */
function sections(bytes: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 8; at < bytes.length;) {
    found.push(bytes[at++]);
    let length = 0, shift = 0;
    do length |= (bytes[at] & 0x7f) << shift, shift += 7; while (bytes[at++] & 0x80);
    at += length;
  }
  return found;
}

Deno.test("Winograd's convolution is within four times the rounding of a float32 sum of its length", async () => {
  for (
    const [batch, height, width, input, output, padding] of [[2, 32, 32, 16, 16, 1], [3, 6, 10, 12, 20, 0]]
  ) {
    const compute = () =>
      tf.tidy(() => {
        const given = [normal([batch, height, width, input], 1), normal([3, 3, input, output], 2)];
        const { value, grads } = tf.valueAndGrads((x: tf.Tensor, filter: tf.Tensor) =>
          conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, padding)
        )(given, normal([batch, height + 2 * padding - 2, width + 2 * padding - 2, output], 3));
        return [value, ...grads];
      });
    await isHere("cpu"); // adds up in float64
    const exact = await valuesOf(...compute());
    await isHere("wasm");
    const found = await valuesOf(...compute());
    found.forEach((values, i) => {
      const rms = (of: (k: number) => number) =>
        Math.sqrt(values.reduce((sum, _, k) => sum + of(k) ** 2, 0) / values.length);
      const error = rms((k) => values[k] - exact[i][k]), size = rms((k) => exact[i][k]);
      assert.ok(error > 0 && error < 4 * 2 ** -24 * size * Math.sqrt(9 * input), `${i}: ${error} of ${size}`);
    });
  }
});
