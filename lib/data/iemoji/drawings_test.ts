import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DRAWINGS } from "../../run/testdata/tiny_run.ts";
import { naming, withFolder, writeFile } from "../photos/testdata/photo_fixtures.ts";
import { prepareIEmoji } from "./drawings.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

Deno.test("prepareIEmoji() replaces a damaged file by the same bytes", () =>
  withFolder(async (folder) => {
    const expected = await prepareIEmoji({ directory: DRAWINGS });
    const [{ name }] = [...Deno.readDirSync(DRAWINGS)].filter(({ name }) => /^drawings-.*\.bin$/.test(name));
    const damaged = await Deno.readFile(join(DRAWINGS, name));
    damaged[1_000_000] ^= 1;
    writeFile(join(folder, name), damaged);
    const calls: number[][] = [[], []];
    for (const own of calls) {
      const onProgress = (done: number) => own.push(done);
      assert.equal(sha256(await prepareIEmoji({ directory: folder, onProgress })), sha256(expected));
    }
    assert.deepEqual(calls.map(({ length }) => length), [800, 1]);
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
