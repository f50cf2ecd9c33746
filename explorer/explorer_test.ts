import assert from "node:assert/strict";
import { join } from "node:path";
import { Buffer } from "node:buffer";
import axe from "axe-core";
import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { mapCosine } from "../lib/evaluation/attention_retention.ts";
import { attentionDistillation, distillationLoss } from "../lib/losses/mod.ts";
import { gradCamClosedForm } from "../lib/attention/mod.ts";
import { headPositions, IncrementalStream } from "../lib/data/protocol.ts";
import type { Normalization } from "../lib/data/batches.ts";
import { useEngine } from "../lib/engine/mod.ts";
import { decodeCheckpoint, type ResNet } from "../lib/model/mod.ts";
import type { Run } from "../lib/run/run.ts";
import { withFolder } from "../lib/testdata/folder.ts";
import { type EpochLog, stepOptions, trainStep } from "../lib/training/train_step.ts";
import { buildExplorer, main, serveFolder, trainModels } from "./build.ts";
import { type EpochReport, modelFile } from "./messages.ts";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const browserPath = BROWSERS.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});
if (!browserPath) console.log("explorer: skipped, for no Chromium is installed (apt-get install chromium)");

Deno.test("the explorer refuses a port or a folder that is none, and serves files only", () =>
  withFolder(async (folder) => {
    await assert.rejects(main(["--port=abc"]), { name: "UserError", message: /--port .* found abc/ });
    await Deno.writeTextFile(join(folder, "file"), "");
    await assert.rejects(buildExplorer(join(folder, "file")), {
      name: "UserError",
      message: /a file where a folder is needed/,
    });
    await Deno.mkdir(join(folder, "models"));
    await using server = serveFolder(folder, 0);
    /** The status of the answer to the first line of a request. */
    const answer = async (line: string, host = "localhost") => {
      using connection = await Deno.connect({ port: server.addr.port, hostname: "127.0.0.1" });
      await connection.write(new TextEncoder().encode(`${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`));
      const bytes = new Uint8Array(100);
      return new TextDecoder().decode(bytes.subarray(0, (await connection.read(bytes))!)).slice(9, 12);
    };
    assert.equal(await answer("GET /file"), "200");
    assert.equal(await answer("GET /models"), "404");
    assert.equal(await answer("GET /", "a b<"), "400");
    for (const method of ["POST", "PUT", "DELETE"]) assert.equal(await answer(`${method} /file`), "405");
  }));

/** Small, but trained enough for attention to be there. */
const FIELDS = {
  preset: "smoke",
  engine: "wasm",
  baseEpochs: 8,
  drawsPerEpoch: 4,
  views: 8,
  increments: 1,
} as const;

