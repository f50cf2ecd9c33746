import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { readPicture } from "../lib/data/batches.ts";
import { useEngine } from "../lib/engine/mod.ts";
import { withFolder } from "../lib/testdata/folder.ts";
import {
  buildExplorer,
  describeModels,
  main,
  openSchool,
  readManifest,
  readModel,
  serveFolder,
  trainModels,
} from "./build.ts";
import { answerOf, ownImages, type School, teach } from "./lesson.ts";
import { GENTLE, isKept, type Method, METHOD_NAMES, modelFile, type Report } from "./messages.ts";
import { decodeSketches, encodeSketches, READY_NAMES, readySketches } from "./sketch.ts";
import { meaningOf, toldOf, verdictOf } from "./verdict.ts";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const browserPath = BROWSERS.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});
if (!browserPath) console.log("explorer: skipped, for no Chromium is installed (apt-get install chromium)");
const here = import.meta.dirname!;

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

Deno.test("models are exported with a manifest that lists them, and a changed model is refused", () =>
  withFolder(async (folder) => {
    const fields = { preset: "smoke", engine: "wasm", increments: 1, baseEpochs: 4 } as const;
    const runs = await trainModels(folder, fields, folder);
    const manifest = readManifest(folder);
    assert.deepEqual(manifest.models.map(({ accuracy }) => accuracy.length), [1, 2, 2, 2]);
    assert.deepEqual(await describeModels(folder, manifest, folder), manifest);
    const metrics = await runs[2].metrics(1);
    const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 0.03, `${a} and ${b}`); // float16
    near(manifest.models[3].accuracy[0], metrics.accuracyOfSteps[0]);
    near(manifest.models[3].attention, metrics.attention.cosine);
    const file = join(folder, modelFile({ method: "LwM", step: 1 }));
    await Deno.writeFile(file, new Uint8Array(await Deno.readFile(file)).fill(1, 100, 101));
    assert.throws(() => readManifest(folder), { name: "UserError", message: /LwM-M1.* found another/ });
    const text = JSON.stringify({ ...manifest, stray: 1 });
    await Deno.writeTextFile(join(folder, "models/manifest.json"), text);
    assert.throws(() => readManifest(folder), { name: "UserError", message: /stray/ });
  }));

Deno.test("the committed models are those that their manifest lists", () => {
  assert.equal(readManifest(here).models.length, 13);
});

Deno.test("drawings survive a link, and a damaged link has none", () => {
  const sketches = READY_NAMES.flatMap(readySketches);
  assert.deepEqual(decodeSketches(encodeSketches(sketches)), sketches);
  const long = [{ color: 0xd55e00, width: 5, points: Array.from({ length: 1200 }, (_, i) => (i % 256) / 4) }];
  assert.deepEqual(decodeSketches(encodeSketches([long])), [long]);
  for (const letters of ["", "?", "AQ", encodeSketches(sketches).slice(0, -7)]) {
    assert.deepEqual(decodeSketches(letters), []);
  }
});

Deno.test("every third own picture is kept for the test", () => {
  const kept = (count: number) => Array.from({ length: count }, (_, i) => i).filter(isKept).length;
  assert.deepEqual([3, 5, 6, 20, 30].map(kept), [1, 1, 2, 6, 10]);
  const photo = { size: 32, rgb: new Uint8Array(3072).fill(9) };
  const options = { split: "test", seed: 1, size: 32, views: 1 } as const;
  const set = ownImages([
    [{ photo }, { photo }, { photo }],
    readySketches("fish").map((sketch) => ({ sketch })),
  ], options);
  assert.deepEqual([...set.labels], [0, 1, 1, 1, 1, 1, 1]);
  const rgb = new Uint8Array(3072);
  set.read(0, 0, rgb);
  assert.deepEqual(rgb, photo.rgb);
});

