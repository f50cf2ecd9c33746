import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { withFolder } from "./testdata/folder.ts";
import {
  explainFileError,
  FileLock,
  type JsonKind,
  numbersFromJson,
  numbersToJson,
  readFileIfThere,
  readJson,
  readJsonIfThere,
  writeFileWhole,
  writeJson,
  writeSealedJson,
} from "./files.ts";
import { UserError } from "./user_error.ts";

const refusal = (message: RegExp) => ({ name: "UserError", message });

const KIND: JsonKind<{ x: number[] }> = {
  schema: z.object({ x: z.array(z.number()) }),
  holds: "two numbers",
  remedy: "Delete it.",
};

Deno.test("writeJson() makes folders, and readJson() reads back", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a", "b.json");
    assert.equal(await readJsonIfThere(path, KIND), null);
    await assert.rejects(
      readJson(path, KIND),
      refusal(/^Expected two numbers in .* but found no such file\. Delete it\.$/),
    );
    await writeJson(path, { x: [1, 2] });
    assert.deepEqual(await readJson(path, KIND), { x: [1, 2] });
    assert.deepEqual(Array.from(Deno.readDirSync(join(folder, "a")), ({ name }) => name), ["b.json"]);
  }));

Deno.test("readJson() refuses a file that was cut off or does not fit the schema", () =>
  withFolder(async (folder) => {
    const path = join(folder, "b.json");
    await Deno.writeTextFile(path, '{"x": [1,');
    await assert.rejects(
      readJson(path, KIND),
      refusal(/hold two numbers but found 9 bytes that are not JSON: .*\. Delete it\./),
    );
    await writeJson(path, { x: [1, "2"] });
    await assert.rejects(readJson(path, KIND), refusal(/but found this at x\.1: /));
    await writeJson(path, null);
    await assert.rejects(readJson(path, KIND), refusal(/but found this at its root: /));
  }));

Deno.test("a sealed file in which one bit is flipped is refused, or is read as it was", () =>
  withFolder(async (folder) => {
    const path = join(folder, "b.json");
    const sealed = { ...KIND, sealed: true };
    await writeSealedJson(path, { x: [0.25, 2] });
    const bytes = await Deno.readFile(path);
    for (let bit = 0; bit < 8 * bytes.length; bit += 5) {
      const flipped = bytes.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      await Deno.writeFile(path, flipped);
      const value = await readJson(path, sealed).catch((error) => error);
      if (!(value instanceof UserError)) assert.deepEqual(value, { x: [0.25, 2] }, `bit ${bit}`);
    }
    await writeJson(path, { x: [0.25, 2] });
    await assert.rejects(readJson(path, sealed), refusal(/but found no digest/));
    await writeJson(path, null);
    await assert.rejects(readJson(path, sealed), refusal(/but found no digest/));
  }));

Deno.test("writing removes what was left half written long ago, and nothing that another host may be writing", () =>
  withFolder(async (folder) => {
    const [old, fresh] = [crypto.randomUUID(), crypto.randomUUID()].map((word) => `a.${word}.partial`);
    const kept = [fresh, "data.bin.partial", "log.csv.4000000.partial"].sort();
    for (const name of [old, ...kept]) await Deno.writeTextFile(join(folder, name), "half");
    const before = new Date(Date.now() - 2 * 60 * 60 * 1000);
    for (const name of [old, "data.bin.partial"]) await Deno.utime(join(folder, name), before, before);
    await writeFileWhole(join(folder, "b"), "x");
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
    assert.deepEqual(names, [...kept, "b"].sort());
  }));

Deno.test("readFileIfThere() says that a file is a folder, or the folder above it a file", () =>
  withFolder(async (folder) => {
    const refuses = (path: string, message: RegExp) =>
      assert.rejects(readFileIfThere(path), { name: "UserError", message });
    await refuses(folder, /Expected to read the file at ".*" but found that it is a folder, not a file/);
    await Deno.writeTextFile(join(folder, "a"), "");
    await refuses(join(folder, "a", "b"), /a part of the path is a file/);
    assert.equal(await readFileIfThere(join(folder, "b")), null);
  }));

Deno.test({
  name: "writeFileWhole() says that the disk is full, and keeps the old file",
  ignore: Deno.build.os !== "linux" || !canMount(),
  fn: () =>
    withFolder(async (folder) => {
      await run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder);
      try {
        const path = join(folder, "a.json");
        await writeFileWhole(path, "old");
        await assert.rejects(writeFileWhole(path, new Uint8Array(1 << 20)), {
          name: "UserError",
          message: /no space is left/,
        });
        assert.equal(await Deno.readTextFile(path), "old");
        assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["a.json"]);
      } finally {
        // A process that is just being started may still hold its files.
        await run("umount", "--lazy", folder);
      }
    }),
});

Deno.test("FileLock.note() leaves it to the next file that is kept to report a full disk", () =>
  withFolder(async (folder) => {
    // Writing to /dev/full fails as writing to a full disk does.
    await Deno.symlink("/dev/full", join(folder, "lock"));
    using lock = (await FileLock.take(join(folder, "lock")))!;
    lock.note({ epoch: 1 });
  }));

Deno.test("explainFileError() gives advice that fits a single photo, too", () => {
  const explain = (code: string) =>
    (explainFileError(Object.assign(new Error(code), { code }), "ant/1.jpg", "read the photo") as Error)
      .message;
  const start = 'Expected to read the photo at "ant/1.jpg" but found that ';
  for (const code of ["EACCES", "EPERM"]) {
    assert.match(
      explain(code),
      RegExp(`^${start}permission is denied; change the permissions of the file or`),
    );
  }
  assert.match(explain("EIO"), RegExp(`^${start}the device reports an error`));
});

/** Small file systems can only be mounted by root. */
function canMount(): boolean {
  if (Deno.uid() !== 0) return false;
  const folder = Deno.makeTempDirSync();
  const { success } = new Deno.Command("mount", { args: ["-t", "tmpfs", "tmpfs", folder], stderr: "null" })
    .outputSync();
  if (success) new Deno.Command("umount", { args: ["--lazy", folder] }).outputSync();
  Deno.removeSync(folder);
  return success;
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

Deno.test("numbersToJson() rounds fractions to five digits and keeps whole numbers whole", () => {
  assert.equal(
    numbersToJson([1 / 3, 123456.789, 1234567, 1e-9 / 3, -0.5]),
    "[0.33333, 123460, 1234567, 3.3333e-10, -0.5]\n",
  );
});

Deno.test("numbersFromJson() gives pixels back as bytes; other typed arrays become lists", () => {
  const image = { size: 1, rgb: new Uint8Array([0, 128, 255]) };
  const json = numbersToJson({ image, map: new Float32Array([0.1, 2]), gone: undefined });
  assert.deepEqual(numbersFromJson(json), { image, map: [0.1, 2] });
});

Deno.test("numbersToJson() is valid JSON for text, truth values, NaN and empty objects", () => {
  const value = { text: 'a "b"\n[1, 2]', yes: true, none: null, wrong: Number.NaN, empty: {} };
  assert.deepEqual(JSON.parse(numbersToJson(value)), { ...value, wrong: null });
});