Deno.test({
  name: "the explorer",
  ignore: browserPath === undefined,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    const directory = await Deno.makeTempDir();
    const output = join(directory, "site");
    const models = join(directory, "models");
    const runs = await trainModels(models, FIELDS, directory);
    await buildExplorer(output, models, directory);
    const committed = join(directory, "committed");
    await buildExplorer(committed, undefined, directory);
    const servers = [output, committed].map((folder) => serveFolder(folder, 0));
    const [address, committedAddress] = servers.map(({ addr }) => `http://localhost:${addr.port}/`);
    const browser = await chromium.launch({
      executablePath: browserPath,
      args: ["--no-sandbox", "--host-resolver-rules=MAP elsewhere.test 127.0.0.1"],
    });
    const test = (name: string, body: (page: Page) => Promise<void>, from = address) =>
      t.step(name, () => withPage(browser, from, body));
    try {
      await t.step("is a folder of at most 8 MB", async () => {
        assert.ok(await sizeOf(committed) < 8e6, `${await sizeOf(committed)} bytes`);
      });

      await test("shows what a link names", async (page) => {
        await open(page, `${address}#class=telephone&picture=3&map=top&method=LwF-MC&model=1`);
        assert.equal(
          await page.locator(".thumbnails :checked").getAttribute("aria-label"),
          "Picture 3 of 20",
        );
        assert.match(await page.locator("td.now button").getAttribute("aria-label") ?? "", /^LwF-MC, M_1: /);
        assert.equal(await choice(page, "Attention for").inputValue(), "top");
      });

      await test("reacts to every control of its first part", async (page) => {
        await open(page, `${address}#class=telephone&picture=2`); // whose maps are not dark
        const scale = await page.locator("th small").last().textContent();
        await choice(page, "Scale").selectOption("raw");
        await changed(page, "tbody tr:last-child th small", scale);
        const sentence = () => page.locator("#sentence").textContent();
        const first = await sentence();
        await page.getByRole("radio", { name: "Picture 5 of 20" }).click();
        await changed(page, "#sentence", first);
        await addressHas(page, "picture=5&");
        const fifth = await sentence();
        await choice(page, "Class").selectOption({ index: 3 });
        await changed(page, "#sentence", fifth);
        await addressHas(page, "picture=1&");
        const other = await sentence();
        await page.getByRole("radio", { name: "Picture 1 of 20" }).press("ArrowRight");
        await changed(page, "#sentence", other);
        await addressHas(page, "picture=2&");
        await choice(page, "Attention for").selectOption("b");
        await addressHas(page, "map=b");
        const second = await sentence();
        await choice(page, "Student").selectOption("M_1 of C");
        await changed(page, "#sentence", second);
        await addressHas(page, "method=C&model=1");
        const third = await sentence();
        await choice(page, "Teacher").selectOption("M_1 of LwM");
        await changed(page, "#sentence", third);
        await page.getByRole("button", { name: /^C, M_0/ }).click();
        await addressHas(page, "method=C&model=0&teacher=M_1+of+LwM");
        await page.locator("#grid button").first().hover();
        await page.locator("#grid i").first().waitFor();
        assert.equal(await page.locator("#grid i").count(), 6);
        assert.match(await page.locator("td small").first().textContent() ?? "", /\d$/);
        await page.locator("#grid button").first().press("ArrowLeft");
        await page.locator("#grid button").first().press("ArrowUp");
        await page.waitForFunction(() => {
          const { left, top } = document.querySelector<HTMLElement>("#grid i")!.style;
          return parseFloat(left) < 45 && parseFloat(top) < 45;
        });
        await page.getByRole("button", { name: "Play" }).click();
        await addressHas(page, "model=1");
        await addressHas(page, "model=0");
        await page.getByRole("button", { name: /^LwF-MC, M_0/ }).dispatchEvent("click");
        await addressHas(page, "method=LwF-MC&model=1");
        await page.getByRole("button", { name: "Stop" }).click();
        await page.getByLabel("Model in the foreground", { exact: true }).fill("1");
        await addressHas(page, "model=1");
      });

      await test("tells maps that share no cell from a dark map", async (page) => {
        const find = async (view: string, maps: string[]) => {
          await open(page, `${committedAddress}#class=telephone&${view}`);
          const dark = await Promise.all(maps.map(async (map) => {
            const cell = page.locator(`#grid button[aria-label^="${map} "]`);
            return /, dark/.test(await cell.getAttribute("aria-label") ?? "");
          }));
          const sentence = await page.locator("#sentence").textContent() ?? "";
          return [...dark, /the cosine of the two maps 0\.00: (.*?)[.:]/.exec(sentence)?.[1]];
        };
        assert.deepEqual(
          await find("map=lipstick&model=1&teacher=M_2+of+C", ["C, M_2: lipstick", "LwM, M_1: lipstick"]),
          [false, false, "the attention is elsewhere"],
        );
        assert.deepEqual(
          await find("map=alarm-clock&method=C&model=4", ["C, M_4: alarm-clock"]),
          [true, "one of the two maps is dark"],
        );
      }, committedAddress);

      await test("asks for a picture of the reader's own, and shows nothing before", async (page) => {
        await open(page, address);
        await choice(page, "Class").selectOption("(your own picture)");
        await page.getByText("Drop a picture above, choose a file, or draw one").waitFor();
        assert.equal(await page.locator("#film, #grid, #sentence, select[aria-label=Student]").count(), 0);
        await page.getByRole("button", { name: "Look at the drawing" }).click();
        await page.locator("#sentence").waitFor();
        await page.locator("#grid").waitFor();
        assert.equal(await page.locator("#look-message").textContent(), "");
      });

      await test("takes a drawing and a file", async (page) => {
        await open(page, address);
        await page.getByText("A picture of your own").click();
        const before = await page.locator("#sentence").textContent();
        await page.getByRole("button", { name: "Look at the drawing" }).click();
        await changed(page, "#sentence", before);
        assert.equal(new URL(page.url()).hash, "");
        const drawing = await page.locator("#sentence").textContent();
        await page.getByLabel("File").setInputFiles(await pictureOf(40, 30));
        await changed(page, "#sentence", drawing);
      });

      await test("says what is no picture or too large, and goes on", async (page) => {
        await open(page, address);
        await page.getByText("A picture of your own").click();
        const noPicture = { name: "a.png", mimeType: "image/png", buffer: Buffer.from([1, 2, 3]) };
        await page.getByLabel("File").setInputFiles(noPicture);
        await page.getByText("Expected a picture but found a file that this browser cannot decode").waitFor();
        await page.getByLabel("File").setInputFiles(await pictureOf(10_000, 10_000));
        await page.getByText("Expected at most 8192 pixels a side but found 10000 × 10000").waitFor();
        const before = await page.locator("#sentence").textContent();
        await page.getByRole("radio", { name: "Picture 5 of 20" }).click();
        await changed(page, "#sentence", before);
        assert.equal(await page.locator("#look-message").textContent(), "");
      });

      await test("shows the numbers that Deno computes", async (page) => {
        await open(page, `${address}#class=telephone&picture=2&method=LwM&model=1`);
        await choice(page, "Scale").selectOption("raw");
        const { dataset, classOrder, configuration: { seed } } = runs[2];
        const set = dataset.open("test", [classOrder[0]], { seed, views: 1 });
        const rgb = new Uint8Array(set.size * set.size * 3);
        set.read(1, 0, rgb);
        const { mean, std } = dataset;
        const answersOf = (model: ResNet) =>
          tf.tidy(() => {
            const x = Float32Array.from(rgb, (byte, i) => (byte / 255 - mean[i % 3]) / std[i % 3]);
            const { logits, features } = model.forward(tf.tensor4d(x, [1, set.size, set.size, 3]));
            return [gradCamClosedForm(features, model.head.weights, [0]), logits].map((tensor) =>
              tensor.dataSync()
            );
          });
        const [map, logits] = answersOf(await keptModel(models, 1));
        const numbers = JSON.parse(await page.locator("#sentence").getAttribute("data-numbers") ?? "");
        const expected = await comparisonOf(
          await keptModel(models, 0),
          await keptModel(models, 1),
          rgb,
          dataset,
        );
        for (const [name, value] of Object.entries(expected)) {
          assert.ok(Math.abs(numbers[name] - value) < 1e-4, `${name} ${numbers[name]} and ${value}`);
        }
        const [exact] = answersOf(await runs[2].model(1));
        map.forEach((value, i) => assert.ok(Math.abs(value - exact[i]) < 1e-2));
        const canvas = page.locator("td.now button");
        const shown: number[] = JSON.parse(await canvas.getAttribute("data-values") ?? "");
        assert.equal(shown.length, map.length);
        assert.ok(shown.some((value) => value > 0), "the map is dark");
        shown.forEach((value, i) => assert.ok(Math.abs(value - map[i]) < 1e-4));
        assert.ok(Math.abs(Number(await canvas.getAttribute("data-logit")) - logits[0]) < 1e-4);
      });

      await test("trains as Deno does; attention distillation keeps more attention", async (page) => {
        await open(page, address);
        await page.getByLabel("γ of the second", { exact: true }).fill("1");
        await page.getByLabel("epochs", { exact: true }).fill("2");
        await page.getByRole("button", { name: "Go", exact: true }).click();
        await page.getByRole("button", { name: "Pause" }).click();
        await page.getByText(/^After epoch \d, /).waitFor({ timeout: 120_000 });
        await page.getByRole("button", { name: "Go on" }).click();
        await page.getByText(/^Trained in/).waitFor({ timeout: 120_000 });
        const cosineOf = ({ rates }: EpochReport) => rates["attention kept"];
        const [without, with_]: EpochReport[][] = JSON.parse(
          await page.locator("#verdict").getAttribute("data-epochs") ?? "",
        );
        assert.equal(without.length, 2);
        assert.ok(
          cosineOf(with_[1]) > cosineOf(without[1]),
          `${cosineOf(with_[1])}, ${cosineOf(without[1])}`,
        );
        const expected = await trainInDeno(runs[2], { gamma: 1, epochs: 2 }); // from the exact M_0
        for (const [i, { log }] of with_.entries()) {
          for (const [name, value] of Object.entries(log)) {
            assert.ok(Math.abs(value - expected[i][name as keyof EpochLog]!) < 1e-4, `${name} ${value}`);
          }
        }
        await page.getByRole("button", { name: "Reset" }).click();
        assert.equal(await page.locator(".curves").count(), 0);
      });

      await test("says that its worker could not be started", async (page) => {
        await page.route("**/worker.js", (route) => route.abort());
        await page.goto(address);
        await page.locator("#look-message", { hasText: "Expected the worker to run" }).waitFor();
        await page.getByRole("button", { name: "Go", exact: true }).click();
        await page.getByText("The training has ended: Expected the worker to run").waitFor();
      });

      await test("goes on looking where a training fails, and can train again", async (page) => {
        await open(page, address);
        await page.getByLabel("epochs", { exact: true }).fill("1");
        await page.route(
          "**/worker.js",
          (route) => route.fulfill({ contentType: "text/javascript", body: "throw new Error('no memory')" }),
        );
        await page.getByRole("button", { name: "Go", exact: true }).click();
        await page.getByText("The training has ended: Expected the worker to run but found").waitFor();
        const before = await page.locator("#sentence").textContent();
        await page.getByRole("radio", { name: "Picture 5 of 20" }).click();
        await changed(page, "#sentence", before);
        await page.unroute("**/worker.js");
        await page.getByRole("button", { name: "Go", exact: true }).click();
        await page.getByText(/^Trained in/).waitFor({ timeout: 120_000 });
      });

      for (const file of ["drawings.gz", "models/LwM-M1.safetensors.gz"]) {
        await test(`says that ${file} is missing, and reads it when it is there`, async (page) => {
          await page.route(`**/${file}`, (route) => route.abort());
          await page.goto(address);
          const message = page.locator("#look-message");
          await message.filter({ hasText: `Expected the file ${file} beside the page` }).waitFor();
          const said = await message.textContent() ?? "";
          assert.match(said, /found no answer\. Load the page again\.$/);
          await page.unroute(`**/${file}`);
          await choice(page, "Class").selectOption({ index: 3 });
          await page.locator("#grid").waitFor();
          await changed(page, "#look-message", said);
          assert.equal(await message.textContent(), "");
        });
      }

      const elsewhere = address.replace("localhost", "elsewhere.test");
      await test("says where it can be opened", async (page) => {
        await page.goto(elsewhere);
        await page.getByText("Expected the page on https:// or localhost").waitFor();
      }, elsewhere);

      await test("says what a browser without SIMD lacks", async (page) => {
        await page.addInitScript(() => WebAssembly.validate = () => false);
        await page.goto(address);
        await page.getByText("Expected a browser with WebAssembly SIMD but found one without").waitFor();
        await page.getByRole("heading", { name: "Train" }).waitFor();
      });

      await t.step(
        "is accessible, in light and dark, on a phone and a wide screen",
        () =>
          withPage(browser, committedAddress, async (page) => {
            const screenshots = Deno.env.get("LWM_SCREENSHOTS");
            for (const colorScheme of ["light", "dark"] as const) {
              for (const width of [375, 900, 1600]) {
                await page.emulateMedia({ colorScheme });
                await page.setViewportSize({ width, height: 900 });
                await open(page, committedAddress);
                assert.equal(await page.locator("button.map").count(), 15);
                await page.evaluate(axe.source);
                const violations = await page.evaluate(async () => {
                  const { violations } = await (globalThis as never as { axe: typeof axe }).axe.run();
                  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
                });
                assert.deepEqual(violations, []);
                const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                assert.ok(overflow <= 0, `${overflow} pixels too wide at ${width}`);
                if (screenshots) {
                  await page.screenshot({
                    path: join(screenshots, `${colorScheme}-${width}.png`),
                    fullPage: true,
                  });
                }
              }
            }
          }),
      );
    } finally {
      await browser.close();
      await Promise.all(servers.map((server) => server.shutdown()));
      await Deno.remove(directory, { recursive: true });
    }
  },
});