Deno.test("a verdict says which differences are chance, what is counted, and who won the tries", () => {
  const tryOf = (old: number[], added: number[], count = 12): Report[] => {
    const rest = { round: 20, looks: 0.9, shown: [], tested: [200, count] } as const;
    return old.map((free, i) => ({
      ...rest,
      old: { free, told: 0.6 },
      added: { free: added[i], told: 0.9 },
    }));
  };
  const words = (...given: Parameters<typeof verdictOf>) => verdictOf(...given).flat().join(" ");
  const clear = tryOf([0.06, 0.2, 0.4], [0.95, 0.5, 0.4]);
  assert.equal(
    words([clear], "free", 20),
    "“Also where it looked” forgets least. It is right on 40 % of the old pictures (200), the others on 20 % " +
      "and 6 %. The price: it learns less of the new. It is right on 40 % of the new pictures (12, drawings in " +
      "4 places each), the others on 50 % and 95 %.",
  );
  assert.match(words([tryOf([0.03, 0.5, 0.45], [1, 0.5, 0.5]), clear], "free", 20), /first in 1 of 2 tries/);
  assert.match(
    words([clear], "told", 20),
    /^Told: Too close to call: “Only the new”, “Also its old answers”, and/,
  );
  assert.match(
    words([tryOf([0.02, 0.03, 0.13], [1, 1, 0.5], 3)], "free", 6),
    /is ahead, but few.*15 or more/,
  );
  // Two test pictures decide nothing, even where one network has both and the other none.
  assert.match(words([tryOf([0.1, 0.2, 0.4], [1, 1, 0], 2)], "free", 20), /What that costs is too close/);
  assert.match(words([tryOf([0.1, 0.2, 0.4], [0.1, 0.2, 0.9])], "free", 20), /It learns the new best, too/);
  const before = { ...clear[0], old: { free: 0.7, told: 0.7 } };
  assert.match(toldOf(10, 2, clear, before), /from 6 % to 60 %, of 70 % before/);
});

Deno.test("what the later lessons mean follows from the numbers of the models", () => {
  const manifest = readManifest(here);
  const meaning = (first: number, others: number) => {
    const models = manifest.models.map((model, i) => {
      const old = i === 0 ? 0.69 : i === 12 ? first : 0;
      return { ...model, accuracy: model.accuracy.map((_, step) => step > 0 ? others : old) };
    });
    return meaningOf({ ...manifest, models }, [[0.1, 0.2, 0.3], [0.1, 0.3, 0.2], [0, 0.1, 0.3]]).join(" ");
  };
  assert.match(meaning(0.03, 0.5), /^Hardly any picture of the first 10 things .*too close to call/);
  assert.match(meaning(0.3, 0.5), /^Less than half .* 0 %, 0 %, and 30 % of their pictures, from 69 %/);
  assert.match(
    meaning(0.6, 0.5),
    /^“Also where it looked” keeps most .*looked” knows most of all 50.* most in 2;/,
  );
});

