import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DRAWINGS } from "../../run/testdata/tiny_run.ts";
import { naming, withFolder, writeFile } from "../photos/testdata/photo_fixtures.ts";
import { drawingAsSvg, prepareIEmoji } from "./drawings.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

Deno.test("prepareIEmoji() replaces a damaged file by the same bytes, once for all who wait", () =>
  withFolder(async (folder) => {
    const expected = await prepareIEmoji({ directory: DRAWINGS });
    const [{ name }] = [...Deno.readDirSync(DRAWINGS)].filter(({ name }) => /^drawings-.*\.bin$/.test(name));
    const damaged = await Deno.readFile(join(DRAWINGS, name));
    damaged[1_000_000] ^= 1;
    writeFile(join(folder, name), damaged);
    const calls: number[][] = [[], []];
    const all = calls.map((own) =>
      prepareIEmoji({ directory: folder, onProgress: (done, total) => own.push(done, total) })
    );
    for (const drawings of await Promise.all(all)) assert.equal(sha256(drawings), sha256(expected));
    // One renders 800 drawings, and the other finds them there.
    assert.deepEqual(calls.map(({ length }) => length).sort((a, b) => b - a), [1600, 2]);
    for (const own of calls) assert.deepEqual(own.slice(-2), [800, 800]);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [name]);
  }));

Deno.test("prepareIEmoji() says what to do when it cannot write", () =>
  withFolder(async (folder) => {
    writeFile(join(folder, "file"), "");
    await assert.rejects(
      prepareIEmoji({ directory: join(folder, "file", "below") }),
      naming("drawings-", "a part of the path is a file"),
    );
  }));

Deno.test("drawingAsSvg() follows aliases and takes sizes from the icon, else from the set", () => {
  const set = {
    width: 36,
    height: 24,
    icons: { own: { body: "<a/>", left: 1, top: 2, width: 3 }, plain: { body: "<b/>" } },
    aliases: { one: { parent: "two" }, two: { parent: "own" }, broken: { parent: "nowhere" } },
  };
  assert.match(drawingAsSvg(set, "one"), /width="64" height="64" viewBox="1 2 3 24"><a\/><\/svg>$/);
  assert.match(drawingAsSvg(set, "plain"), /viewBox="0 0 36 24"><b\/>/);
  assert.throws(() => drawingAsSvg(set, "broken"), /no drawing named nowhere/);
});