/** Runs a test on a page of its own, on which nothing may be logged as an error. */
async function withPage(
  browser: Browser,
  address: string,
  body: (page: Page) => Promise<void>,
): Promise<void> {
  const page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) errors.push(message.text());
  });
  page.on(
    "request",
    (request) =>
      request.url().startsWith(address) || request.url().startsWith("data:") ||
      request.url().startsWith("blob:") || errors.push(request.url()),
  );
  await body(page);
  await page.close();
  assert.deepEqual(errors.filter((error) => !/ERR_FAILED|no memory/.test(error)), []);
}

function choice(page: Page, name: string): Locator {
  return page.getByRole("combobox", { name, exact: true });
}

/** A model of the page's folder. */
async function keptModel(folder: string, step: number): Promise<ResNet> {
  const file = await Deno.open(join(folder, modelFile({ method: "LwM", step })));
  const bytes = await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).bytes();
  return (await decodeCheckpoint(bytes, "the model")).model;
}

/** L_D, L_AD and cosine as in the training of LwM, over the classes of the teacher. */
function comparisonOf(teacher: ResNet, student: ResNet, rgb: Uint8Array, { mean, std }: Normalization) {
  return tf.tidy(() => {
    const pixels = Float32Array.from(rgb, (byte, i) => (byte / 255 - mean[i % 3]) / std[i % 3]);
    const x = tf.tensor4d(pixels, [1, 32, 32, 3]);
    const [asked, answered] = [teacher, student].map((model) => model.forward(x));
    const known = teacher.classNames.length;
    const logits = tf.slice2d(answered.logits, [0, 0], [1, known]);
    const b = [logits.argMax(1).dataSync()[0]];
    const before = gradCamClosedForm(asked.features, teacher.head.weights, b).reshape<tf.Tensor2D>([1, -1]);
    const after = gradCamClosedForm(answered.features, student.head.weights, b).reshape<tf.Tensor2D>([1, -1]);
    return {
      L_D: distillationLoss(asked.logits, logits, { kind: "sigmoid", temperature: 2 }).dataSync()[0],
      L_AD: attentionDistillation(before, after, { norm: "L1" }).dataSync()[0],
      cosine: mapCosine(before.dataSync(), after.dataSync()),
    };
  });
}