Deno.test({
  name: "the explorer",
  ignore: browserPath === undefined,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    const directory = await Deno.makeTempDir();
    const output = join(directory, "site");
    await buildExplorer(output, undefined, directory);
    const manifest = readManifest(here);
    const school = await openSchool(here, manifest, directory);
    const server = serveFolder(output, 0);
    const address = `http://localhost:${server.addr.port}/`;
    const browser = await chromium.launch({
      executablePath: browserPath,
      args: [
        "--no-sandbox",
        "--host-resolver-rules=MAP elsewhere.test 127.0.0.1",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
      ],
    });
    const test = (name: string, body: (page: Page) => Promise<void>, from = address) =>
      t.step(name, () => withPage(browser, from, body));
    try {
      await t.step("is a folder of at most 8 MB", async () => {
        assert.ok(await sizeOf(output) < 8e6, `${await sizeOf(output)} bytes`);
      });

      await test("teaches the ready classes at one click, with the numbers of Deno", async (page) => {
        await open(page, `${address}#epochs=2`);
        const teachButton = page.locator("button.teach").first();
        await teachButton.focus();
        await page.keyboard.press("Enter");
        await page.getByRole("button", { name: "Pause" }).first().waitFor();
        await page.keyboard.press("Enter");
        await page.getByText("Paused.", { exact: true }).waitFor();
        assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Go on");
        // It says so when all three rest: until then, numbers would go on.
        for (const method of METHOD_NAMES) assert.equal((await reportsOf(page, method)).length, 1);
        assert.ok(await page.getByRole("button", { name: "Draw thing A" }).isDisabled());
        assert.equal(await page.getByText("Start over to change these.").count(), 2);
        await page.keyboard.press("Enter");
        await taught(page);
        assert.match(
          await page.locator(".finding").first().textContent() ?? "",
          /200.*new pictures \(12, drawings in 4 places each\)/,
        );
        for (const method of METHOD_NAMES) {
          const expected = await teachInDeno(school, method, 2);
          const found = await reportsOf(page, method);
          assert.deepEqual(found.map(({ round }) => round), [0, 1, 2]);
          const other = numbersOf(expected);
          numbersOf(found).forEach((value, i) =>
            assert.ok(Math.abs(value - other[i]) < 1e-4, `${value}, ${other[i]}`)
          );
        }
        // The page measures what the manifest says.
        const [first] = await reportsOf(page, "LwM");
        assert.ok(Math.abs(first.old.free - manifest.models[0].accuracy[0]) < 1e-9);

        const bar = page.getByRole("meter", { name: "the 10 old things" }).first();
        const untold = await bar.getAttribute("aria-valuenow");
        await page.getByRole("switch", { name: "Tell them whether a picture is old or new" }).check();
        await page.getByText("guessing gives 10 % or 50 %").waitFor();
        assert.notEqual(await bar.getAttribute("aria-valuenow"), untold);
        await addressHas(page, "told=yes");

        await draw(page, page.locator(".another .pad > [role=img]"));
        await page.locator(".reply figcaption").nth(2).waitFor();
        const said = await page.locator(".reply figcaption").first().textContent();
        assert.match(said ?? "", /\w+, an? (old|new) thing: \d+ % sure/);
        assert.equal(await page.locator(".reply [role=meter]").count(), 6);
        await page.getByRole("button", { name: "Another try" }).click();
        await addressHas(page, "seed=2");
        await taught(page);
        await page.getByText(/It was first in [12] of 2 tries/).waitFor();
        await page.getByText("For the curious").click();
        await page.getByLabel("where it looked, γ").fill("0.5");
        // Other settings, and no results that belong to those before.
        await addressHas(page, "gamma=0.5");
        assert.equal(await page.locator("button.teach").textContent(), "Teach");
        assert.ok(await page.getByRole("switch").isChecked());
        assert.equal(await page.locator(".columns[data-state]").count(), 0);
      });

      await test("teaches what is drawn with a pointer, which a link restores elsewhere", async (page) => {
        await open(page, `${address}#epochs=1`);
        const addDrawings = async (what: string, counts: string[]) => {
          await page.getByRole("button", { name: `Draw ${what}` }).click();
          for (const [i, count] of counts.entries()) {
            await draw(page, page.locator("dialog .pad > [role=img]"), 30 * i);
            await page.getByRole("button", { name: "Add this drawing" }).click();
            await page.getByText(`${count} added`).waitFor();
          }
          await page.getByRole("button", { name: "Done" }).click();
        };
        const [name, teachButton] = [page.getByLabel("Name of new thing 1"), page.locator("button.teach")];
        await name.fill("zebra");
        await addDrawings("zebra", ["1"]);
        assert.equal(await name.inputValue(), "zebra");
        const short = page.getByText("“zebra” needs 3 pictures.");
        await short.waitFor();
        assert.ok(await teachButton.isDisabled());
        await addDrawings("zebra", ["1", "2", "3"]);
        await short.waitFor({ state: "detached" });
        await page.getByRole("button", { name: "Remove the last" }).click();
        await page.getByText("3 pictures: 2 to learn, 1 for the test").waitFor();
        await page.getByRole("button", { name: "Ready drawings" }).click();
        assert.equal(await name.inputValue(), "fish");
        await page.getByRole("button", { name: "Bring mine back" }).click();
        assert.equal(await name.inputValue(), "zebra");
        await page.getByText("3 pictures: 2 to learn, 1 for the test").waitFor();
        await addressHas(page, "name1=zebra");
        await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
        await page.getByRole("button", { name: "Copy a link" }).click();
        await page.getByText("Copied: names and drawings").waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url());
        const drawn = await page.locator(".card").first().locator("svg").allInnerTexts();
        const link = page.url();
        await teachButton.click();
        await taught(page);
        await page.locator(".finding", { hasText: "15 or more of each, in several colors" }).waitFor();
        const before = await reportsOf(page, "C");
        const other = await browser.newContext({ serviceWorkers: "block" });
        const restored = await other.newPage();
        await open(restored, link);
        assert.equal(await restored.getByLabel("Name of new thing 1").inputValue(), "zebra");
        assert.equal(await restored.locator(".card").first().locator("svg").count(), drawn.length);
        await restored.locator("button.teach").first().click();
        await taught(restored);
        assert.deepEqual(await reportsOf(restored, "C"), before);
        await other.close();
        // One more drawing, and no results that belong to those before.
        await addDrawings("zebra", ["1"]);
        await page.getByText("Press Teach, and they learn zebra and smiley.").waitFor();
        assert.deepEqual(await reportsOf(page, "C"), []);
      });

      await test("takes dropped photographs, tells the networks, and keeps the photographs on reload", async (page) => {
        await open(page, `${address}#epochs=1`);
        const files = await Promise.all(
          ["#d55e00", "#0b5d8f", "#1a7f37"].map((color) => pictureOf(40, 30, color)),
        );
        await drop(page, ".card", files);
        await page.getByText("3 pictures: 2 to learn, 1 for the test").waitFor();
        const told = page.getByRole("switch", { name: "Tell them whether" }).first();
        assert.ok(await told.isChecked());
        await page.getByText("With photographs, all three take almost every old picture").waitFor();
        assert.doesNotMatch(page.url(), /draw1/);
        await page.reload();
        await page.getByText("3 pictures: 2 to learn, 1 for the test").waitFor();
        await page.locator("button.teach").first().click();
        await taught(page);
        await page.getByRole("button", { name: "Start over" }).first().click();
        await page.getByRole("button", { name: "Ready drawings" }).click();
        assert.equal(await page.getByLabel("Name of new thing 1").inputValue(), "fish");
        assert.ok(!await told.isChecked());
      });

      await test("takes pictures from the camera", async (page) => {
        await open(page, address);
        await page.getByRole("button", { name: "Camera: thing B" }).click();
        await page.getByText("The pictures stay in this page.").waitFor();
        const take = page.getByRole("button", { name: "Take a picture" });
        for (const count of ["1", "2", "3"]) {
          await take.click();
          await page.getByText(`${count} added`).waitFor();
        }
        await page.keyboard.press("Escape");
        await page.getByText("3 pictures: 2 to learn, 1 for the test").waitFor();
        await page.evaluate(() =>
          navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotFoundError"))
        );
        await page.getByRole("button", { name: "Camera: thing B" }).click();
        await page.getByText("Expected a camera but found none that is free.").waitFor();
      });

      await test("says what is no picture, and goes on", async (page) => {
        await open(page, address);
        const choose = page.getByLabel(/^Choose pictures: thing A/);
        await choose.setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from([1, 2, 3]) });
        await page.getByText("Expected a picture but found a file that this browser cannot decode").waitFor();
        await choose.setInputFiles(await pictureOf(40, 30));
        await page.getByText("2 more needed").waitFor();
      });

      await test("shows the typical picture first, what a link names, and forgives a wrong link", async (page) => {
        await look(page, address);
        const sentence = page.locator("#sentence");
        assert.match(
          await sentence.textContent() ?? "",
          new RegExp(`This is a ${manifest.typical.class}\\. At the start, the network says`),
        );
        for (const wrong of ["class=xyz", "class=xyz&picture=3&epochs=999&norm=L3&draw1=!"]) {
          await look(page, `${address}#${wrong}`);
          assert.match(await sentence.textContent() ?? "", new RegExp(`This is a ${manifest.typical.class}`));
          await page.waitForFunction(() => !location.hash.includes("xyz"));
        }
        await look(page, `${address}#class=snail&picture=999`);
        assert.match(await sentence.textContent() ?? "", /This is a snail. It is taught in lesson 4/);
        await addressHas(page, "class=snail&picture=1");
        assert.equal(await page.locator(".row figcaption", { hasText: "not taught yet" }).count(), 9);
        await page.getByRole("radio", { name: "Picture 1 of 20" }).press("ArrowRight");
        await addressHas(page, "picture=2");
        await page.getByLabel("What it shows").selectOption("crown");
        await page.getByText("This is a crown.").waitFor();
        await addressHas(page, "class=crown");
      });

      await test("marks one place in all maps by mouse, tap and keys", async (page) => {
        await look(page, address);
        const markOf = () =>
          page.locator(".maps").evaluate((maps) => [maps.className, maps.getAttribute("style")]);
        const [cell] = await page.locator(".row canvas").all();
        await cell.hover({ position: { x: 20, y: 30 } });
        await page.locator(".maps.marked").waitFor();
        const hovered = await markOf();
        await page.locator(".maps").press("ArrowLeft");
        assert.notDeepEqual(await markOf(), hovered);
        await page.keyboard.press("Escape");
        assert.equal(await page.locator(".maps.marked").count(), 0);
        await cell.dispatchEvent("pointerdown", { pointerType: "touch", clientX: 10, clientY: 10 });
        await page.locator(".maps.marked").waitFor();
      });

      await test("looks at the visitor's own picture, which a link or a reload restores", async (page) => {
        await look(page, address);
        await page.getByRole("button", { name: "Draw your own picture" }).click();
        await draw(page, page.locator("dialog .pad > [role=img]"));
        await page.getByRole("button", { name: "Look at this drawing" }).click();
        await page.getByText("Your picture: At the start").waitFor();
        const said = await page.locator("#sentence").textContent();
        await addressHas(page, "own=");
        await look(page, page.url());
        assert.equal(await page.locator("#sentence").textContent(), said);
        await page.getByLabel("Choose pictures: your own picture").setInputFiles(await pictureOf(40, 30));
        await page.waitForFunction((said) => document.querySelector("#sentence")!.textContent !== said, said);
        assert.equal(new URL(page.url()).hash, "");
        await page.reload();
        await page.locator("#look").scrollIntoViewIfNeeded();
        await page.getByText("Your picture: At the start").waitFor();
      });

      await test("shows the maps and numbers that Deno computes", async (page) => {
        await look(page, `${address}#class=telephone&picture=2`);
        const { dataset, classOrder } = school;
        const set = dataset.open("test", [classOrder[0]], { seed: 1, views: 1 });
        const student = await readModel(here, { method: "LwM", step: 4 });
        const { map, scores } = answerOf(student, readPicture(set, { image: 1, view: 0 }), dataset, 0);
        const cell = page.locator(".row").last().locator(".cell").last();
        const shown: number[] = JSON.parse(await cell.getAttribute("data-map") ?? "");
        assert.ok(shown.some((value) => value > 0), "the map is dark");
        shown.forEach((value, i) => assert.ok(Math.abs(value - map[i]) < 1e-4));
        const bar = page.locator(".scores").last().getByRole("meter", { name: "telephone" });
        assert.ok(Math.abs(Number(await bar.getAttribute("aria-valuenow")) - 100 * scores[0]) <= 0.51);
        student.dispose();
      });

      await test("says that its worker could not be started, and can teach later", async (page) => {
        await page.route("**/worker.js", (route) => route.abort());
        await page.goto(address);
        await page.getByText("Expected the worker to run").first().waitFor();
        // Without numbers, no bar says 0 %.
        assert.deepEqual(await page.getByRole("meter").locator("b").allTextContents(), Array(9).fill("…"));
        await page.locator("button.teach").first().click();
        await page.getByText("The lesson has ended: Expected the worker to run").waitFor();
        await page.unroute("**/worker.js");
        await page.goto(`${address}#epochs=1`);
        await page.reload();
        await page.locator("button.teach").first().click();
        await taught(page);
      });

      for (const file of ["drawings.gz", "models/LwM-M1.safetensors.gz"]) {
        await test(`says that ${file} is missing, and reads it when it is there`, async (page) => {
          await page.route(`**/${file}`, (route) => route.abort());
          await page.goto(address);
          await page.locator("#look").scrollIntoViewIfNeeded();
          const message = page.locator("#look-message");
          await message.filter({ hasText: `Expected the file ${file} beside the page` }).waitFor();
          assert.match(await message.textContent() ?? "", /found no answer\. Load the page again\.$/);
          await page.unroute(`**/${file}`);
          await page.getByLabel("What it shows").selectOption("crown");
          await page.getByText("This is a crown.").waitFor();
          assert.equal(await message.textContent(), "");
        });
      }

      await test("says where it can be opened", async (page) => {
        await page.goto(address.replace("localhost", "elsewhere.test"));
        await page.getByText("Expected the page on https:// or localhost").waitFor();
      }, address.replace("localhost", "elsewhere.test"));

      await test("says what a browser without SIMD lacks", async (page) => {
        await page.addInitScript(() => WebAssembly.validate = () => false);
        await page.goto(address);
        await page.getByText("Expected a browser with WebAssembly SIMD but found one without").waitFor();
      });

      await t.step("can be loaded again without a network", async () => {
        const context = await browser.newContext();
        const page = await context.newPage();
        await open(page, address);
        await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
        await page.reload(); // The first load is before the service worker, the second through it.
        await ready(page);
        await context.setOffline(true);
        await page.reload();
        await ready(page);
        await context.close();
      });

      await t.step("fits, and is accessible, in light and dark, on a phone and a wide screen", async () => {
        const screenshots = Deno.env.get("LWM_SCREENSHOTS");
        const context = await browser.newContext({ serviceWorkers: "block" });
        await withPage(context, address, async (page) => {
          for (const colorScheme of ["light", "dark"] as const) {
            for (const [width, height] of [[360, 740], [900, 900], [1280, 800]]) {
              await page.emulateMedia({ colorScheme });
              await page.setViewportSize({ width, height });
              await look(page, address);
              await page.evaluate(() => scrollTo(0, 0));
              const { y, height: tall } = (await page.locator("button.teach").first().boundingBox())!;
              assert.ok(y + tall <= height, `Teach ends at ${y + tall} of ${height}`);
              const note = (await page.locator(".note").boundingBox())!;
              assert.ok(width < 1280 || note.y + note.height <= height, `the bars end at ${note.y}`);
              const pictures = await page.locator(".card").first().locator(".thumbnail").evaluateAll((all) =>
                all.filter((one) => one.getBoundingClientRect().width > 8).length
              );
              assert.equal(pictures, 20);
              await page.getByText("For the curious").click();
              await page.evaluate(axe.source);
              const violations = await page.evaluate(async () => {
                const { violations } = await (globalThis as never as { axe: typeof axe }).axe.run();
                return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
              });
              assert.deepEqual(violations, []);
              const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
              assert.ok(overflow <= 0, `${overflow} pixels too wide at ${width}`);
              const small = await page.evaluate(() =>
                [...document.querySelectorAll("figcaption, small, p, b")].filter((element) =>
                  element.textContent!.trim() && parseFloat(getComputedStyle(element).fontSize) < 11
                ).length
              );
              assert.equal(small, 0, "text below 11 pixels");
              if (!screenshots) continue;
              const path = join(screenshots, `${colorScheme}-${width}.png`);
              await page.screenshot({ path, fullPage: true });
            }
          }
        });
        await context.close();
      });
    } finally {
      await browser.close();
      await server.shutdown();
      school.teacher.dispose();
      await Deno.remove(directory, { recursive: true });
    }
  },
});

