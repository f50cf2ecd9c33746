import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { readPicture } from "../lib/data/batches.ts";
import { useEngine } from "../lib/engine/mod.ts";
import { confidenceInterval } from "../lib/statistics.ts";
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
import { allModels, type Dot, GENTLE, isKept, type Method, METHOD_NAMES, modelName } from "./messages.ts";
import { type Report, studentSettings } from "./messages.ts";
import { decodeSketches, encodeSketches, READY_NAMES, readySketches } from "./sketch.ts";
import { guessOf, hasReached, keptAt, meaningOf, nextRate, spreadOf, toldOf, verdictOf } from "./verdict.ts";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const browserPath = BROWSERS.find((path) => existsSync(path));
if (!browserPath) console.log("explorer: skipped, for no Chromium is installed (apt-get install chromium)");
const here = import.meta.dirname!;

Deno.test("the explorer refuses a port or a folder that is none, and serves files as they are", () =>
  withFolder(async (folder) => {
    await assert.rejects(main(["--port=abc"]), { name: "UserError", message: /--port .* found abc/ });
    await Deno.writeTextFile(join(folder, "file"), "");
    await assert.rejects(buildExplorer(join(folder, "file")), {
      name: "UserError",
      message: /a file where a folder is needed/,
    });
    await Deno.mkdir(join(folder, "models"));
    await Deno.writeTextFile(join(folder, "page.md"), "# text");
    await Deno.writeFile(join(folder, "file.gz"), gzipSync("packed"));
    const { server, address } = await serveFolder(folder, 0);
    const answer = async (path: string, method = "GET") => {
      const { status, headers, body } = await fetch(address + path, { method });
      await body?.cancel();
      return [status, headers.get("content-type"), headers.get("content-encoding")];
    };
    assert.deepEqual(await answer("page.md"), [200, "text/plain; charset=utf-8", null]);
    assert.deepEqual((await answer("file.gz"))[2], "identity");
    assert.deepEqual((await answer("models"))[0], 404);
    for (const method of ["POST", "PUT", "DELETE"]) assert.equal((await answer("", method))[0], 405);
    const port = Number(new URL(address).port);
    using connection = await Deno.connect({ port });
    await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a b:::\r\n\r\n"));
    await connection.readable.pipeThrough(new TextDecoderStream()).getReader().read()
      .then(({ value }) => assert.match(value!, /^HTTP\/1.1 400/));
    const taken = { name: "UserError", message: /Expected port \d+ to be free/ };
    await assert.rejects(serveFolder(folder, port), taken);
    server.closeAllConnections();
    server.close();
  }));

Deno.test("models are exported with a manifest that lists them", () =>
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
    await Deno.remove(join(folder, "models/manifest.json"));
    assert.throws(() => readManifest(folder), { name: "UserError", message: /manifest\.json/ });
  }));

