import assert from "node:assert/strict";
import { join } from "node:path";
import { readFileIfThere, readJsonIfThere, writeFileWhole, writeJson } from "./files.ts";

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("writeJson() makes folders, and readJsonIfThere() reads back", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a", "b.json");
    assert.equal(await readJsonIfThere(path), null);
    await writeJson(path, { x: [1, 2] });
    assert.deepEqual(await readJsonIfThere(path), { x: [1, 2] });
    assert.deepEqual(Array.from(Deno.readDirSync(join(folder, "a")), ({ name }) => name), ["b.json"]);
  }));

Deno.test("readJsonIfThere() refuses a file that was cut off", () =>
  withFolder(async (folder) => {
    const path = join(folder, "b.json");
    await Deno.writeTextFile(path, '{"x": [1,');
    await assert.rejects(readJsonIfThere(path), {
      name: "UserError",
      message: /damaged file of 9 bytes\. Delete it/,
    });
  }));

Deno.test("readFileIfThere() says that a file is a folder, or the folder above it a file", () =>
  withFolder(async (folder) => {
    const refuses = (path: string, message: RegExp) =>
      assert.rejects(readFileIfThere(path), { name: "UserError", message });
    await refuses(folder, /Could not read the file at ".*": it is a folder, not a file/);
    await Deno.writeTextFile(join(folder, "a"), "");
    await refuses(join(folder, "a", "b"), /a part of the path is a file/);
    assert.equal(await readFileIfThere(join(folder, "b")), null);
  }));

Deno.test("writeFileWhole() says that a folder is a file", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "a"), "");
    await assert.rejects(writeFileWhole(join(folder, "a", "b"), "x"), {
      name: "UserError",
      message: /to be a folder/,
    });
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
          message: /room on the disk/,
        });
        assert.equal(await Deno.readTextFile(path), "old");
        assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["a.json"]);
      } finally {
        await run("umount", folder);
      }
    }),
});

Deno.test({
  name: "writeFileWhole() says that a folder is read-only",
  ignore: Deno.build.os !== "linux" || !canMount(),
  fn: () =>
    withFolder(async (folder) => {
      await run("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder);
      try {
        await assert.rejects(writeFileWhole(join(folder, "a"), "x"), {
          name: "UserError",
          message: /read-only/,
        });
      } finally {
        await run("umount", folder);
      }
    }),
});

/** Small file systems can only be mounted by root. */
function canMount(): boolean {
  if (Deno.uid() !== 0) return false;
  const folder = Deno.makeTempDirSync();
  const { success } = new Deno.Command("mount", { args: ["-t", "tmpfs", "tmpfs", folder], stderr: "null" })
    .outputSync();
  if (success) new Deno.Command("umount", { args: [folder] }).outputSync();
  Deno.removeSync(folder);
  return success;
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