/** Runs a test on a page of its own, on which nothing may be logged as an error. */
async function withPage(
  browser: Browser | BrowserContext,
  address: string,
  body: (page: Page) => Promise<void>,
) {
  const page = "newContext" in browser
    ? await browser.newPage({ serviceWorkers: "block" })
    : await browser.newPage();
  page.setDefaultTimeout(60_000);
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
  assert.deepEqual(
    errors.filter((error) => !/ERR_FAILED|Service Worker registration blocked/.test(error)),
    [],
  );
}

async function ready(page: Page): Promise<void> {
  await page.locator(".column .right").first().waitFor();
}

async function open(page: Page, address: string): Promise<void> {
  await page.goto("about:blank");
  await page.goto(address);
  await ready(page);
}

/** Opens the page and scrolls to its second part, whose models are loaded then. */
async function look(page: Page, address: string): Promise<void> {
  await open(page, address);
  await page.locator("#look").scrollIntoViewIfNeeded();
  await page.locator("#sentence", { hasText: "says" }).waitFor();
}

async function taught(page: Page): Promise<void> {
  await page.locator(".columns[data-state=done]").waitFor({ timeout: 300_000 });
}

async function reportsOf(page: Page, method: Method): Promise<Report[]> {
  const column = page.locator(".column").nth(METHOD_NAMES.indexOf(method));
  return JSON.parse(await column.getAttribute("data-reports") ?? "[]");
}