Deno.test("the committed models are those that their manifest lists", () => {
  const manifest = readManifest(here);
  assert.deepEqual(manifest.models.map(({ name }) => name), allModels(manifest).map(modelName));
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

const dotOf = (method: Method, learningRate: number, seed: number, old: number, added: number): Dot => {
  const rest = { round: 20, looks: 0.9, shown: [], losses: {}, tested: [200, 12, 48] } as const;
  const report = { ...rest, old: { free: old, told: 0.6 }, added: { free: added, told: 0.9 } };
  return { method, learningRate, seed, report };
};
/** One try: C and LwF-MC at two rates, LwM at one, all shifted a little. */
const tryOf = (seed: number, slowC: number, slowF: number, lwm: [number, number] = [0.4, 0.6], shift = 0) => [
  dotOf("C", 0.03, seed, 0.05 + shift, 0.9),
  dotOf("LwF-MC", 0.03, seed, 0.1 + shift, 0.8),
  dotOf("LwM", 0.05, seed, lwm[0] + shift, lwm[1]),
  dotOf("C", 0.015, seed, slowC + shift, 0.6),
  dotOf("LwF-MC", 0.015, seed, slowF + shift, 0.6),
];

Deno.test("what a method keeps at a share of the new is read off the line through its rates", () => {
  const ends = [dotOf("C", 0.03, 1, 0.1, 0.8), dotOf("C", 0.01, 1, 0.5, 0.4)];
  assert.equal(keptAt(0.6, ends, "free", 0.7)!.toFixed(3), "0.300");
  assert.equal(keptAt(0.2, ends, "free", 0.7)!.toFixed(3), "0.600");
  assert.equal(keptAt(0.9, ends, "free", 0.7), undefined);
  assert.ok(!hasReached(ends, dotOf("LwM", 0.05, 1, 0.4, 0.3)));
  assert.ok(hasReached(ends, dotOf("LwM", 0.05, 1, 0.4, 0.4)));
  assert.equal(nextRate(ends), 0.005);
});

Deno.test("the spread over seeds is the interval of the studies", () => {
  const values = [0.1, 0.14, 0.09, 0.2];
  const { mean, high } = confidenceInterval(values)!;
  const found = spreadOf(values);
  assert.ok(Math.abs(found.mean - mean) < 1e-12 && Math.abs(found.half - (high - mean)) < 1e-4);
  assert.equal(spreadOf([0.1]).half, Infinity);
});

Deno.test("a verdict compares at the same new accuracy, and says when that is too close or too early", () => {
  const said = (tries: Dot[][], kind: "free" | "told" = "free", fewest = 20) =>
    verdictOf(tries, kind, fewest, 0.7).join(" ");
  const four = (c: number, f: number) =>
    [0, 0.01, 0.02, -0.01].map((shift, i) => tryOf(i, c, f, undefined, shift));
  // At one rate LwM is far ahead of plain training; where both know 60 % of the new, it is behind.
  assert.match(
    said(four(0.5, 0.3)),
    /^“Only the new” keeps most at the same new accuracy, by 10 ± 0 points\. Where each knows 60 % of the new/,
  );
  assert.match(
    said(four(0.5, 0.3)),
    /leads by 35 ± 0 points at the rates set, and by −10 ± 0 points at the same/,
  );
  assert.match(
    said(four(0.2, 0.3)),
    /^“Also where it looked” keeps most .* 4 tries, 200 old and 12 new test pictures \(in 48 placements\)/,
  );
  assert.match(
    said([tryOf(1, 0.2, 0.3)]),
    /^Too early to call: one try\. “Also where it looked” is ahead so far/,
  );
  const uneven = [0.1, 0.5, 0.3].map((c, i) => tryOf(i, c, 0.3));
  assert.match(said(uneven), /^Too close to call at the same new accuracy: “Also where it looked” and “Only/);
  // Who knows less than half of the new is no winner.
  const shy = [1, 2, 3].map((seed) => tryOf(seed, 0.2, 0.3, [0.45, 0.21]));
  assert.match(
    said(shy),
    /^“Also where it looked” knows only 21 % of the new, so nobody wins\. .*keeps 52 %.*: 3 tries/,
  );
  assert.match(said(four(0.2, 0.3), "told"), /Told old or new, where each knows/);
  assert.match(said([tryOf(1, 0.2, 0.3)], "free", 6), /Few pictures prove little: 15/);
});

Deno.test("a guess is judged by the verdict, and open while that is", () => {
  assert.equal(guessOf(undefined, "Too early to call: one try."), "");
  assert.match(guessOf(2, "Too early to call: one try."), /“Also where it looked”: still open/);
  assert.match(guessOf(0, "“Only the new” keeps most at the same"), /“Only the new”: right/);
  assert.match(guessOf(1, "“Only the new” keeps most at the same"), /: not so here/);
  assert.match(guessOf(3, "Too close to call at the same"), /no clear difference: right/);
});

Deno.test("what the switch shows follows from the reports", () => {
  const reports = tryOf(1, 0.2, 0.3).slice(0, 3).map(({ report }) => report);
  const before = { ...reports[0], old: { free: 0.7, told: 0.7 } };
  assert.match(toldOf(10, 2, reports, before), /from 5 % to 60 %, of 70 % before/);
});

Deno.test("what the later lessons mean follows from the numbers of the models", () => {
  const manifest = readManifest(here);
  const meaning = (first: number, runs: number[][]) => {
    const models = manifest.models.map((model, i) => {
      const old = i === 0 ? 0.69 : i === 12 ? first : 0;
      return { ...model, accuracy: model.accuracy.map((share, step) => step > 0 ? share : old) };
    });
    const ofRuns = runs.flatMap((ends, seed) =>
      ends.map((end, i) => ({ method: METHOD_NAMES[i], seed, accuracy: [0, 0, 0, 0, end] }))
    );
    return meaningOf({ ...manifest, models }, ofRuns).join(" ");
  };
  const close = /^Too close to call .*: “Also where it looked” or .* knows most in 2\. .*hardly any/;
  assert.match(meaning(0.03, [[0.1, 0.2, 0.3], [0.1, 0.3, 0.2], [0, 0.1, 0.3], [0.9]]), close);
  const answers = /^“Also its old answers” knows most then\. .*looked”, which usually .*at most 43 % of/;
  assert.match(meaning(0.3, [[0.1, 0.3, 0.2]]), answers);
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
    const { server, address } = await serveFolder(output, 0);
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
      await test("teaches the ready classes at one click, with the numbers of Deno", async (page) => {
        await open(page, `${address}#epochs=2`);
        const teachButton = page.locator("button.teach").first();
        await teachButton.focus();
        await page.keyboard.press("Enter");
        await page.getByRole("button", { name: "Pause" }).first().waitFor();
        await page.keyboard.press("Enter");
        await page.getByText("Paused after this round.").waitFor();
        assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Go on");
        assert.ok(await page.getByRole("button", { name: "Draw thing A" }).isDisabled());
        assert.equal(await page.getByText("Start over to change these.").count(), 3);
        await page.keyboard.press("Enter");
        await taught(page);
        await page.getByText(/knows only \d+ % of the new/).waitFor();
        const dots: Dot[] = JSON.parse(await page.locator(".trade").getAttribute("data-points") ?? "");
        // Plain training went on more slowly, until it knew no more of the new than LwM.
        const [lwm] = dots.filter(({ method }) => method === "LwM") as never as { added: number }[];
        const plain = dots.filter(({ method }) => method === "C") as never as { added: number }[];
        assert.ok(plain.at(-1)!.added <= lwm.added || plain.length === 4, JSON.stringify(dots));
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

        const bar = page.getByRole("meter", { name: "the old things" }).first();
        const untold = await bar.getAttribute("aria-valuenow");
        await page.getByRole("switch", { name: "Tell them whether a picture is old or new" }).check();
        await page.getByText("guessing gives 10 % or 50 %").waitFor();
        assert.notEqual(await bar.getAttribute("aria-valuenow"), untold);
        await addressHas(page, "told=yes");

        await draw(page, page.locator(".another .pad > [role=img]"));
        await page.locator(".reply figcaption").nth(2).waitFor();
        const said = await page.locator(".reply figcaption").first().textContent();
        assert.match(said ?? "", /\w+, \d+ % sure.*likeliest (old|new): \w+/);
        await page.getByLabel("Choose pictures: another picture").setInputFiles(await pictureOf(40, 30));
        await page.locator(".reply figcaption").first().filter({ hasNotText: said! }).waitFor();
        await page.getByRole("button", { name: "Another try" }).click();
        await addressHas(page, "seed=2");
        const curious = page.locator("#curious");
        await curious.locator("summary").click();
        assert.ok(await curious.getByRole("combobox", { name: "γ" }).isDisabled());
        await taught(page);
        await curious.getByText(/fish and smiley, lesson yours, rounds 2, C’s rate 0.04, .*, seed 2/)
          .waitFor();
        await curious.locator("h4", { hasText: "L_AD" }).waitFor();
        await curious.getByRole("combobox", { name: "γ" }).selectOption("0.5");
        // Other settings, and no results that belong to those before, but for the table of all tries.
        await addressHas(page, "gamma=0.5");
        const tries = page.locator("#teach tbody tr");
        const lines = (await tries.allTextContents()).join();
        assert.match(lines, /rounds 2, seed 1\d+ %, .*rounds 2, seed 2\d+ %/);
        await page.getByText("Settings changed: rounds 2, γ 0.5.").waitFor();
        assert.equal(await page.locator("button.teach").textContent(), "Teach");
        assert.ok(await page.getByRole("switch").isChecked());
        assert.equal(await page.locator(".columns[data-state]").count(), 0);
        await page.getByRole("button", { name: "Usual settings" }).click();
        await page.waitForFunction(() => !/gamma|epochs|seed/.test(location.hash));
        assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Teach");
      });

      await test("teaches what is drawn with a pointer, which a link restores elsewhere", async (page) => {
        await open(page, `${address}#epochs=1`);
        const addDrawings = async (what: string, counts: string[]) => {
          await page.getByRole("button", { name: `Draw ${what}` }).click();
          for (const [i, count] of counts.entries()) {
            await draw(page, page.locator("dialog .pad > [role=img]"), 30 * i);
            // The last one is added by "Done".
            if (i + 1 === counts.length) continue;
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
        assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Bring mine back");
        await page.keyboard.press("Enter");
        for (const taken of ["smiley", "guitar"]) {
          await name.fill(taken);
          await page.getByText(`There is “${taken}” already`).waitFor();
        }
        await name.fill("zebra");
        assert.equal(await name.inputValue(), "zebra");
        await page.getByText("3 pictures: 2 to learn, 1 for the test").waitFor();
        await addressHas(page, "name1=zebra");
        await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
        await page.getByRole("button", { name: "Copy a link" }).click();
        await page.getByText("Copied: names, drawings and settings.").waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url());
        const drawn = await page.locator(".card").first().locator("svg").allInnerTexts();
        const link = page.url();
        await teachButton.click();
        await taught(page);
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
        await page.getByText("Press Teach, and they learn zebra and smiley").waitFor();
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
        await page.getByText("The switch is on because of your photographs").waitFor();
        // A link holds none, and shows no others in their name.
        const other = await browser.newContext({ serviceWorkers: "block" });
        const restored = await other.newPage();
        await open(restored, page.url());
        await restored.getByText("No pictures: 3 needed").waitFor();
        await other.close();
        await page.reload();
        await page.getByText("3 pictures: 2 to learn, 1 for the test").waitFor();
        await page.locator("button.teach").first().click();
        await taught(page);
        await page.getByRole("button", { name: "Start over" }).click();
        assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Teach");
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
        await page.getByText("Expected a camera that is free and allowed but found none (NotFound").waitFor();
      });

      await test("says what is no picture, and goes on", async (page) => {
        await open(page, address);
        const choose = page.getByLabel(/^Choose pictures: thing A/);
        await choose.setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from([1, 2, 3]) });
        await page.getByText("Expected a photograph, such as PNG or JPEG, but found a file").waitFor();
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
        await page.getByRole("radio", { name: "Picture 3 of 20" }).check();
        await page.locator(".maps:not(.marked)").waitFor();
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
        const { map, L_D, L_AD } = answerOf(student, readPicture(set, { image: 1, view: 0 }), school, 0);
        const cell = page.locator(".row").last().locator(".cell").last();
        const shown: number[] = JSON.parse(await cell.getAttribute("data-map") ?? "");
        assert.ok(shown.some((value) => value > 0), "the map is dark");
        shown.forEach((value, i) => assert.ok(Math.abs(value - map[i]) < 1e-4));
        const cells = await page.locator("#look tbody tr").last().locator("td").allTextContents();
        const near = (text: string, value: number) => assert.ok(Math.abs(Number(text) - value) < 0.0051);
        near(cells.at(-2)!, L_D);
        near(cells.at(-1)!, L_AD);
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
        await page.goto(`${address}#epochs=1&lesson=next+ten`);
        await page.reload();
        await page.getByText("The next of its data set: ice-cream, microscope").waitFor();
        await page.locator("button.teach").first().click();
        await taught(page);
        await page.getByText(/knows only|200 old and 200 new test pictures/).waitFor();
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

      const inClass = address.replace("localhost", "elsewhere.test");
      await test("works over plain http, in a local network", async (page) => {
        await look(page, inClass);
        assert.equal(await page.evaluate(() => isSecureContext), false);
      }, inClass);

      await test("works with a server that says that its .gz files are encoded", async (page) => {
        await page.route("**/*.gz", async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, body: gunzipSync(await response.body()) });
        });
        await look(page, address);
      });

      await test("works in a browser without Uint8Array.fromBase64, also with a link's drawings", async (page) => {
        await page.addInitScript("delete Uint8Array.fromBase64; delete Uint8Array.prototype.toBase64");
        const fish = encodeSketches(readySketches("fish").slice(0, 3));
        await open(page, `${address}#name1=${"a\u202e".repeat(40)}&draw1=${fish}`);
        await page.getByText("3 pictures: 2 to learn, 1 for the test").waitFor();
        assert.equal(await page.getByLabel("Name of new thing 1").inputValue(), "a".repeat(40));
      });

      await test("says that a browser is too old, or has no vector instructions", async (page) => {
        await page.addInitScript(
          "if (location.search) WebAssembly.validate = () => false; else delete Map.groupBy",
        );
        await page.goto(address);
        await page.getByText("Expected a browser of 2025 or later but found an older one").waitFor();
        await page.goto(`${address}?simd`);
        await page.getByText("Expected WebAssembly with vector instructions").waitFor();
      });

      await test("a double click teaches, and does not pause", async (page) => {
        await open(page, `${address}#epochs=1`);
        await page.locator("button.teach").dblclick();
        await taught(page);
      });

      await test("keeps a guess, and judges it", async (page) => {
        await open(page, `${address}#epochs=1`);
        await page.getByRole("button", { name: "Only the new" }).click();
        await page.locator("button.teach").click();
        await taught(page);
        await page.getByText("Your guess was “Only the new”: still open.").waitFor();
      });

      await t.step("can be loaded again without a network", async () => {
        const context = await browser.newContext();
        const page = await context.newPage();
        await open(page, address);
        await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
        await context.setOffline(true);
        await page.reload();
        await ready(page);
        await page.locator("#look").scrollIntoViewIfNeeded();
        await page.locator("#sentence", { hasText: "says" }).waitFor();
        await context.close();
      });

      await test("fits, and is accessible, in light and dark, on a phone and a wide screen", async (page) => {
        for (const colorScheme of ["light", "dark"] as const) {
          for (const [width, height] of [[360, 620], [740, 360], [1280, 800]]) {
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
            for (const summary of await page.locator("summary").all()) await summary.click();
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
          }
        }
      });
    } finally {
      await browser.close();
      server.closeAllConnections();
      server.close();
      school.teacher.dispose();
      await Deno.remove(directory, { recursive: true });
    }
  },
});

/** Runs a test on a page of its own, on which nothing may be logged as an error. */
async function withPage(browser: Browser, address: string, body: (page: Page) => Promise<void>) {
  const page = await browser.newPage({ serviceWorkers: "block" });
  page.setDefaultTimeout(300_000);
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
  await page.getByText("It is right on").waitFor();
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
  await page.locator(".columns[data-state=done]").waitFor();
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
  const student = await teach(school, lesson, studentSettings({ ...GENTLE, epochs }, method), (report) => {
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
