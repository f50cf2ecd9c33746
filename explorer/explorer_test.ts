import assert from "node:assert/strict";
import { join } from "node:path";
import { Buffer } from "node:buffer";
import axe from "axe-core";
import * as tf from "@tensorflow/tfjs";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { gradCamClosedForm } from "../lib/attention/mod.ts";
import { headPositions, IncrementalStream } from "../lib/data/mod.ts";
import { useEngine } from "../lib/engine/mod.ts";
import { Run } from "../lib/run/run.ts";
import { type EpochLog, stepOptions, trainStep } from "../lib/training/mod.ts";
import { buildExplorer, serveFolder } from "./build.ts";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const browserPath = BROWSERS.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});
if (!browserPath) console.log("explorer: skipped, for no Chromium is installed (apt-get install chromium)");

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
    const runs = await buildExplorer(output, { ...FIELDS, directory });
    const listening = Promise.withResolvers<number>();
    const server = serveFolder(output, 0, ({ port }) => listening.resolve(port));
    const address = `http://localhost:${await listening.promise}/`;
    const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
    const test = (name: string, body: (page: Page) => Promise<void>) =>
      t.step(name, () => withPage(browser, address, body));
    try {
      await t.step("is a folder of at most 8 MB", async () => {
        assert.ok(await sizeOf(output) < 8e6, `${await sizeOf(output)} bytes`);
      });

      await test("shows what a link names", async (page) => {
        await open(page, `${address}#class=telephone&picture=3&map=top&method=LwF-MC&model=1`);
        assert.equal(
          await page.locator(".thumbnails [aria-checked=true]").getAttribute("aria-label"),
          "Picture 3 of 20",
        );
        assert.match(await page.locator("td.now canvas").getAttribute("aria-label") ?? "", /^LwF-MC, M_1: /);
        assert.equal(await choice(page, "Attention for").inputValue(), "top");
      });

      await test("reacts to every control of its first part", async (page) => {
        await open(page, address);
        const sentence = () => page.locator("#sentence").textContent();
        const first = await sentence();
        await page.getByRole("radio", { name: "Picture 5 of 20" }).click();
        await changed(page, "#sentence", first);
        assert.match(page.url(), /picture=5/);
        await choice(page, "Class").selectOption({ index: 3 });
        await page.waitForFunction(() => location.hash.includes("picture=1&"));
        await choice(page, "Attention for").selectOption("b");
        assert.match(page.url(), /map=b/);
        await choice(page, "Scale").selectOption("map");
        await page.getByText("0 to each map’s largest").first().waitFor();
        const second = await sentence();
        await choice(page, "Student").selectOption("M_1 of C");
        await changed(page, "#sentence", second);
        await page.getByRole("button", { name: /^C, M_0/ }).click();
        assert.match(page.url(), /method=C&model=0/);
        await page.locator("#grid canvas.map").first().hover();
        assert.match(await page.locator("#place").textContent() ?? "", /^At \d+ % from the left/);
        await page.getByRole("button", { name: "Play" }).click();
        await page.waitForFunction(() => location.hash.includes("model=1"));
        await page.getByRole("button", { name: "Stop" }).click();
      });

      await test("takes a drawing, and says what is no picture", async (page) => {
        await open(page, address);
        await page.getByText("A picture of your own").click();
        const before = await page.locator("#sentence").textContent();
        await page.getByRole("button", { name: "Look at the drawing" }).click();
        await changed(page, "#sentence", before);
        const file = { name: "a.png", mimeType: "image/png", buffer: Buffer.from([1, 2, 3]) };
        await page.getByLabel("File").setInputFiles(file);
        await page.getByText("Expected a picture but found a file that this browser cannot decode").waitFor();
        await choice(page, "Class").selectOption({ index: 1 });
        await page.locator(".thumbnails [aria-checked=true]").waitFor();
      });

      await test("shows the numbers that Deno computes", async (page) => {
        await open(page, `${address}#class=telephone&picture=2&method=LwM&model=1`);
        const run = runs[2];
        const set = run.dataset.open("test", [run.classOrder[0]], { seed: run.configuration.seed, views: 1 });
        const rgb = new Uint8Array(set.size * set.size * 3);
        set.read(1, 0, rgb);
        const { mean, std } = run.dataset;
        const model = await run.model(1);
        const [map, logits] = tf.tidy(() => {
          const x = Float32Array.from(rgb, (byte, i) => (byte / 255 - mean[i % 3]) / std[i % 3]);
          const { logits, features } = model.forward(tf.tensor4d(x, [1, set.size, set.size, 3]));
          return [gradCamClosedForm(features, model.head.weights, [0]), logits].map((tensor) =>
            tensor.dataSync()
          );
        });
        model.dispose();
        const canvas = page.locator("td.now canvas.map");
        const shown: number[] = JSON.parse(await canvas.getAttribute("data-values") ?? "");
        assert.equal(shown.length, map.length);
        assert.ok(shown.some((value) => value > 0), "the map is dark");
        shown.forEach((value, i) => assert.ok(Math.abs(value - map[i]) < 1e-4));
        assert.ok(Math.abs(Number(await canvas.getAttribute("data-score")) - logits[0]) < 1e-4);
      });

      await test("trains as Deno does; attention distillation keeps more attention", async (page) => {
        await open(page, address);
        await page.getByLabel("γ of the second", { exact: true }).fill("1");
        await page.getByLabel("epochs", { exact: true }).fill("2");
        await page.getByRole("button", { name: "Go", exact: true }).click();
        await page.getByRole("button", { name: "Pause" }).click();
        await page.getByRole("button", { name: "Go on" }).click();
        await page.getByText(/^Trained in/).waitFor({ timeout: 120_000 });
        type Epoch = { log: EpochLog; cosine: number };
        const [without, with_]: Epoch[][] = JSON.parse(
          await page.locator("#verdict").getAttribute("data-epochs") ?? "",
        );
        assert.equal(without.length, 2);
        assert.ok(with_[1].cosine > without[1].cosine, `${with_[1].cosine} and ${without[1].cosine}`);
        const expected = await trainInDeno(runs[2], { gamma: 1, epochs: 2 });
        for (const [i, { log }] of with_.entries()) {
          for (const [name, value] of Object.entries(log)) {
            assert.ok(Math.abs(value - expected[i][name as keyof EpochLog]!) < 1e-4, `${name} ${value}`);
          }
        }
        await page.getByRole("button", { name: "Reset" }).click();
        assert.equal(await page.locator("#curves").innerHTML(), "");
      });

      await test("says that a worker could not be started", async (page) => {
        await page.route("**/worker.js", (route) => route.abort());
        await page.goto(address);
        await page.locator("#look-message", { hasText: "worker" }).waitFor();
      });

      await test("is accessible, in light and dark, on a phone and a wide screen", async (page) => {
        const screenshots = Deno.env.get("LWM_SCREENSHOTS");
        for (const colorScheme of ["light", "dark"] as const) {
          for (const width of [375, 900, 1600]) {
            await page.emulateMedia({ colorScheme });
            await page.setViewportSize({ width, height: 900 });
            await open(page, address);
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
      });
    } finally {
      await browser.close();
      await server.shutdown();
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
  assert.deepEqual(errors.filter((error) => !error.includes("ERR_FAILED")), []);
}

function choice(page: Page, name: string): Locator {
  return page.getByRole("combobox", { name, exact: true });
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