/** The ready classes, taught outside of the browser. */
async function teachInDeno(school: School, method: Method, epochs: number) {
  await useEngine("wasm", { log: () => {} });
  const reports: Report[] = [];
  const lesson = READY_NAMES.map((name) => readySketches(name).map((sketch) => ({ sketch })));
  const student = await teach(school, lesson, { ...GENTLE, epochs, method }, (report) => {
    reports.push(report!);
    return Promise.resolve();
  });
  student.dispose();
  return reports;
}

/** All numbers of reports, in order. */
function numbersOf(reports: readonly Report[]): number[] {
  const numbers: number[] = [];
  JSON.stringify(reports, (field, value) => {
    if (typeof value === "number") numbers.push(value);
    return field === "heat" ? undefined : value;
  });
  return numbers;
}

/** Draws a zigzag. */
async function draw(page: Page, pad: ReturnType<Page["locator"]>, shift = 0): Promise<void> {
  await pad.scrollIntoViewIfNeeded();
  const { x, y, width } = (await pad.boundingBox())!;
  const at = (u: number, v: number) => [x + u * width, y + v * width + shift / 2] as const;
  await page.mouse.move(...at(0.1, 0.2));
  await page.mouse.down();
  for (const [u, v] of [[0.8, 0.3], [0.2, 0.5], [0.7, 0.6]]) await page.mouse.move(...at(u, v), { steps: 4 });
  await page.mouse.up();
}

/** Drops files on an element. */
async function drop(page: Page, selector: string, files: Awaited<ReturnType<typeof pictureOf>>[]) {
  const data = files.map(({ buffer, ...file }) => ({ ...file, letters: buffer.toString("base64") }));
  const transfer = await page.evaluateHandle((data) => {
    const transfer = new DataTransfer();
    for (const { name, mimeType, letters } of data) {
      const bytes = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: mimeType }));
    }
    return transfer;
  }, data);
  await page.locator(selector).first().dispatchEvent("drop", { dataTransfer: transfer });
}

/** A file with a picture. */
async function pictureOf(width: number, height: number, background = "#d55e00") {
  const image = sharp({ create: { width, height, channels: 3, background } });
  return { name: "a.png", mimeType: "image/png", buffer: await image.png().toBuffer() };
}

async function addressHas(page: Page, part: string): Promise<void> {
  await page.waitForFunction((part) => location.hash.includes(part), part);
}

async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    size += isDirectory ? await sizeOf(path) : (await Deno.stat(path)).size;
  }
  return size;
}