/** A file with a picture. */
async function pictureOf(width: number, height: number) {
  const image = sharp({ create: { width, height, channels: 3, background: "#d55e00" } });
  return { name: "a.png", mimeType: "image/png", buffer: await image.png().toBuffer() };
}

async function addressHas(page: Page, part: string): Promise<void> {
  await page.waitForFunction((part) => location.hash.includes(part), part);
}

async function open(page: Page, address: string): Promise<void> {
  await page.goto("about:blank");
  await page.goto(address);
  await page.locator("#sentence", { hasText: "cosine" }).waitFor();
}

async function changed(page: Page, selector: string, before: string | null): Promise<void> {
  await page.waitForFunction(
    ([selector, before]) => document.querySelector(selector!)!.textContent !== before,
    [selector, before],
  );
}

/** The first increment, as the page trains it. */
async function trainInDeno(run: Run, fields: { gamma: number; epochs: number }): Promise<EpochLog[]> {
  await useEngine("wasm", { log: () => {} });
  const teacher = await run.model(0);
  const student = teacher.clone();
  const { seed, views } = run.configuration;
  student.growHead(run.steps[1].map((id) => run.dataset.classNames[id]), seed);
  const set = new IncrementalStream(run.dataset, run.steps, { seed, views }).open(1);
  const log = await trainStep(
    { student, teacher, set, headPosition: headPositions(run.classOrder) },
    stepOptions({ ...run.configuration, ...fields }, 1, run.dataset),
  );
  teacher.dispose();
  student.dispose();
  return log!;
}

async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    size += isDirectory ? await sizeOf(path) : (await Deno.stat(path)).size;
  }
  return size;
}
